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

"""Nova refuses a migration, or gives it up: False, soon, explained."""

from novaclient import exceptions as nvexceptions
import testtools
from watcher.common import exception

from lab import client
from lab.functional import base
from lab.support import waiting

UNKNOWN = '11111111-2222-3333-4444-555555555555'


class FailureTestCase(base.TestCase):

    def assert_fails(self, server_id, destination, *words, posts):
        """Check for a False, soon and explained; returns the server then."""
        source = self.cloud.host(server_id)
        self.assertIs(False, self.migrate(server_id, destination))
        self.assertLess(self.seconds, base.SOON)
        self.assert_explained(
            server_id, 'from %s to' % (source or 'no known host'), 'req-',
            *words)
        self.assertEqual(posts, self.posts(server_id))
        self.assert_same_ports(server_id)
        return self.cloud.show(server_id)

    def assert_stays(self, server_id, destination, *words, posts):
        """Check that it fails, and leaves the server as it was."""
        before = self.cloud.show(server_id)
        after = self.assert_fails(server_id, destination, *words, posts=posts)
        for name in ('status', 'tenant_id', 'OS-EXT-SRV-ATTR:host',
                     'OS-EXT-STS:task_state'):
            self.assertEqual(before[name], after[name], name)


class TestRefused(FailureTestCase):
    """Nova refuses immediately."""

    def test_unknown_host(self):
        self.assert_stays(self.boot(), 'nowhere', 'HTTP 400',
                          'Compute host nowhere could not be found',
                          posts=[('migrate', 400)])

    def test_unknown_server(self):
        self.assertIs(False, self.call(UNKNOWN, self.cloud.hosts[0]))
        self.assert_explained(UNKNOWN, 'was deleted, or never existed')

    def test_paused_server(self):
        server_id = self.boot()
        self.cloud.owner.servers.pause(server_id)
        self.cloud.wait_for(server_id, 'PAUSED')
        self.assert_stays(server_id, self.other_host(server_id),
                          'HTTP 409', 'paused', posts=[('migrate', 409)])

    def test_server_in_error(self):
        server_id = self.boot()
        self.cloud.admin.servers.reset_state(server_id, 'error')
        self.cloud.wait_for(server_id, 'ERROR')
        self.assert_stays(
            server_id, self.other_host(server_id), 'HTTP 409', 'error',
            posts=[('migrate', 409)])

    def test_suspended_server(self):
        server_id = self.boot()
        self.cloud.owner.servers.suspend(server_id)
        self.cloud.wait_for(server_id, 'SUSPENDED')
        self.assert_stays(server_id, self.other_host(server_id),
                          'HTTP 409', 'suspended', posts=[('migrate', 409)])

    def test_rescued_server(self):
        server_id = self.boot()
        self.cloud.owner.servers.rescue(server_id)
        self.cloud.wait_for(server_id, 'RESCUE')
        self.assert_stays(server_id, self.other_host(server_id),
                          'HTTP 409', 'rescued', posts=[('migrate', 409)])

    def test_shelved_server(self):
        server_id = self.boot()
        self.cloud.owner.servers.shelve(server_id)
        self.cloud.wait_for(server_id, 'SHELVED_OFFLOADED')
        waiting.wait_until(lambda: self.cloud.host(server_id) is None,
                           'it has left its host')
        self.assert_stays(server_id, self.cloud.hosts[0], 'HTTP 409',
                          'shelved_offloaded', posts=[('migrate', 409)])

    def test_server_being_live_migrated(self):
        server_id = self.boot()
        source = self.cloud.host(server_id)
        self.hold(source, 'live_migration')
        destination = self.other_host(server_id)
        self.cloud.admin.servers.live_migrate(
            server_id, destination, block_migration='auto')
        self.cloud.wait_for_task(server_id, 'migrating')
        for asked_for in (destination, None):
            self.assertIs(False, self.migrate(server_id, asked_for))
        self.assertEqual(2, self.log.output.count(
            'while it is in task_state migrating'))
        self.cloud.clear_fault(source, 'live_migration')
        self.cloud.wait_for(server_id, 'ACTIVE')
        self.assertEqual(destination, self.cloud.host(server_id))
        self.assertIs(True, self.migrate(server_id, destination))
        self.assertNotIn(('migrate', 202), self.posts(server_id))

    def test_server_being_rebuilt(self):
        server_id = self.boot()
        self.hold(self.cloud.host(server_id), 'spawn')
        self.cloud.owner.servers.rebuild(server_id, client.IMAGE)
        self.cloud.wait_for_task(server_id, 'rebuild_spawning')
        self.assert_stays(
            server_id, self.other_host(server_id),
            'HTTP 409', 'rebuild_spawning', posts=[('migrate', 409)])

    def test_server_being_deleted(self):
        server_id = self.boot()
        self.hold(self.cloud.host(server_id), 'destroy')
        self.cloud.owner.servers.delete(server_id)
        self.cloud.wait_for_task(server_id, 'deleting')
        self.assert_stays(
            server_id, self.other_host(server_id),
            'HTTP 409', 'deleting', posts=[('migrate', 409)])

    def test_server_deleted_since_the_plan_was_made(self):
        """Watcher's action asks for the server first, and fails at that."""
        server_id = self.boot()
        action = self.action(server_id, self.other_host(server_id))
        self.cloud.delete(server_id)
        self.assertRaises(
            nvexceptions.NotFound if base.HAS_NOVACLIENTS_ERRORS
            else exception.InstanceNotFound, action.execute)
        self.assertEqual([], self.posts(server_id))

    @testtools.skipIf(base.NOVA_RELEASE < 21, 'Nova 20 does not care')
    def test_source_is_down(self):
        server_id = self.boot()
        self.set_down(self.cloud.host(server_id))
        self.assert_stays(
            server_id, self.other_host(server_id), 'HTTP 409',
            'Service is unavailable at this time', posts=[('migrate', 409)])

    def test_server_that_was_never_built(self):
        for host in self.cloud.hosts:
            self.disable(host)
        server_id = self.cloud.boot(self.id()[-50:])
        self.addCleanup(self.cloud.delete, server_id)
        self.cloud.wait_for(server_id, 'ERROR')
        self.assertIs(False, self.migrate(server_id, self.cloud.hosts[0]))
        self.assert_explained(server_id, 'from no known host', 'HTTP 409',
                              'vm_state error')


