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

"""A host fails or dies half-way, and may come back: the verdict is true.

What a dying host was doing never goes on; what it was sent waits for it.
"""

import testtools

from lab.functional import base
from lab.support import waiting

# Seconds, in the tests that reach it.
CONFIRM_LIMIT = 2


class HalfWayTestCase(base.OneServerTestCase):

    def die(self, host):
        """Let a host die, and tell Nova."""
        self.kill(host)
        self.set_down(host)

    def come_back(self, host):
        self.cloud.set_down(host, False)
        self.cloud.revive_host(host)

    def migrate_while_source_works(self, act):
        return self.migrate_while(
            self.source, 'migrate_disk_and_power_off', 'resize_migrating', act)

    def migrate_while_destination_works(self, act):
        return self.migrate_while(
            self.destination, 'finish_migration', 'resize_finish', act)

    def assert_posted(self, *posts):
        self.assertEqual(list(posts), self.posts(self.server_id))

    def assert_out_of_time(self, limit, *seen):
        """Check that the ERROR line has what is there, and what to do."""
        record, = self.cloud.migrations(self.server_id)
        self.assert_explained(
            self.server_id, 'time limit of %s s exceeded' % limit,
            'still working on it', 'migration %s ' % record['id'], 'req-',
            *seen)
        self.assert_same_ports(self.server_id)

    def assert_out_of_time_to_move(self, *seen):
        self.assert_out_of_time(
            base.WORK_LIMIT,
            'openstack server resize confirm %s' % self.server_id, *seen)


class TestSourceDies(HalfWayTestCase):

    def test_at_work(self):
        with self.limited(base.WORK_LIMIT):
            self.assertIs(False, self.migrate_while_source_works(
                lambda: self.die(self.source)))
        self.assert_out_of_time_to_move(
            'RESIZE, task_state resize_migrating, on host ' + self.source)
        self.assert_posted(('migrate', 202))
        # A compute service takes back what it was doing when it died.
        self.come_back(self.source)
        self.cloud.wait_for(self.server_id, 'ACTIVE')
        self.assertEqual(self.source, self.cloud.host(self.server_id))
        self.assertIs(True, self.migrate(self.server_id, self.destination))
        self.assertEqual(self.destination, self.cloud.host(self.server_id))
        self.assert_posted(('migrate', 202), ('migrate', 202),
                           ('confirmResize', 204))
        # It never updates the record of what it took back.
        self.assertEqual(['migrating', 'confirmed'], [
            record['status']
            for record in self.cloud.migrations(self.server_id)])
        self.assert_same_ports(self.server_id)

    def test_at_work_and_comes_back_in_time(self):
        def die_and_come_back():
            self.die(self.source)
            self.come_back(self.source)

        self.assertIs(False,
                      self.migrate_while_source_works(die_and_come_back))
        self.assert_explained(
            self.server_id, 'back where it started (ACTIVE, task_state None, '
            'on host %s)' % self.source, 'Nova does not say why')
        self.assertLess(self.seconds, base.SOON)
        self.assert_posted(('migrate', 202))
        self.assert_same_ports(self.server_id)

    def test_before_it_is_asked(self):
        """What waits in the host's queue may put it into ERROR."""
        self.kill(self.source)
        verdict = self.start_migrating()
        self.cloud.wait_for_task(self.server_id, 'resize_prep')
        self.cloud.revive_host(self.source)
        self.assertIs(False, verdict())
        self.assertRegex(self.assert_explained(self.server_id),
                         'back where it started|is in ERROR')
        self.assert_posted(('migrate', 202))

    def test_before_it_confirms(self):
        with self.limited(end=CONFIRM_LIMIT):
            self.assertIs(False, self.migrate_while_destination_works(
                lambda: self.kill(self.source)))
        self.assert_out_of_time(
            CONFIRM_LIMIT, 'VERIFY_RESIZE',
            'host %s has yet to confirm' % self.source)
        record, = self.cloud.migrations(self.server_id)
        self.assertEqual('confirming', record['status'])
        verdict = self.start_migrating()
        self.wait_for_line('adopting')
        self.cloud.revive_host(self.source)
        self.assertIs(True, verdict())
        self.assert_moved_by_one_migration()

    @testtools.skipIf(base.NOVA_RELEASE < 21, 'Nova 20 does not care')
    def test_known_to_be_down_before_it_confirms(self):
        """Nova doesn't take the confirmation: there is nothing to wait for."""
        self.assertIs(False, self.migrate_while_destination_works(
            lambda: self.die(self.source)))
        self.assert_explained(self.server_id, 'HTTP 409',
                              'Service is unavailable at this time', 'req-')
        self.assertNotIn('something had changed', self.log.output)
        self.assertLess(self.seconds, base.SOON)
        self.assertEqual('VERIFY_RESIZE',
                         self.cloud.show(self.server_id)['status'])

    @testtools.skipIf(base.NOVA_RELEASE < 21, 'Nova 20 does not care')
    def test_next_call_confirms_when_it_is_back(self):
        self.migrate_while_destination_works(lambda: self.die(self.source))
        self.assert_posted(('migrate', 202), ('confirmResize', 409))
        self.come_back(self.source)
        self.assertIs(True, self.migrate(self.server_id, self.destination))
        self.assert_moved(self.server_id, self.destination)
        self.assert_posted(('migrate', 202), ('confirmResize', 409),
                           ('confirmResize', 204))


