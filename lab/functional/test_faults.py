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

"""Transient errors are no verdict, lost replies no second request (P3, P4).

Each kind of fault happens to each kind of request: once, several times, and
for longer than the time limit.
"""

import testscenarios
import testtools

from lab.functional import base

# So that the scenarios are shared out among the workers.
load_tests = testscenarios.load_tests_apply_scenarios

# What comes instead of a reply, where Nova does not get the request.
BEFORE = [
    ('cut_before', {}),
    ('429', {'status': 429}),
    ('429_retry_after', {'status': 429, 'headers': {'Retry-After': '1'}}),
    ('500', {'status': 500}),
    ('503', {'status': 503}),
    ('503_retry_after', {'status': 503, 'headers': {'Retry-After': '1'}}),
    ('page', {'status': 404, 'body': 'default backend - 404'}),
]
# The same where Nova gets it.
AFTER = [
    ('cut_after', {'reaches_nova': True}),
    ('502_after', {'status': 502, 'reaches_nova': True}),
    ('504_after', {'status': 504, 'reaches_nova': True}),
    ('garbage', {'status': 200, 'body': 'garbage', 'reaches_nova': True}),
]
# A reply that takes longer than the pause between two looks.
SLOW = [('slow', {'delay': 3 * base.INTERVAL, 'reaches_nova': True})]

LOOK = ('look', {'method': 'GET'})
MIGRATE = ('migrate', {'method': 'POST', 'action': 'migrate'})
CONFIRM = ('confirm', {'method': 'POST', 'action': 'confirmResize'})

# Seconds, for the tests that reach the time limits.
SHORT_LIMIT = 2.0


def as_scenarios(name, pairs):
    return [(pair[0], {name: pair[1]}) for pair in pairs]


class FaultTestCase(base.OneServerTestCase):

    def limited_time(self, seconds=SHORT_LIMIT, move=True):
        """Limit the time of the calls in the block.

        :param move: whether to limit the move, and not its end alone
        """
        self.limit = seconds
        return self.limited(seconds if move else None, seconds)

    def call_it(self):
        return self.call(self.server_id, self.destination)

    def assert_no_reply(self, *words):
        self.assert_explained(
            self.server_id, 'time limit of %s s exceeded' % self.limit,
            'no reply from Nova', *words)
        # The last request, and the look-ups that explain, may take a second.
        self.assertLess(self.seconds, 3 * self.limit + 3)


class TestTransientError(FaultTestCase):

    scenarios = testscenarios.multiply_scenarios(
        as_scenarios('fault', BEFORE + AFTER + SLOW),
        as_scenarios('request', [LOOK, MIGRATE, CONFIRM]),
        [('once', {'times': 1}), ('thrice', {'times': 3})])

    def test_is_retried(self):
        self.break_replies(self.server_id, times=self.times,
                           **self.request, **self.fault)
        self.assertIs(True, self.call_it())
        self.assert_moved_by_one_migration()
        self.assertEqual([], self.lines('ERROR'))
        # The body of the reply to a post is not read.
        self.assertLessEqual(len(self.lines('WARNING')), 1)


class TestHangs(FaultTestCase):
    """One request gets no reply: there is time left to retry it."""

    scenarios = as_scenarios('request', [LOOK, MIGRATE, CONFIRM])

    def test_is_retried(self):
        self.break_replies(self.server_id, times=1, delay=30, **self.request)
        with self.limited_time(2 * base.WORK_LIMIT):
            self.assertIs(True, self.call_it())
        self.assert_moved_by_one_migration()


class TestLastingFault(FaultTestCase):
    """For longer than the time limit; the next call succeeds."""

    scenarios = testscenarios.multiply_scenarios(
        as_scenarios('fault', BEFORE),
        as_scenarios('request', [LOOK, MIGRATE, CONFIRM])
    ) + testscenarios.multiply_scenarios(
        as_scenarios('fault', AFTER), as_scenarios('request', [LOOK]))

    def test_fails_and_next_call_succeeds(self):
        self.break_replies(self.server_id, times=None,
                           **self.request, **self.fault)
        # The move takes longer than that on a slow Nova.
        with self.limited_time(move=self.request is not CONFIRM[1]):
            self.assertIs(False, self.call_it())
        self.assert_no_reply()
        self.cloud.fix_replies()
        self.assertIs(True, self.call_it())
        self.assert_moved_by_one_migration()