class TestForbidden(FailureTestCase):
    """Nova's policy does not let Watcher's user do it."""

    MIGRATE = 'os_compute_api:os-migrate-server:migrate'
    MIGRATE_TO_HOST = 'os_compute_api:os-migrate-server:migrate:host'
    CONFIRM = 'os_compute_api:servers:confirm_resize'
    SEE_THE_HOST = 'os_compute_api:os-extended-server-attributes'

    def test_to_migrate(self):
        self.forbid(self.MIGRATE)
        self.assert_stays(
            self.boot(), None, 'HTTP 403', "Policy doesn't allow",
            self.MIGRATE + ' ', posts=[('migrate', 403)])

    def test_to_migrate_to_a_host(self):
        self.forbid(self.MIGRATE_TO_HOST)
        server_id = self.boot()
        self.assert_stays(
            server_id, self.other_host(server_id), 'HTTP 403',
            "Policy doesn't allow", self.MIGRATE_TO_HOST + ' ',
            posts=[('migrate', 403)])

    def test_to_see_the_host(self):
        server_id = self.boot()
        destination = self.other_host(server_id)
        self.forbid(self.SEE_THE_HOST)
        self.assertIs(False, self.call(server_id, destination))
        self.assertLess(self.seconds, base.SOON)
        self.assert_explained(server_id, 'Nova does not show which host',
                              '(ACTIVE, task_state None')
        self.assertEqual([], self.posts(server_id))
        self.cloud.permit(self.SEE_THE_HOST)
        self.assertIs(True, self.migrate(server_id, destination))
        self.assert_moved(server_id, destination)

    def test_to_see_the_host_of_one_that_waits(self):
        server_id = self.boot()
        destination = self.other_host(server_id)
        self.cloud.admin.servers.migrate(server_id, host=destination)
        self.cloud.wait_for(server_id, 'VERIFY_RESIZE')
        self.forbid(self.SEE_THE_HOST)
        self.assertIs(False, self.call(server_id, destination))
        self.assert_explained(server_id, 'Nova does not show which host',
                              '(VERIFY_RESIZE, task_state None')
        self.assertEqual([], self.posts(server_id))

    def test_to_confirm(self):
        """It has moved and waits: when it may, the next call confirms it."""
        server_id = self.boot()
        destination = self.other_host(server_id)
        self.forbid(self.CONFIRM)
        after = self.assert_fails(
            server_id, destination, 'HTTP 403', "Policy doesn't allow",
            self.CONFIRM, posts=[('migrate', 202), ('confirmResize', 403)])
        self.assertEqual(('VERIFY_RESIZE', destination), (
            after['status'], after['OS-EXT-SRV-ATTR:host']))
        self.cloud.permit(self.CONFIRM)
        self.assertIs(True, self.migrate(server_id, destination))
        self.assert_moved(server_id, destination)
        self.assertEqual(1, self.posts(server_id).count(('migrate', 202)))


