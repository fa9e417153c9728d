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

"""Others act before or during the call: the verdict is still true.

Stages are forced: a driver, or a request of Watcher's, is held until the
others have acted.
"""

import json
import os
import subprocess
import sys

from novaclient import exceptions as nvexceptions
import testscenarios
import testtools
from watcher.common import nova_helper

from lab.functional import base
from lab.support import processes
from lab.support import waiting

# So that the scenarios are shared out among the workers.
load_tests = testscenarios.load_tests_apply_scenarios

PAIRS = int(os.environ.get('COLD_MIGRATION_PAIRS', 5))

# Calls the method for some servers at once, and prints the verdicts.
CALL = '''
from concurrent import futures
import importlib
import json
import sys
from watcher import conf
_, module, path, migrations = sys.argv
conf.CONF(['--config-file', path], project='watcher')
helper = importlib.import_module(module).NovaHelper
migrations = json.loads(migrations)
with futures.ThreadPoolExecutor(len(migrations)) as pool:
    print(json.dumps(list(pool.map(
        lambda one: helper().watcher_non_live_migrate_instance(
            instance_id=one[0], dest_hostname=one[1]), migrations))))
'''

CONFIRM = {'method': 'POST', 'action': 'confirmResize'}
MIGRATE = {'method': 'POST', 'action': 'migrate'}


class OthersTestCase(base.OneServerTestCase):

    def begin(self, host=None):
        """Migrate the server as an administrator."""
        self.cloud.admin.servers.migrate(self.server_id,
                                         host=host or self.destination)

    def begin_as_another_applier(self):
        self.cloud.applier.servers.migrate(self.server_id,
                                           host=self.destination)

    def wait_for(self, status):
        self.cloud.wait_for(self.server_id, status)

    def confirm(self):
        self.cloud.admin.servers.confirm_resize(self.server_id)

    def let_nova_confirm(self):
        self.cloud.let_nova_confirm(self.server_id)

    def revert(self):
        self.cloud.admin.servers.revert_resize(self.server_id)
        self.wait_for('ACTIVE')

    def resize(self):
        self.cloud.owner.servers.resize(self.server_id,
                                        self.cloud.flavor(ram=128))

    def assert_left_alone(self, status, host):
        """Check that it says so, and that the server is as others left it."""
        self.assert_explained(self.server_id, 'left alone')
        shown = self.cloud.show(self.server_id)
        self.assertEqual((status, host), (shown['status'],
                                          shown['OS-EXT-SRV-ATTR:host']))


class MovedServerTestCase(OthersTestCase):

    def start_and_move_unseen(self, action):
        self.hold(self.destination, 'finish_migration')
        verdict = self.start(action)
        self.cloud.wait_for_task(self.server_id, 'resize_finish')
        return self.move_on_unseen(verdict)

    def start_and_move_in_an_outage(self, action):
        self.hold(self.destination, 'finish_migration')
        verdict = self.start(action)
        self.cloud.wait_for_task(self.server_id, 'resize_finish')
        self.break_replies(self.server_id, status=503)
        return self.move_on_unseen(verdict)

    def move_on_unseen(self, verdict):
        self.hold_requests(self.server_id, times=None)
        self.wait_for_held_request(self.server_id)
        self.cloud.clear_fault(self.destination, 'finish_migration')
        self.wait_for('VERIFY_RESIZE')
        return verdict

    def start_and_hold_confirmation(self, action):
        self.hold_requests(self.server_id, **CONFIRM)
        verdict = self.start(action)
        self.wait_for_held_request(self.server_id)
        return verdict

    def while_it_waits(self, *acts):
        """Act while the server waits; returns the verdict."""
        verdict = getattr(self, self.at)(
            self.action(self.server_id, self.destination).execute)
        for act in acts:
            act()
        self.cloud.fix_replies()
        return verdict()