class TestDestinationDies(HalfWayTestCase):

    def test_at_work(self):
        with self.limited(base.WORK_LIMIT):
            self.assertIs(False, self.migrate_while_destination_works(
                lambda: self.die(self.destination)))
        seen = 'RESIZE, task_state resize_finish, on host ' + self.destination
        self.assert_out_of_time_to_move(seen)
        # Nova leaves it at that even when the host is back.
        self.come_back(self.destination)
        with self.limited(base.WORK_LIMIT):
            self.assertIs(False,
                          self.migrate(self.server_id, self.destination))
        self.assertIn('adopting', self.log.output)
        self.assertIn(seen, self.last_line('ERROR'))
        self.assert_posted(('migrate', 202))

    def test_before_it_is_asked(self):
        self.kill(self.destination)
        with self.limited(base.WORK_LIMIT):
            self.assertIs(False,
                          self.migrate(self.server_id, self.destination))
        self.assert_out_of_time_to_move('resize_prep')
        self.cloud.revive_host(self.destination)
        self.assertIs(True, self.migrate(self.server_id, self.destination))
        self.assertIn('adopting', self.log.output)
        self.assert_moved(self.server_id, self.destination)
        self.assert_posted(('migrate', 202), ('confirmResize', 204))

    def test_while_the_source_works(self):
        with self.limited(base.WORK_LIMIT):
            self.assertIs(False, self.migrate_while_source_works(
                lambda: self.kill(self.destination)))
        self.assert_out_of_time_to_move('RESIZE')
        self.cloud.revive_host(self.destination)
        self.assertIs(True, self.migrate(self.server_id, self.destination))
        self.assertIn('adopting', self.log.output)
        self.assert_moved(self.server_id, self.destination)
        self.assert_posted(('migrate', 202), ('confirmResize', 204))

    def test_before_the_confirmation(self):
        """Nova confirms on the source: the server has moved, to a dead host.

        How the dead host's servers are rescued is not Watcher's to decide.
        """
        self.break_replies(self.server_id, method='POST',
                           action='confirmResize', status=503, times=None)
        verdict = self.start_migrating()
        self.cloud.wait_for(self.server_id, 'VERIFY_RESIZE')
        self.die(self.destination)
        self.cloud.fix_replies()
        self.assertIs(True, verdict())
        self.assert_moved(self.server_id, self.destination)


class TestRecordSaysError(HalfWayTestCase):
    """A record of a migration that goes on says "error" for a while.

    What a host was at when it died, and took back, is recorded for good as
    "migrating", and as the server's own, until a host claims the next
    migration. Until then, a host that goes through its servers takes that next
    one for stale.
    """

    def setUp(self):
        super().setUp()
        self.hold(self.source, 'migrate_disk_and_power_off')
        self.cloud.admin.servers.migrate(self.server_id, host=self.third_host)
        self.cloud.wait_for_task(self.server_id, 'resize_migrating')
        self.die(self.source)
        self.come_back(self.source)
        self.cloud.wait_for(self.server_id, 'ACTIVE')
        self.assertEqual('migrating', self.record()['status'])
        self.kill(self.destination)
        self.verdict = self.start_migrating()
        waiting.wait_until(
            lambda: self.record()['status'] == 'pre-migrating', 'a record')
        self.cloud.audit(self.source)
        self.assertEqual('error', self.record()['status'])

    def record(self):
        return self.cloud.migrations(self.server_id)[-1]

    def assert_goes_on(self, *verdicts):
        self.cloud.revive_host(self.destination)
        for verdict in verdicts:
            self.assertIs(True, verdict())
        self.assert_sits_on(self.server_id, self.destination)
        self.assertEqual('confirmed', self.record()['status'])
        self.assert_posted(('migrate', 202), ('confirmResize', 204))

    def test_followed(self):
        self.assert_goes_on(self.verdict)

    def test_found(self):
        """Another call, which has nothing but the record to go by."""
        seen = len(self.cloud.requests())
        again = self.start(self.calling(self.server_id, self.destination))
        waiting.wait_until(
            lambda: any(request['is_watchers'] and
                        'os-migrations' in request['path']
                        for request in self.cloud.requests()[seen:]),
            'Watcher has read the record')
        self.assert_goes_on(self.verdict, again)


class TestConfirmationFails(HalfWayTestCase):

    def test_on_the_source(self):
        self.set_fault(self.source, 'confirm_migration', 'fail',
                       message='disk\nis stuck')
        self.assertIs(False, self.migrate(self.server_id, self.destination))
        self.assertLess(self.seconds, base.SOON)
        self.assert_explained(
            self.server_id, 'in ERROR (ERROR, task_state None, on host %s): '
            'disk is stuck' % self.destination, 'req-')
        record, = self.cloud.migrations(self.server_id)
        self.assertEqual('error', record['status'])
        self.assert_posted(('migrate', 202), ('confirmResize', 204))
        self.assert_same_ports(self.server_id)