class TestOldNova(base.TestCase):
    """A Nova that takes no host: nothing is posted."""

    NOVA = ('--max-microversion=2.53', '--hosts=2')

    def test_the_method_explains_it(self):
        server_id = self.boot()
        self.assertIs(False, self.call(server_id, self.other_host(server_id)))
        self.assert_explained(
            server_id, 'HTTP 406', 'Version 2.56 is not supported',
            'maximum is 2.53', 'req-')
        self.assertEqual([], self.posts(server_id))

    def test_the_action_fails(self):
        server_id = self.boot()
        if base.HAS_NOVACLIENTS_ERRORS:
            # The action itself asks for the server at 2.56.
            self.assertRaises(
                nvexceptions.NotAcceptable, self.migrate, server_id,
                self.other_host(server_id))
        else:
            self.assertIs(False, self.migrate(
                server_id, self.other_host(server_id)))
        self.assertEqual([], self.posts(server_id))


class TestSoftDeleted(base.TestCase):
    """Nova shows the server still, and would restore it."""

    NOVA = ('--soft-delete', '--hosts=2')

    def test_soft_deleted_server(self):
        server_id = self.boot()
        self.addCleanup(self.cloud.admin.servers.force_delete, server_id)
        self.cloud.owner.servers.delete(server_id)
        self.cloud.wait_for(server_id, 'SOFT_DELETED')
        self.assertIs(False, self.migrate(
            server_id, self.other_host(server_id)))
        self.assertLess(self.seconds, base.SOON)
        self.assertRegex(self.assert_explained(server_id), '(?i)soft.delete')
        self.assertNotIn(('migrate', 202), self.posts(server_id))
        self.assertEqual('SOFT_DELETED', self.cloud.show(server_id)['status'])


class TestGivenUp(FailureTestCase):
    """Nova answers 202, and gives up afterwards."""

    ASKED = [('migrate', 202)]
    SCHEDULED = [('migrate', base.NO_VALID_HOST_STATUS)]
    # Nova 20 raises it again without its class.
    DISK_FULL = 'disk full' if base.NOVA_RELEASE > 20 else 'does not say why'

    def test_disabled_host(self):
        server_id = self.boot()
        destination = self.other_host(server_id)
        self.disable(destination)
        self.assert_stays(server_id, destination, 'No valid host',
                          posts=self.SCHEDULED)
        record, = self.cloud.migrations(server_id)
        self.assertEqual(('error', None),
                         (record['status'], record['dest_compute']))

    def test_host_is_down(self):
        server_id = self.boot()
        destination = self.other_host(server_id)
        self.set_down(destination)
        self.assert_stays(server_id, destination, 'No valid host',
                          posts=self.SCHEDULED)

    def test_full_host(self):
        # One of these fits on a host.
        server_id, *_ = [self.boot(ram=5000) for _ in self.cloud.hosts]
        self.assert_stays(server_id, self.other_host(server_id),
                          'No valid host', posts=self.SCHEDULED)

    def test_no_host_at_all(self):
        server_id = self.boot(running=False)
        for host in self.cloud.hosts:
            self.disable(host)
        self.assert_stays(server_id, None, 'No valid host',
                          posts=self.SCHEDULED)

    def set_fault(self, host, method, effect):
        super().set_fault(host, method, effect, message='disk\nfull')

    def break_all_but(self, source):
        for host in set(self.cloud.hosts) - {source}:
            self.set_fault(host, 'update_provider_tree', 'fail')

    def assert_rescheduled_in_vain(self, server_id, source):
        # Nova sets it to ACTIVE first, and a moment later to ERROR.
        self.assertRegex(self.assert_explained(server_id),
                         base.NO_VALID_HOST + '|disk full')
        self.cloud.wait_for(server_id, 'ERROR')
        self.assertEqual(source, self.cloud.host(server_id))
        self.assertEqual(set(self.cloud.hosts) - {source},
                         self.hosts_tried(server_id))

    def test_rescheduled_until_no_host_is_left(self):
        server_id = self.boot()
        source = self.cloud.host(server_id)
        self.break_all_but(source)
        self.assert_fails(server_id, None, posts=self.ASKED)
        self.assert_rescheduled_in_vain(server_id, source)

    def test_rescheduled_in_vain_and_looked_at_often(self):
        """Often enough to see the server between ACTIVE and ERROR."""
        server_id = self.boot()
        source = self.cloud.host(server_id)
        self.break_all_but(source)
        call = self.calling(server_id, None)
        self.assertIs(False, call(interval=0.01, retry=1000))
        self.assert_rescheduled_in_vain(server_id, source)

    def test_source_rolls_back(self):
        server_id = self.boot()
        self.set_fault(self.cloud.host(server_id),
                       'migrate_disk_and_power_off', 'roll_back')
        self.assert_stays(server_id, self.other_host(server_id),
                          self.DISK_FULL, posts=self.ASKED)

    def test_source_fails(self):
        server_id = self.boot()
        source = self.cloud.host(server_id)
        self.set_fault(source, 'migrate_disk_and_power_off', 'fail')
        after = self.assert_fails(server_id, self.other_host(server_id),
                                  'ERROR', 'disk full', posts=self.ASKED)
        self.assertEqual(('ERROR', source), (after['status'],
                                             after['OS-EXT-SRV-ATTR:host']))

    def test_destination_fails(self):
        server_id = self.boot()
        destination = self.other_host(server_id)
        self.set_fault(destination, 'finish_migration', 'fail')
        after = self.assert_fails(server_id, destination, 'ERROR',
                                  'disk full', posts=self.ASKED)
        self.assertEqual(('ERROR', destination), (
            after['status'], after['OS-EXT-SRV-ATTR:host']))


