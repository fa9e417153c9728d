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

import inspect
from unittest import mock

import fixtures
from keystoneauth1 import exceptions as ksa_exc
from oslo_config import cfg
from oslotest import base

from watcher.common.cold_migration import migration
from watcher.common import nova_helper
from watcher.common import nova_helper_stock

UUID = 'fb5311b7-37f3-457e-9cde-6494a3c59bfe'


class TestHandedOn(base.BaseTestCase):
    """Only cold migration changes (P10 of the contract)."""

    OURS = {'NovaHelper', 'nova_retries', 'LOG'}

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
            {'watcher_non_live_migrate_instance', 'confirm_resize'},
            {name for name in vars(nova_helper.NovaHelper)
             if not name.startswith('__')})

    def test_takes_what_the_deployed_method_takes(self):
        deployed, ours = (
            inspect.getfullargspec(
                module.NovaHelper.watcher_non_live_migrate_instance).args
            for module in (nova_helper_stock, nova_helper))
        # "interval" came with Watcher 15.1.
        self.assertEqual(deployed, ours[:len(deployed)])


class TestConfirmResize(base.BaseTestCase):

    def setUp(self):
        super().setUp()
        self.helper = nova_helper.NovaHelper(osc=mock.Mock())

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


class TestLimit(base.BaseTestCase):

    def setUp(self):
        super().setUp()
        self.helper = nova_helper.NovaHelper(osc=mock.Mock())
        self.migration = self.useFixture(fixtures.MockPatchObject(
            migration, 'ColdMigration')).mock

    def migrate(self, **options):
        self.helper.watcher_non_live_migrate_instance(
            UUID, 'b', **options)
        (server, wanted, limit, confirm), _ = self.migration.call_args
        self.assertEqual(self.helper.confirm_resize, confirm)
        self.assertEqual((UUID, 'b'), (server.id, wanted))
        return limit

    def pause_of(self, limit):
        with mock.patch('time.sleep', autospec=True) as sleep:
            limit.pause()
        return sleep.call_args[0][0]

    def test_configured(self):
        conf = mock.Mock()
        conf.nova.migration_max_retries = 12
        conf.nova.migration_interval = 2.5
        with mock.patch.object(nova_helper, 'CONF', conf):
            limit = self.migrate()
        self.assertEqual(30, limit.seconds)
        self.assertEqual(2.5, self.pause_of(limit))

    def test_given(self):
        limit = self.migrate(retry=4, interval=3)
        self.assertEqual(12, limit.seconds)
        self.assertEqual(3, self.pause_of(limit))

    def test_release_without_the_options(self):
        with mock.patch.object(nova_helper, 'CONF', cfg.ConfigOpts()):
            limit = self.migrate()
        self.assertEqual(240, limit.seconds)
        self.assertEqual(2, self.pause_of(limit))

    def test_negative(self):
        for options in ({'retry': -1}, {'interval': -0.5}):
            error = self.assertRaises(ValueError, self.migrate, **options)
            self.assertIn('must not be negative', str(error))

    def test_verdict(self):
        for verdict in (True, False):
            self.migration.return_value.run.return_value = verdict
            self.assertIs(
                verdict,
                self.helper.watcher_non_live_migrate_instance(UUID, None))


class TestNovaRetries(base.BaseTestCase):

    def setUp(self):
        super().setUp()
        self.sleep = self.useFixture(
            fixtures.MockPatchObject(nova_helper.time, 'sleep')).mock
        self.log = self.useFixture(
            fixtures.FakeLogger(format='%(levelname)s %(message)s'))
        conf = self.useFixture(
            fixtures.MockPatchObject(nova_helper, 'CONF')).mock
        conf.nova.http_retries = 2
        conf.nova.http_retry_interval = 1.5
        self.call = mock.Mock(__name__='call')

    def test_passing_fault(self):
        self.call.side_effect = [ksa_exc.ConnectFailure('refused'), 'answer']
        self.assertEqual('answer', nova_helper.nova_retries(self.call)(1, b=2))
        self.call.assert_called_with(1, b=2)
        self.sleep.assert_called_once_with(1.5)

    def test_lasting_fault(self):
        self.call.side_effect = ksa_exc.ConnectFailure('refused')
        self.assertRaises(ksa_exc.ConnectFailure,
                          nova_helper.nova_retries(self.call))
        self.assertEqual(3, self.call.call_count)
        self.assertEqual(2, self.sleep.call_count)
        self.assertEqual(1, self.log.output.count('ERROR'))

    def test_other_errors_pass(self):
        self.call.side_effect = ValueError
        self.assertRaises(ValueError, nova_helper.nova_retries(self.call))
        self.assertEqual(1, self.call.call_count)