class TestFaultOfALookUp(FaultTestCase):
    """Of the migration records, or of Nova's reason for giving up."""

    scenarios = as_scenarios('fault', BEFORE + AFTER + SLOW)

    def break_look_ups(self, path, times=1):
        self.break_replies(path, times=times, **self.fault)

    def test_adopted_despite_it(self):
        self.cloud.applier.servers.migrate(self.server_id,
                                           host=self.destination)
        self.cloud.wait_for(self.server_id, 'VERIFY_RESIZE')
        self.break_look_ups('os-migrations', times=2)
        self.assertIs(True, self.call_it())
        self.assert_moved(self.server_id, self.destination)
        self.assertEqual([('confirmResize', 204)], self.posts(self.server_id))

    def test_explained_despite_it(self):
        self.disable(self.destination)
        self.break_look_ups(self.server_id + '/os-instance-actions')
        self.assertIs(False, self.call_it())
        self.assert_explained(self.server_id, base.NO_VALID_HOST)


class TestNobodyExplains(FaultTestCase):

    @testtools.skipIf(base.NOVA_RELEASE < 21, 'Nova 20 refuses it at once')
    def test_gives_up_soon(self):
        self.disable(self.destination)
        self.break_replies(self.server_id + '/os-instance-actions',
                           status=503, times=None)
        self.assertIs(False, self.call_it())
        self.assertLess(self.seconds, 5)
        self.assert_explained(self.server_id, 'back where it started',
                              'Nova does not say why')


class LostForLongTestCase(FaultTestCase):

    def lose_request(self, **options):
        self.break_replies(self.server_id, method='POST', action='migrate',
                           status=504, **options)

    def lose_reply_to_migrate(self):
        self.lose_request(reaches_nova=True)


class TestLostForLong(LostForLongTestCase):
    """A reply is lost, and nothing can be seen for a while."""

    def lose_replies(self, times):
        self.lose_reply_to_migrate()
        self.break_replies(self.server_id, after=1, status=503, times=times)

    def test_next_call_takes_up_what_this_one_lost(self):
        self.lose_replies(times=None)
        with self.limited_time():
            self.assertIs(False, self.call_it())
        self.assert_no_reply('is unknown')
        self.cloud.fix_replies()
        self.cloud.wait_for(self.server_id, 'VERIFY_RESIZE')
        self.assertIs(True, self.call_it())
        self.assert_moved_by_one_migration()

    def test_given_up_meanwhile(self):
        """Nova took the request and gave it up: it is not repeated."""
        self.disable(self.destination)
        self.lose_replies(times=3)
        self.assertIs(False, self.call_it())
        self.assert_explained(self.server_id, base.NO_VALID_HOST)
        self.assertEqual([('migrate', base.NO_VALID_HOST_STATUS)],
                         self.posts(self.server_id))

    def test_given_up_in_the_second_of_the_last_change(self):
        """Mostly, so that Nova shows the server as it was before."""
        self.cloud.admin.servers.reset_state(self.server_id, 'active')
        self.test_given_up_meanwhile()

    def test_moved_and_confirmed_meanwhile(self):
        self.lose_replies(times=None)
        verdict = self.start(self.calling(self.server_id, self.destination))
        self.cloud.wait_for(self.server_id, 'VERIFY_RESIZE')
        self.cloud.admin.servers.confirm_resize(self.server_id)
        self.cloud.wait_for(self.server_id, 'ACTIVE')
        self.cloud.fix_replies()
        self.assertIs(True, verdict())
        self.assert_moved_by_one_migration()

    def assert_within_the_limit(self, **slow):
        self.break_replies(self.server_id, times=None, **slow)
        with self.limited_time():
            self.assertIs(False, self.call_it())
        self.assert_no_reply()
        self.assertEqual([], self.posts(self.server_id))

    def test_slow_replies_are_within_the_limit(self):
        self.assert_within_the_limit(delay=30)

    def test_trickling_replies_are_within_the_limit(self):
        # Some 2,000 bytes.
        self.assert_within_the_limit(trickle=0.015, reaches_nova=True)