class TestOthersEndIt(MovedServerTestCase):
    """The server has moved, and somebody is faster than Watcher."""

    scenarios = [
        ('before_watcher_sees_it', {'at': 'start_and_move_unseen'}),
        ('before_watcher_confirms', {'at': 'start_and_hold_confirmation'}),
    ]

    def assert_not_confirmed_by_watcher(self):
        self.assertNotIn(('confirmResize', 204), self.posts(self.server_id))

    def test_nova_confirms(self):
        self.assertIs(True, self.while_it_waits(self.let_nova_confirm))
        self.assert_moved_by_one_migration()
        self.assert_not_confirmed_by_watcher()

    def test_a_person_confirms(self):
        self.assertIs(True, self.while_it_waits(self.confirm))
        self.assert_moved_by_one_migration()
        self.assert_not_confirmed_by_watcher()

    def test_a_person_confirms_and_its_owner_stops_it(self):
        def stop():
            self.wait_for('ACTIVE')
            self.cloud.stop(self.server_id)

        self.assertIs(True, self.while_it_waits(self.confirm, stop))
        self.assert_moved_by_one_migration()

    def test_its_owner_cannot_stop_it(self):
        def try_to_stop():
            self.assertRaises(nvexceptions.Conflict,
                              self.cloud.owner.servers.stop, self.server_id)

        self.assertIs(True, self.while_it_waits(try_to_stop))
        self.assert_moved_by_one_migration()

    def test_a_person_reverts(self):
        self.assertIs(False, self.while_it_waits(self.revert))
        self.assertEqual(self.source, self.cloud.host(self.server_id))
        self.assert_explained(self.server_id, 'back where it started')

    def test_a_person_reverts_and_its_owner_stops_it(self):
        def stop():
            self.cloud.stop(self.server_id)

        self.assertIs(False, self.while_it_waits(self.revert, stop))
        self.assert_explained(self.server_id, 'back where it started',
                              'SHUTOFF')

    def test_its_owner_deletes_it(self):
        def delete():
            self.cloud.delete(self.server_id)

        self.assertIs(False, self.while_it_waits(delete))
        self.assert_explained(self.server_id, 'was deleted')


class TestMovedOn(MovedServerTestCase):
    """The server has moved, and others have moved it on before a look."""

    at = 'start_and_move_unseen'

    def test_an_administrator_moves_it_elsewhere(self):
        def move_on():
            self.wait_for('ACTIVE')
            self.begin(self.third_host)
            self.wait_for('VERIFY_RESIZE')

        self.assertIs(False, self.while_it_waits(self.confirm, move_on))
        self.assert_left_alone('VERIFY_RESIZE', self.third_host)

    def test_an_administrator_takes_it_elsewhere_for_good(self):
        def move_on():
            self.begin(self.third_host)
            self.wait_for('VERIFY_RESIZE')
            self.confirm()
            self.wait_for('ACTIVE')

        self.assertIs(False, self.while_it_waits(self.revert, move_on))
        self.assert_explained(self.server_id, 'on a host that was not asked',
                              self.third_host)

    def test_an_administrator_takes_another_way_in_an_outage(self):
        """It waits where it was to go, but for another confirmation."""
        def go_by_the_third_host():
            self.begin(self.third_host)
            self.wait_for('VERIFY_RESIZE')
            self.confirm()
            self.wait_for('ACTIVE')
            self.begin()
            self.wait_for('VERIFY_RESIZE')

        self.at = 'start_and_move_in_an_outage'
        self.assertIs(False, self.while_it_waits(
            self.revert, go_by_the_third_host))
        self.assert_explained(self.server_id, 'another migration of')
        self.assert_left_alone('VERIFY_RESIZE', self.destination)

    def test_its_owner_resizes_it(self):
        def resize():
            self.wait_for('ACTIVE')
            self.resize()
            self.wait_for('VERIFY_RESIZE')

        self.assertIs(False, self.while_it_waits(self.confirm, resize))
        self.assert_left_alone('VERIFY_RESIZE',
                               self.cloud.host(self.server_id))


