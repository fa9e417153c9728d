# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The drop-in module itself: what it replaces, and what it hands on."""

import inspect
from unittest import mock

import fixtures
from oslotest import base

from watcher.common.cold_migration import migration
from watcher.common.cold_migration import options
from watcher.common.cold_migration import server
from watcher.common import nova_helper
from watcher.common import nova_helper_stock

UUID = 'fb5311b7-37f3-457e-9cde-6494a3c59bfe'


class TestHandedOn(base.BaseTestCase):
    """Only cold migration changes (P10 of the contract)."""

    OURS = {'NovaHelper', 'LOG'}

    def test_names_of_the_deployed_module(self):
        for name in set(vars(nova_helper_stock)) - self.OURS:
            if not name.startswith('__'):
                self.assertIs(getattr(nova_helper_stock, name),
                              getattr(nova_helper, name), name)

    def test_listed(self):
        self.assertEqual([], sorted(set(dir(nova_helper_stock)) -
                                    set(dir(nova_helper))))

    def test_unknown_name(self):
        self.assertRaises(AttributeError, getattr, nova_helper, 'no_such')

    def test_methods_of_the_deployed_helper(self):
        self.assertEqual(
            {'watcher_non_live_migrate_instance', 'confirm_resize',
             '_instance_migrate'},
            {name for name in vars(nova_helper.NovaHelper)
             if not name.startswith('__')})

    def test_takes_what_the_deployed_method_takes(self):
        deployed, ours = (
            inspect.getfullargspec(
                module.NovaHelper.watcher_non_live_migrate_instance).args
            for module in (nova_helper_stock, nova_helper))
        # "interval" came with Watcher 15.1.
        self.assertEqual(deployed, ours[:len(deployed)])

    def test_logs_as_the_deployed_module(self):
        log = self.useFixture(fixtures.FakeLogger(
            name='watcher.common.nova_helper', format='%(message)s'))
        nova_helper_stock.LOG.warning('it is %s', 'so')
        self.assertEqual('it is so\n', log.output)

    def test_logs_to_what_stands_in_for_the_log(self):
        with mock.patch.object(nova_helper, 'LOG',
                               autospec=True) as log:
            nova_helper_stock.LOG.warning('it is %s', 'so')
        log.warning.assert_called_once_with('it is %s', 'so')


def make_helper():
    """Make a helper without a cloud."""
    with mock.patch.object(nova_helper_stock.NovaHelper, '__init__',
                           autospec=True, return_value=None):
        helper = nova_helper.NovaHelper()
    helper.nova = helper.connection = mock.MagicMock()
    return helper


class TestStandIn(base.BaseTestCase):
    """What stands in for Nova in Watcher's own tests up to 15.0."""

    def test_server_that_changes_at_once_and_has_no_records(self):
        if not hasattr(nova_helper_stock, 'nvexceptions'):
            self.skipTest('this Watcher does without novaclient')
        self.useFixture(fixtures.MockPatch('time.sleep'))
        moved = mock.MagicMock(id=UUID, status='ACTIVE')
        setattr(moved, 'OS-EXT-SRV-ATTR:host', 'a')

        def migrate(host):
            setattr(moved, 'OS-EXT-SRV-ATTR:host', 'b')
            moved.status = 'VERIFY_RESIZE'

        def confirm():
            moved.status = 'ACTIVE'

        moved.migrate.side_effect = migrate
        moved.confirm_resize.side_effect = confirm
        helper = make_helper()
        helper.nova.servers.get.return_value = moved
        self.assertIs(True, helper.watcher_non_live_migrate_instance(
            UUID, None))
        moved.confirm_resize.assert_called_once_with()


class TestInstanceMigrate(base.BaseTestCase):

    def setUp(self):
        super().setUp()
        self.helper = make_helper()

    def test_of_a_cold_migration_is_asked_for_once(self):
        asked = mock.Mock(id=UUID)
        self.assertIs(asked.post_migrate.return_value,
                      self.helper._instance_migrate(
                          server.ServerId(asked), 'b'))
        asked.post_migrate.assert_called_once_with('b')

    def test_of_others_is_the_deployed_one(self):
        # Watcher has it from 16.0 on.
        deployed = mock.Mock()
        self.useFixture(fixtures.MonkeyPatch(
            'watcher.common.nova_helper_stock.NovaHelper._instance_migrate',
            deployed))
        self.helper._instance_migrate(UUID, 'b')
        deployed.assert_called_once_with(UUID, 'b')


class TestConfirmResize(base.BaseTestCase):

    def setUp(self):
        super().setUp()
        self.helper = make_helper()

    def test_of_a_resize_is_the_deployed_one(self):
        with mock.patch.object(nova_helper_stock.NovaHelper, 'confirm_resize',
                               autospec=True) as deployed:
            self.assertIs(deployed.return_value, self.helper.confirm_resize(
                mock.sentinel.server, 'ACTIVE', 7))
        deployed.assert_called_once_with(
            self.helper, mock.sentinel.server, 'ACTIVE', 7)

    def test_of_a_cold_migration_is_its_own(self):
        cold_migration = mock.create_autospec(migration.ColdMigration,
                                              instance=True)
        self.assertIs(cold_migration.confirm.return_value,
                      self.helper.confirm_resize(cold_migration, 'ACTIVE'))


class TestColdMigration(base.BaseTestCase):

    def setUp(self):
        super().setUp()
        self.helper = make_helper()
        self.migration = self.useFixture(fixtures.MockPatchObject(
            migration, 'ColdMigration')).mock

    def test_asked_for(self):
        self.helper.watcher_non_live_migrate_instance(
            UUID, 'b', retry=4, interval=3)
        (asked, wanted, limit, confirm), _ = self.migration.call_args
        self.assertEqual(self.helper.confirm_resize, confirm)
        self.assertEqual((UUID, 'b'), (asked.id, wanted))
        self.assertEqual((12, 3), (limit.seconds, limit.interval))

    def test_default_limit(self):
        self.helper.watcher_non_live_migrate_instance(UUID, 'b')
        limit = self.migration.call_args[0][2]
        expected = options.time_limit(nova_helper.CONF)
        self.assertEqual((expected.seconds, expected.interval),
                         (limit.seconds, limit.interval))

    def test_verdict(self):
        for verdict in (True, False):
            self.migration.return_value.run.return_value = verdict
            self.assertIs(
                verdict,
                self.helper.watcher_non_live_migrate_instance(UUID, None))