class TestSlowRequest(FaultTestCase):
    """Nova replies to the request after the time limit, as Nova 20 may."""

    def call_slowly(self):
        self.break_replies(self.server_id, method='POST', action='migrate',
                           reaches_nova=True, delay=30)
        with self.limited_time(base.WORK_LIMIT):
            return self.call_it()

    def test_and_it_has_moved(self):
        self.assertIs(True, self.call_slowly())
        self.assert_moved_by_one_migration()

    def test_and_nova_is_at_it(self):
        self.hold(self.source, 'migrate_disk_and_power_off')
        self.assertIs(False, self.call_slowly())
        record, = self.cloud.migrations(self.server_id)
        self.assert_explained(
            self.server_id, 'time limit of %s s exceeded; Nova is still '
            'working on it (RESIZE, task_state resize_migrating' % self.limit,
            'confirm migration %s with' % record['id'],
            'openstack server resize confirm %s' % self.server_id)
        self.cloud.clear_fault(self.source, 'migrate_disk_and_power_off')
        self.assertIs(True, self.call_it())
        self.assert_moved_by_one_migration()


class TestLostAndNotShown(LostForLongTestCase):
    """The same, and Nova's policy does not show the migration records."""

    scenarios = [
        (rule, {'rule': 'os_compute_api:os-migrations:' + rule})
        for rule in ('index', 'index:all_projects')]

    def setUp(self):
        super().setUp()
        self.forbid(self.rule)

    def call_while_blind(self, act):
        """Act after the request, before Watcher looks; gives the verdict."""
        self.break_replies(self.server_id, after=1, hold=True)
        verdict = self.start(self.calling(self.server_id, self.destination))
        self.wait_for_held_request(self.server_id)
        act()
        self.cloud.fix_replies()
        return verdict()

    def wait_until_it_waits(self):
        self.cloud.wait_for(self.server_id, 'VERIFY_RESIZE')

    def confirm(self):
        self.wait_until_it_waits()
        self.cloud.admin.servers.confirm_resize(self.server_id)
        self.cloud.wait_for(self.server_id, 'ACTIVE')

    def assert_moved_by_one_migration(self):
        # The administrator may not see them either.
        self.cloud.permit(self.rule)
        super().assert_moved_by_one_migration()

    def assert_not_known(self):
        self.assert_explained(
            self.server_id, 'whether Nova has begun is unknown (ACTIVE',
            'on host ' + self.source)

    def test_under_way(self):
        self.lose_reply_to_migrate()
        self.hold(self.source, 'migrate_disk_and_power_off')
        verdict = self.start(self.calling(self.server_id, self.destination))
        self.wait_for_line('adopting')
        self.cloud.clear_fault(self.source, 'migrate_disk_and_power_off')
        self.assertIs(True, verdict())
        self.assert_moved_by_one_migration()

    def test_moved_meanwhile(self):
        self.lose_reply_to_migrate()
        self.assertIs(True, self.call_while_blind(self.wait_until_it_waits))
        self.assert_moved_by_one_migration()

    def test_moved_and_confirmed_meanwhile(self):
        self.lose_reply_to_migrate()
        self.assertIs(True, self.call_while_blind(self.confirm))
        self.assert_moved_by_one_migration()

    def test_given_up_meanwhile(self):
        self.disable(self.destination)
        self.lose_reply_to_migrate()
        self.assertIs(False, self.call_while_blind(
            lambda: self.cloud.wait_for(self.server_id, 'ACTIVE')))
        self.assert_not_known()
        self.assertEqual([('migrate', base.NO_VALID_HOST_STATUS)],
                         self.posts(self.server_id))

    def test_request_lost(self):
        self.lose_request()
        self.assertIs(False, self.call_it())
        self.assert_not_known()
        self.assertLess(self.seconds, base.SOON)
        self.assertEqual([('migrate', None)], self.posts(self.server_id))
        self.assertIs(True, self.call_it())
        self.assert_moved_by_one_migration()

    def test_an_administrator_moves_it_elsewhere(self):
        def move():
            self.cloud.admin.servers.migrate(self.server_id,
                                             host=self.third_host)
            self.wait_until_it_waits()

        self.lose_request()
        self.assertIs(False, self.call_while_blind(move))
        self.assert_explained(self.server_id, 'left alone')
        self.assertEqual([('migrate', None)], self.posts(self.server_id))