class TestOnItsWay(OthersTestCase):
    """What others do to it while it moves."""

    scenarios = [
        ('source_at_work', {'task': 'resize_migrating', 'works': 'source',
                            'method': 'migrate_disk_and_power_off'}),
        ('destination_at_work', {'task': 'resize_finish',
                                 'works': 'destination',
                                 'method': 'finish_migration'}),
    ]

    def while_it_moves(self, act):
        """Act while a host works; returns the verdict."""
        return self.migrate_while(getattr(self, self.works), self.method,
                                  self.task, act)

    def assert_refused(self, act):
        return lambda: self.assertRaises(nvexceptions.Conflict, act,
                                         self.server_id)

    def test_nobody_can_stop_it(self):
        self.assertIs(True, self.while_it_moves(self.assert_refused(
            self.cloud.owner.servers.stop)))
        self.assert_moved_by_one_migration()

    def test_nobody_can_confirm_it(self):
        self.assertIs(True, self.while_it_moves(self.assert_refused(
            self.cloud.admin.servers.confirm_resize)))
        self.assert_moved_by_one_migration()

    def test_nobody_can_revert_it(self):
        self.assertIs(True, self.while_it_moves(self.assert_refused(
            self.cloud.admin.servers.revert_resize)))
        self.assert_moved_by_one_migration()

    def test_another_applier_asks_for_the_same(self):
        def call_too():
            verdicts.append(self.start(self.calling(
                self.server_id, self.destination)))
            self.wait_for_line('adopting')

        verdicts = []
        self.assertIs(True, self.while_it_moves(call_too))
        self.assertIs(True, verdicts[0]())
        self.assert_moved_by_one_migration()

    def test_another_applier_asks_for_something_else(self):
        def call_too():
            self.assertIs(False, self.call(self.server_id, self.third_host))

        self.assertIs(True, self.while_it_moves(call_too))
        self.assert_moved_by_one_migration()
        self.assert_explained(self.server_id, 'left alone')

    def test_its_owner_deletes_it(self):
        self.assertIs(False, self.while_it_moves(
            lambda: self.cloud.owner.servers.delete(self.server_id)))
        # Nova may put it into ERROR on the way.
        self.assertRegex(self.assert_explained(self.server_id),
                         'was deleted|is in ERROR')


class TestFasterThanWatcher(OthersTestCase):
    """Others act after Watcher's first look, before Nova gets its request."""

    def before_nova_is_asked(self, *acts):
        """Act while Watcher's request is held; returns the verdict."""
        self.hold_requests(self.server_id, **MIGRATE)
        verdict = self.start_migrating()
        self.wait_for_held_request(self.server_id)
        for act in acts:
            act()
        self.cloud.fix_replies()
        return verdict

    def begin_and_wait(self):
        self.begin_as_another_applier()
        self.wait_for('VERIFY_RESIZE')

    def confirm_and_wait(self):
        self.confirm()
        self.wait_for('ACTIVE')

    def assert_nothing_accepted(self):
        self.assertNotIn(('migrate', 202), self.posts(self.server_id))

    def test_the_same_is_under_way(self):
        def begin_and_hold():
            self.hold(self.source, 'migrate_disk_and_power_off')
            self.begin_as_another_applier()
            self.cloud.wait_for_task(self.server_id, 'resize_migrating')

        verdict = self.before_nova_is_asked(begin_and_hold)
        self.wait_for_line('adopting')
        self.cloud.clear_fault(self.source, 'migrate_disk_and_power_off')
        self.assertIs(True, verdict())
        self.assert_moved(self.server_id, self.destination)
        self.assert_nothing_accepted()

    def test_the_same_waits(self):
        self.assertIs(True, self.before_nova_is_asked(self.begin_and_wait)())
        self.assert_moved(self.server_id, self.destination)
        self.assert_nothing_accepted()

    def test_the_same_is_done(self):
        self.assertIs(True, self.before_nova_is_asked(
            self.begin_and_wait, self.confirm_and_wait)())
        self.assert_moved(self.server_id, self.destination)
        self.assert_nothing_accepted()

    def test_its_owner_stops_it(self):
        self.assertIs(True, self.before_nova_is_asked(
            lambda: self.cloud.stop(self.server_id))())
        self.assert_moved_by_one_migration()
        self.assertEqual('SHUTOFF', self.cloud.show(self.server_id)['status'])

    def test_its_owner_resizes_it(self):
        def resize():
            self.resize()
            self.wait_for('VERIFY_RESIZE')

        self.assertIs(False, self.before_nova_is_asked(resize)())
        self.assert_left_alone('VERIFY_RESIZE',
                               self.cloud.host(self.server_id))
        self.assert_nothing_accepted()

    def test_its_owner_deletes_it(self):
        self.assertIs(False, self.before_nova_is_asked(
            lambda: self.cloud.delete(self.server_id))())
        self.assert_explained(self.server_id, 'was deleted')

    def test_an_administrator_moves_it_elsewhere(self):
        def begin():
            self.begin(self.third_host)
            self.wait_for('VERIFY_RESIZE')

        self.assertIs(False, self.before_nova_is_asked(begin)())
        self.assert_left_alone('VERIFY_RESIZE', self.third_host)
        self.assert_nothing_accepted()