class TestTimeLimit(base.TestCase):

    def test_nova_is_still_at_it(self):
        server_id = self.boot()
        source = self.cloud.host(server_id)
        self.hold(source, 'migrate_disk_and_power_off')
        with self.limited(base.WORK_LIMIT):
            self.assertIs(False, self.migrate(
                server_id, self.other_host(server_id)))
        record, = self.cloud.migrations(server_id)
        self.assert_explained(
            server_id, 'time limit of %s s exceeded' % base.WORK_LIMIT,
            'still working on it',
            'RESIZE, task_state', 'migration %s ' % record['id'],
            'openstack server resize confirm %s' % server_id)
        self.assertEqual([('migrate', 202)], self.posts(server_id))
        self.cloud.clear_fault(source, 'migrate_disk_and_power_off')
        self.cloud.wait_for(server_id, 'VERIFY_RESIZE')


@testtools.skipIf(base.NOVA_RELEASE < 21, 'Nova 20 has no such driver')
class TestSameHost(base.TestCase):
    """A driver that ends a migration where it started, as VMware's does."""

    NOVA = ('--driver=fake.SameHostColdMigrateDriver', '--hosts=1')

    REVERT = 'os_compute_api:servers:revert_resize'

    def test_may_not_be_taken_back(self):
        server_id = self.boot()
        host = self.cloud.host(server_id)
        self.forbid(self.REVERT)
        self.assertIs(False, self.migrate(server_id, None))
        record, = self.cloud.migrations(server_id)
        self.assert_explained(
            server_id, 'HTTP 403', "Policy doesn't allow", self.REVERT,
            '(VERIFY_RESIZE, task_state None, on host %s)' % host,
            'migration %s ' % record['id'],
            'openstack server resize revert %s' % server_id)
        self.assertEqual([('migrate', 202), ('revertResize', 403)],
                         self.posts(server_id))

    def test_taking_it_back_takes_too_long(self):
        server_id = self.boot()
        host = self.cloud.host(server_id)
        self.hold(host, 'finish_revert_migration')
        with self.limited(end=1):
            self.assertIs(False, self.migrate(server_id, None))
        record, = self.cloud.migrations(server_id)
        self.assert_explained(
            server_id, 'time limit of 1 s exceeded', 'still working on it '
            '(REVERT_RESIZE, task_state resize_reverting, on host %s)' % host,
            'Nova has yet to revert migration %s' % record['id'])
        self.cloud.clear_fault(host, 'finish_revert_migration')
        self.cloud.wait_for(server_id, 'ACTIVE')

    def test_is_taken_back(self):
        server_id = self.boot()
        host = self.cloud.host(server_id)
        self.assertIs(False, self.migrate(server_id, None))
        after = self.cloud.show(server_id)
        self.assertEqual(('ACTIVE', host), (after['status'],
                                            after['OS-EXT-SRV-ATTR:host']))
        self.assertEqual('reverted',
                         self.cloud.migrations(server_id)[-1]['status'])
        self.assertEqual([('migrate', 202), ('revertResize', 202)],
                         self.posts(server_id))
        self.assert_explained(server_id, 'on the host where it started')