class TestHostsAreNotShown(FaultTestCase):
    """Nova's policy shows the migration records without their hosts."""

    def setUp(self):
        super().setUp()
        self.forbid('os_compute_api:os-migrations:index:host')

    def test_fault_of_a_look(self):
        self.break_replies(self.server_id, after=1, status=503)
        self.assertIs(True, self.call_it())
        self.assertEqual(1, len(self.lines('WARNING')))
        self.assert_moved_by_one_migration()

    def test_what_waits_is_left_alone(self):
        self.cloud.admin.servers.migrate(self.server_id,
                                         host=self.destination)
        self.cloud.wait_for(self.server_id, 'VERIFY_RESIZE')
        for asked_for in (self.destination, None):
            self.assertIs(False, self.call(self.server_id, asked_for))
        self.assertEqual(2, self.log.output.count('left alone'))
        self.assertEqual([], self.posts(self.server_id))


class TestCellIsDown(FaultTestCase):
    """Nova's API does not reach the database that has the server.

    It replies with an error, and since 2.69 with half of the server.
    """

    scenarios = [(version, {'version': version})
                 for version in ('2.56', '2.69')]

    def test_is_retried(self):
        self.configure(nova_client={'api_version': self.version},
                       nova={'api_version': self.version})
        self.hold(self.source, 'migrate_disk_and_power_off')
        verdict = self.start(self.calling(self.server_id, self.destination))
        self.cloud.wait_for_task(self.server_id, 'resize_migrating')
        self.cloud.break_cell()
        self.addCleanup(self.cloud.fix_cell)
        self.wait_for_line('failed, retrying')
        self.cloud.fix_cell()
        self.cloud.clear_fault(self.source, 'migrate_disk_and_power_off')
        self.assertIs(True, verdict())
        self.assert_moved_by_one_migration()


class TestConnectionRefused(FaultTestCase):

    def while_refused(self, verdict):
        """Wait until Watcher has met it, and accept again."""
        self.wait_for_refusal()
        self.cloud.accept_connections()
        self.assertIs(True, verdict())
        self.assert_moved_by_one_migration()
        self.assertEqual(1, len(self.lines('WARNING')))

    def start_call(self):
        return self.start(self.calling(self.server_id, self.destination))

    def refuse_after_held_look(self):
        """Let Watcher see what is there, and nothing from then on."""
        self.wait_for_held_request(self.server_id)
        self.refuse_connections()
        self.cloud.fix_replies()

    def test_before_the_first_look(self):
        self.refuse_connections()
        self.while_refused(self.start_call())

    def test_before_it_asks(self):
        self.hold_requests(self.server_id)
        verdict = self.start_call()
        self.refuse_after_held_look()
        self.while_refused(verdict)

    def test_while_it_moves(self):
        self.hold(self.source, 'migrate_disk_and_power_off')
        verdict = self.start_call()
        self.cloud.wait_for_task(self.server_id, 'resize_migrating')
        self.refuse_connections()
        self.wait_for_refusal()
        self.cloud.clear_fault(self.source, 'migrate_disk_and_power_off')
        self.while_refused(verdict)

    def test_before_it_confirms(self):
        self.hold(self.destination, 'finish_migration')
        verdict = self.start_call()
        self.cloud.wait_for_task(self.server_id, 'resize_finish')
        self.hold_requests(self.server_id)
        self.wait_for_held_request(self.server_id)
        self.cloud.clear_fault(self.destination, 'finish_migration')
        self.cloud.wait_for(self.server_id, 'VERIFY_RESIZE')
        self.refuse_after_held_look()
        self.while_refused(verdict)

    def test_for_longer_than_the_limit(self):
        self.hold(self.source, 'migrate_disk_and_power_off')
        with self.limited_time(base.WORK_LIMIT):
            verdict = self.start_call()
            self.cloud.wait_for_task(self.server_id, 'resize_migrating')
            self.refuse_connections()
            self.cloud.clear_fault(self.source, 'migrate_disk_and_power_off')
            self.assertIs(False, verdict())
        self.assert_no_reply('still working on it')
        self.cloud.accept_connections()
        self.assertIs(True, self.call_it())
        self.assert_moved_by_one_migration()