class TestTwoAppliers(OthersTestCase):

    def test_ask_for_the_same_at_once(self):
        other = self.start(self.calling(self.server_id, self.destination))
        one = self.call(self.server_id, self.destination)
        self.assertEqual((True, True), (one, other()))
        self.assert_sits_on(self.server_id, self.destination)
        # Where Nova answers one with HTTP 500, it may write an error into the
        # record of the other, which it carries out.
        self.assertEqual(1, len(self.cloud.migrations(self.server_id)))
        self.assertEqual(1, self.posts(self.server_id).count(
            ('migrate', 202)))
        # Nova breaks a server that two confirm at the same time.
        self.assertEqual(1, self.posts(self.server_id).count(
            ('confirmResize', 204)))


class TestTwoProcesses(base.TestCase):
    """Appliers in two processes adopt the same servers at once (P11).

    COLD_MIGRATION_PAIRS says how many servers. Nova breaks one that two
    confirm within some 30 ms; with the default options that happens to less
    than one in a hundred.
    """

    # As many as the lab's Nova, which is one process, can handle.
    MOST_AT_ONCE = 10

    def test_adopt_the_same_at_once(self):
        # Watcher's default since 15.1.
        self.configure(nova={'migration_interval': 5.0,
                             'migration_max_retries': 180})
        broken = 0
        for done in range(0, PAIRS, self.MOST_AT_ONCE):
            migrations = self.begin(min(self.MOST_AT_ONCE, PAIRS - done))
            verdicts = self.adopt_in_two_processes(migrations)
            for (server_id, destination), *both in zip(migrations, *verdicts):
                if self.cloud.show(server_id)['status'] == 'ERROR':
                    broken += 1
                    continue
                self.assertEqual([True, True], both)
                self.assert_is_moved(server_id, destination)
                self.assertEqual(1, self.posts(server_id).count(
                    ('confirmResize', 204)))
        self.assertLessEqual(broken, max(1, PAIRS // 100))

    def begin(self, count):
        """Have another applier's migrations wait: servers, destinations."""
        migrations = []
        for _ in range(count):
            server_id = self.boot()
            destination = self.other_host(server_id)
            self.cloud.applier.servers.migrate(server_id, host=destination)
            migrations.append((server_id, destination))
        for server_id, _ in migrations:
            self.cloud.wait_for(server_id, 'VERIFY_RESIZE')
        return migrations

    def adopt_in_two_processes(self, migrations):
        """Give the verdicts of each process."""
        # Stock Watcher's are compared, too.
        module = nova_helper.NovaHelper.__module__
        appliers = [subprocess.Popen(
            [sys.executable, '-W', 'ignore', '-c', CALL, module,
             self.conf_path, json.dumps(migrations)],
            cwd=processes.ROOT, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL) for _ in range(2)]
        return [json.loads(applier.communicate()[0])
                for applier in appliers]


class TestResetState(MovedServerTestCase):
    """Somebody resets the server's state while it waits (P1).

    Nova shows it as ACTIVE on its new host, and nobody confirms the migration
    any more: it keeps its resources on both hosts.
    """

    at = 'start_and_move_unseen'

    def reset(self):
        self.cloud.admin.servers.reset_state(self.server_id, 'active')
        self.wait_for('ACTIVE')

    def assert_never_confirmed(self):
        record, = self.cloud.migrations(self.server_id)
        self.assertEqual('finished', record['status'])
        self.assert_explained(
            self.server_id, 'nobody has confirmed migration %s (finished)' %
            record['id'], 'on both hosts', 'ACTIVE')

    def test_before_watcher_sees_it(self):
        self.assertIs(False, self.while_it_waits(self.reset))
        self.assert_never_confirmed()
        self.assertEqual([('migrate', 202)], self.posts(self.server_id))

    def test_before_watcher_confirms(self):
        self.at = 'start_and_hold_confirmation'
        self.assertIs(False, self.while_it_waits(self.reset))
        self.assert_never_confirmed()

    @testtools.skipIf(base.CELLS > 1,
                      'Nova fails: it knows the hosts of the earlier one in '
                      'one cell')
    def test_of_an_earlier_migration(self):
        """Nova then takes the confirmation for that one's."""
        self.cloud.admin.servers.migrate(self.server_id, host=self.third_host)
        self.wait_for('VERIFY_RESIZE')
        self.reset()
        self.assertIs(False, self.migrate(self.server_id, self.destination))
        earlier, record = self.cloud.migrations(self.server_id)
        self.assertEqual(('confirmed', 'finished'),
                         (earlier['status'], record['status']))
        self.assert_explained(
            self.server_id, 'nobody has confirmed migration %s (finished)' %
            record['id'], 'on both hosts', 'ACTIVE')

    def test_before_the_call(self):
        self.begin_as_another_applier()
        self.wait_for('VERIFY_RESIZE')
        self.reset()
        self.assertIs(False, self.call(self.server_id, self.destination))
        self.assert_never_confirmed()
        self.assertEqual([], self.posts(self.server_id))


class TestHandsOff(OthersTestCase):
    """What is there when the call starts is not what is asked for (P5)."""

    def assert_fails_and_leaves(self, asked_for, status, host):
        self.assertIs(False, self.call(self.server_id, asked_for))
        self.assert_left_alone(status, host)
        self.assertEqual([], self.posts(self.server_id))

    def assert_a_persons(self):
        person = self.cloud.admins_session.get_user_id()
        record, = self.cloud.migrations(self.server_id)
        self.assertIn('user %s requested migration %s, and is to confirm it' %
                      (person, record['id']), self.last_line('ERROR'))

    def test_a_persons_migration_to_the_same_host_waiting(self):
        self.begin()
        self.wait_for('VERIFY_RESIZE')
        self.assert_fails_and_leaves(self.destination, 'VERIFY_RESIZE',
                                     self.destination)
        self.assert_a_persons()

    def test_a_persons_migration_waiting_and_no_host_asked_for(self):
        self.begin()
        self.wait_for('VERIFY_RESIZE')
        self.assert_fails_and_leaves(None, 'VERIFY_RESIZE', self.destination)
        self.assert_a_persons()

    def test_a_persons_migration_to_the_same_host_under_way(self):
        self.hold(self.source, 'migrate_disk_and_power_off')
        self.begin()
        self.cloud.wait_for_task(self.server_id, 'resize_migrating')
        self.assert_fails_and_leaves(self.destination, 'RESIZE', self.source)
        self.assert_a_persons()

    def test_a_persons_migration_that_the_person_confirms(self):
        self.hold(self.source, 'confirm_migration')
        self.begin()
        self.wait_for('VERIFY_RESIZE')
        self.confirm()
        verdict = self.start(self.calling(self.server_id, self.destination))
        self.wait_for_line('adopting')
        self.cloud.clear_fault(self.source, 'confirm_migration')
        self.assertIs(True, verdict())
        self.assert_moved(self.server_id, self.destination)
        self.assertEqual([], self.posts(self.server_id))

    def test_resize_waiting(self):
        self.resize()
        self.wait_for('VERIFY_RESIZE')
        host = self.cloud.host(self.server_id)
        # Even where it went to the host that is asked for.
        self.assert_fails_and_leaves(host, 'VERIFY_RESIZE', host)

    def test_resize_waiting_and_no_host_asked_for(self):
        self.resize()
        self.wait_for('VERIFY_RESIZE')
        self.assert_fails_and_leaves(None, 'VERIFY_RESIZE',
                                     self.cloud.host(self.server_id))

    def test_resize_under_way(self):
        self.hold(self.source, 'migrate_disk_and_power_off')
        self.resize()
        self.cloud.wait_for_task(self.server_id, 'resize_migrating')
        self.assert_fails_and_leaves(None, 'RESIZE', self.source)

    def test_resize_being_reverted(self):
        self.resize()
        self.wait_for('VERIFY_RESIZE')
        destination = self.cloud.host(self.server_id)
        self.hold(self.source, 'finish_revert_migration')
        self.cloud.owner.servers.revert_resize(self.server_id)
        waiting.wait_until(
            lambda: self.cloud.host(self.server_id) == self.source,
            'the source is at work')
        self.assert_fails_and_leaves(destination, 'REVERT_RESIZE',
                                     self.source)

    def test_migration_to_another_host_waiting(self):
        self.begin()
        self.wait_for('VERIFY_RESIZE')
        self.assert_fails_and_leaves(self.third_host, 'VERIFY_RESIZE',
                                     self.destination)

    def test_migration_to_another_host_under_way(self):
        self.hold(self.source, 'migrate_disk_and_power_off')
        self.begin()
        self.cloud.wait_for_task(self.server_id, 'resize_migrating')
        self.assert_fails_and_leaves(self.third_host, 'RESIZE', self.source)
