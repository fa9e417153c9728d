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

from unittest import mock

import fixtures
from oslotest import base

from watcher.common.cold_migration import exceptions
from watcher.common.cold_migration import migration
from watcher.common.cold_migration import server
from watcher.common.cold_migration import states
from watcher.common.cold_migration import waiting

REQUEST = 'req-1'
BY_HAND = 'openstack server resize confirm uuid'


def view(status, task_state=None, host='a', fault=None):
    return states.View(status, task_state, host, fault)


RECORD = states.Record(12, 'migration', 'finished', 'a', 'b',
                       '2026-11-22T10:18:36.552105')
LOST = exceptions.Unavailable('reset')
NO_ACCESS = exceptions.NoAccess('wrong password')
AT_REST = view('ACTIVE')._replace(updated='2026-11-22T10:18:00Z')
PREPARING = view('RESIZE', 'resize_prep')
WAITING = view('VERIFY_RESIZE', host='b')
MOVED = view('ACTIVE', host='b')


class TestColdMigration(base.BaseTestCase):

    def setUp(self):
        super().setUp()
        self.sleep = self.useFixture(
            fixtures.MockPatchObject(waiting.time, 'sleep')).mock
        self.log = self.useFixture(fixtures.FakeLogger(
            name='watcher.common.cold_migration',
            format='%(levelname)s %(message)s'))
        self.server = mock.create_autospec(server.Server, instance=True)
        self.server.id = 'uuid'
        self.server.migrate.return_value = REQUEST
        self.server.migrations.return_value = []
        self.server.what_went_wrong.return_value = ''

    def migrate(self, *views, wanted='b', limit=20, interval=5, pace=None):
        self.server.look.side_effect = views
        return migration.ColdMigration(
            self.server, wanted, waiting.TimeLimit(limit, interval, pace),
            lambda cold_migration, status: cold_migration.confirm()).run()

    def lines(self, level):
        return [line for line in self.log.output.splitlines()
                if line.startswith(level)]

    def assert_fails(self, why, *views, **options):
        """The verdict is False, and its one ERROR line has these words."""
        self.assertIs(False, self.migrate(*views, **options))
        error, = self.lines('ERROR')
        for words in ('server uuid', 'from a to', why):
            self.assertIn(words, error)
        return error

    def assert_asked(self, *names):
        """These, and nothing else, were posted."""
        posts = [call[0] for call in self.server.method_calls
                 if call[0] in ('migrate', 'confirm', 'revert')]
        self.assertEqual(list(names), posts)

    def test_running_server(self):
        self.assertIs(True, self.migrate(AT_REST, PREPARING, WAITING, MOVED))
        self.server.migrate.assert_called_once_with('b')
        self.assert_asked('migrate', 'confirm')
        self.assertEqual([], self.lines('ERROR'))

    def test_stopped_server(self):
        self.assertIs(True, self.migrate(
            view('SHUTOFF'), WAITING, view('SHUTOFF', host='b')))

    def test_host_of_the_schedulers_choice(self):
        self.assertIs(True, self.migrate(AT_REST, WAITING, MOVED, wanted=None))
        self.server.migrate.assert_called_once_with(None)

    def test_confirmed_by_the_caller(self):
        self.server.look.side_effect = [AT_REST, WAITING]
        confirm = mock.Mock()
        cold_migration = migration.ColdMigration(
            self.server, 'b', waiting.TimeLimit(20, 5), confirm)
        self.assertIs(True, cold_migration.run())
        confirm.assert_called_once_with(cold_migration, 'ACTIVE')
        self.assert_asked('migrate')

    def paused(self):
        return [call[0][0] for call in self.sleep.call_args_list]

    def test_no_call_too_many(self):
        """Nothing is looked up that the circumstances do not call for."""
        self.migrate(AT_REST, PREPARING, WAITING, MOVED)
        self.assertEqual(
            ['look', 'migrate', 'look', 'look', 'confirm', 'look'],
            [call[0] for call in self.server.method_calls
             if call[0] != 'allow'])

    def test_pauses_at_a_pace_while_there_is_progress(self):
        self.migrate(AT_REST, PREPARING, PREPARING, WAITING, WAITING, MOVED,
                     pace=lambda spent: 1)
        self.assertEqual([1, 1, 1, 1, 1], self.paused())

    def test_pauses_for_an_interval_where_there_is_none(self):
        nothing = view('MIGRATING')
        self.migrate(AT_REST, nothing, PREPARING, nothing, WAITING, MOVED,
                     pace=lambda spent: 1)
        self.assertEqual([1, 5, 1, 5, 1], self.paused())

    def test_looks_at_once_at_what_was_under_way_before(self):
        """As Watcher's own tests want it."""
        nothing = view('MIGRATING')
        self.migrate(nothing, WAITING, MOVED, pace=lambda spent: 1)
        self.assertEqual([1], self.paused())

    def test_pace_begins_again_with_the_confirmation(self):
        self.migrate(AT_REST, PREPARING, WAITING, WAITING, MOVED,
                     pace=lambda spent: 1 + spent // 1)
        self.assertEqual([1, 2, 1, 2], self.paused())

    def test_pauses_for_an_interval_after_a_fault(self):
        self.server.migrations.return_value = [RECORD]
        self.migrate(AT_REST, PREPARING, LOST, WAITING, MOVED,
                     pace=lambda spent: 1)
        self.assertEqual([1, 1, 5, 1], self.paused())

    def test_lines_of_a_success(self):
        self.migrate(AT_REST, PREPARING, PREPARING, WAITING, WAITING, MOVED)
        asked, preparing, waiting_, moved, success = self.lines('INFO')
        self.assertIn('from a to b', asked)
        self.assertIn(REQUEST, asked)
        self.assertIn(BY_HAND, asked)
        self.assertIn('RESIZE, task_state resize_prep, on host a', preparing)
        self.assertIn('VERIFY_RESIZE', waiting_)
        self.assertIn('ACTIVE', moved)
        self.assertIn('from a to b succeeded after', success)

    def test_already_there(self):
        self.assertIs(True, self.migrate(AT_REST, wanted='a'))
        self.assert_asked()
        line, = self.lines('INFO')
        self.assertIn('already', line)

    def test_already_there_but_busy(self):
        busy = view('ACTIVE', 'powering-off')
        self.assertIs(True, self.migrate(busy, busy, view('SHUTOFF'),
                                         wanted='a'))
        self.assertEqual(2, self.sleep.call_count)
        self.assert_asked()

    def test_already_there_but_busy_for_long(self):
        busy = view('ACTIVE', 'image_uploading')
        self.assertIs(True, self.migrate(*[busy] * 5, wanted='a'))
        self.assert_asked()

    def test_already_there_but_leaving(self):
        self.server.migrations.return_value = [
            RECORD._replace(type='resize', status='migrating')]
        self.assert_fails('left alone', view('ACTIVE', 'rebooting'), PREPARING,
                          wanted='a')
        self.assert_asked()

    def test_something_else_is_being_done(self):
        self.server.migrations.return_value = [RECORD._replace(type='resize')]
        for seen in (view('VERIFY_RESIZE'), PREPARING,
                     view('REVERT_RESIZE', 'resize_reverting')):
            self.assertIs(False, self.migrate(seen))
            self.assertIn('left alone (%s)' % (seen,), self.log.output)
        self.assert_asked()

    def test_host_is_not_shown(self):
        for status in ('ACTIVE', 'RESIZE', 'VERIFY_RESIZE', 'ERROR'):
            self.server.reset_mock()
            seen = view(status, host=None)._replace(is_host_shown=False)
            self.assertIs(False, self.migrate(seen))
            self.assertEqual(['allow', 'look'],
                             [call[0] for call in self.server.method_calls])
        for error in self.lines('ERROR'):
            self.assertIn('Nova does not show which host', error)
        self.assertEqual(4, len(self.lines('ERROR')))

    def test_host_is_not_shown_any_more(self):
        hidden = WAITING._replace(host=None, is_host_shown=False)
        error = self.assert_fails('does not show', AT_REST, PREPARING, hidden)
        self.assertIn('openstack server resize confirm uuid', error)
        self.assert_asked('migrate')

    def test_no_such_server(self):
        self.assertIs(False, self.migrate(None))
        self.assertIn('Nova knows no such server', self.log.output)
        self.assert_asked()

    def test_refused(self):
        self.server.migrate.side_effect = exceptions.Refused(
            'Compute host b could not be found.', 400, 'req-2')
        error = self.assert_fails(
            'HTTP 400: Compute host b could not be found.', AT_REST, AT_REST)
        self.assertIn('req-2', error)

    def test_soft_deleted(self):
        self.assert_fails('deleted (SOFT_DELETED', view('SOFT_DELETED'))
        self.assert_asked()

    def test_deleted_at_the_same_time(self):
        self.refuse(404)
        self.assert_fails('deleted', AT_REST, None)

    def test_look_refused(self):
        self.assertIs(False, self.migrate(
            exceptions.Refused('no', 403, 'req-2')))
        self.assertIn('HTTP 403: no', self.log.output)

    def refuse(self, code=409):
        self.server.migrate.side_effect = exceptions.Refused(
            'while it is in task_state resize_prep', code, 'req-2')

    def test_refused_and_still_there(self):
        for code in (400, 409):
            self.refuse(code)
            self.assertIs(False, self.migrate(AT_REST, AT_REST))
        self.assertEqual(2, self.log.output.count('task_state resize_prep'))

    def test_refused_for_good(self):
        self.refuse(403)
        self.assert_fails('HTTP 403', AT_REST)

    def test_somebody_else_asks_at_the_same_time(self):
        self.refuse()
        self.server.migrations.return_value = [RECORD]
        self.assertIs(True, self.migrate(AT_REST, PREPARING, WAITING, WAITING,
                                         MOVED))
        self.assert_asked('migrate', 'confirm')

    def test_somebody_else_asked_and_confirms(self):
        """Nova breaks what two confirm at once: it is left to who asked."""
        self.refuse()
        self.server.migrations.return_value = [RECORD]
        self.assertIs(True, self.migrate(AT_REST, PREPARING, WAITING, MOVED))
        self.assert_asked('migrate')
        self.sleep.assert_called_once_with(5 + migration.CONFIRM_PAUSE)

    def test_somebody_else_has_moved_it_at_the_same_time(self):
        self.refuse(400)
        self.assertIs(True, self.migrate(AT_REST, MOVED))
        self.assert_asked('migrate')

    def test_somebody_else_does_something_at_the_same_time(self):
        self.refuse()
        self.server.migrations.return_value = [
            RECORD._replace(destination='c')]
        self.assert_fails('left alone', AT_REST, PREPARING)
        self.assertIn('task_state resize_prep', self.log.output)

    def test_given_up_is_seen_at_the_next_look(self):
        self.server.what_went_wrong.return_value = 'No valid\nhost'
        error = self.assert_fails('No valid host', AT_REST, PREPARING,
                                  AT_REST)
        self.server.what_went_wrong.assert_called_once_with(REQUEST)
        self.assertEqual(3, self.server.look.call_count)
        self.assertIn(REQUEST, error)
        self.assert_asked('migrate')

    def test_given_up_for_no_known_reason(self):
        self.assert_fails('Nova does not say why', AT_REST, AT_REST)

    def test_nova_writes_its_words_down_later(self):
        self.server.what_went_wrong.side_effect = [None, 'No valid host']
        self.assert_fails('No valid host', AT_REST, AT_REST)

    def test_nova_never_writes_its_words_down(self):
        self.server.what_went_wrong.return_value = None
        self.assert_fails('Nova does not say why', AT_REST, AT_REST)

    def test_broken(self):
        self.assert_fails('in ERROR (ERROR, task_state None, on host b): '
                          'no such image', AT_REST, PREPARING,
                          view('ERROR', host='b', fault='no such image'))
        self.assert_asked('migrate')

    def test_deleted(self):
        self.assert_fails('deleted', AT_REST, PREPARING, None)

    def test_moved_elsewhere_by_somebody_else(self):
        self.assert_fails('not asked for', AT_REST, PREPARING,
                          view('VERIFY_RESIZE', host='c'))
        self.assert_asked('migrate')

    def test_time_limit(self):
        self.server.migrations.return_value = [RECORD]
        error = self.assert_fails('still at it', *[AT_REST] + [PREPARING] * 5)
        self.assertIn('migration 12', error)
        self.assertIn('openstack server resize confirm uuid', error)
        self.assertEqual([mock.call(5)] * 4, self.sleep.call_args_list)

    def test_time_limit_without_a_record(self):
        self.server.migrations.return_value = []
        self.assert_fails('migration of it', *[AT_REST] + [PREPARING] * 5)

    def test_confirmed_by_somebody_else_before(self):
        self.assertIs(True, self.migrate(AT_REST, PREPARING, MOVED))
        self.assert_asked('migrate')

    def test_somebody_else_confirms_at_the_same_time(self):
        for code in (400, 409):
            self.server.confirm.side_effect = exceptions.Refused(
                'it is confirming', code, 'req-2')
            self.assertIs(True, self.migrate(AT_REST, WAITING, WAITING, MOVED))
        self.assertEqual([], self.lines('ERROR'))

    def refuse_confirmation(self, message, code):
        self.server.confirm.side_effect = exceptions.Refused(
            message, code, 'req-2')

    def test_confirmation_forbidden(self):
        self.refuse_confirmation('Policy does not allow it', 403)
        self.server.migrations.return_value = [RECORD]
        error = self.assert_fails('Policy does not allow it (VERIFY_RESIZE',
                                  AT_REST, WAITING)
        self.assertIn('migration 12', error)
        self.assertIn('openstack server resize confirm uuid', error)

    def test_confirmation_refused_and_nobody_else_confirms(self):
        self.refuse_confirmation('Service is unavailable', 409)
        self.server.migrations.return_value = [RECORD]
        self.assert_fails('HTTP 409: Service is unavailable', AT_REST, WAITING,
                          WAITING)
        self.assertNotIn('faster', self.log.output)

    def test_deleted_before_an_outage(self):
        self.refuse_confirmation('Instance could not be found', 404)
        self.assert_fails('no answer of Nova', AT_REST, WAITING, None,
                          *[LOST] * 99)

    def test_deleted_before_it_is_confirmed(self):
        self.refuse_confirmation('Instance could not be found', 404)
        self.assert_fails('deleted', AT_REST, WAITING, None, None)
        self.assertIn('faster, Nova says: Instance could', self.log.output)

    def test_stopped_by_its_owner_after_the_confirmation(self):
        self.assertIs(True, self.migrate(
            AT_REST, WAITING, view('ACTIVE', 'powering-off', host='b')))

    def test_reverted_by_somebody_else(self):
        self.assert_fails('back where it started', AT_REST, WAITING,
                          view('REVERT_RESIZE', 'resize_reverting', 'b'),
                          AT_REST)

    def test_confirmation_takes_too_long(self):
        self.server.migrations.return_value = [RECORD]
        error = self.assert_fails('time limit of 60 s',
                                  *[AT_REST] + [WAITING] * 62, interval=1)
        self.assertIn('openstack server resize confirm uuid', error)
        self.assertEqual(1 + 60, self.sleep.call_count)

    def test_source_never_confirms(self):
        self.server.migrations.return_value = [
            RECORD._replace(status='confirming')]
        self.assert_fails('host a has yet to confirm migration 12',
                          *[AT_REST] + [WAITING] * 62)

    def test_resized_by_somebody(self):
        resized = WAITING._replace(flavor='large')
        self.assert_fails('left alone', AT_REST, PREPARING, resized)
        self.assert_asked('migrate')

    def ended_on_its_source(self, **record):
        self.server.migrations.return_value = [
            RECORD._replace(**record)]
        return (AT_REST, PREPARING, view('VERIFY_RESIZE'),
                view('REVERT_RESIZE', 'resize_reverting'), AT_REST)

    def test_ended_on_its_source(self):
        views = self.ended_on_its_source(destination='a')
        self.assert_fails('on the host where it started; the server is now '
                          'ACTIVE', *views, wanted=None)
        self.assert_asked('migrate', 'revert')
        self.assertEqual(5, self.server.look.call_count)

    def test_revert_forbidden(self):
        views = self.ended_on_its_source(destination='a')[:3]
        self.server.revert.side_effect = exceptions.Refused(
            'not allowed', 403, 'req-2')
        error = self.assert_fails('HTTP 403: not allowed (VERIFY_RESIZE',
                                  *views, wanted=None)
        self.assertIn('openstack server resize revert uuid', error)
        self.assertNotIn('confirm', error)

    def test_revert_takes_too_long(self):
        views = self.ended_on_its_source(destination='a', status='reverting')
        self.server.migrations.side_effect = [
            [RECORD._replace(destination='a')],
            self.server.migrations.return_value]
        error = self.assert_fails(
            'still at it (REVERT_RESIZE', *views[:3], *[views[3]] * 63,
            wanted=None)
        self.assertIn('Nova has yet to revert migration 12', error)
        self.assertNotIn('confirm', error)

    def test_ended_on_its_source_and_moved_by_somebody_else(self):
        views = self.ended_on_its_source(destination='a')[:-2]
        self.assertIs(True, self.migrate(*views, MOVED, wanted=None))

    def test_a_resize_is_not_taken_back(self):
        views = self.ended_on_its_source(type='resize')
        self.assert_fails('left alone', *views, wanted=None)
        self.assert_asked('migrate')

    def test_unknown_migration_is_not_taken_back(self):
        self.server.migrations.side_effect = exceptions.Refused(
            'not allowed', 403, 'req-2')
        self.assert_fails('left alone', AT_REST, view('VERIFY_RESIZE'))
        self.assert_asked('migrate')

    def test_killed(self):
        class Killed(BaseException):
            pass
        self.assertRaises(Killed, self.migrate, AT_REST, Killed)

    # Taken up: P5.

    def test_taken_up_under_way(self):
        self.server.migrations.return_value = [RECORD]
        self.assertIs(True, self.migrate(
            view('RESIZE', 'resize_finish', 'b'), WAITING, WAITING, MOVED))
        self.assert_asked('confirm')
        taken_up = self.lines('INFO')[0]
        self.assertIn('taking up migration 12', taken_up)
        self.assertIn(BY_HAND, taken_up)
        self.assertIn('from a to b succeeded', self.log.output)

    def test_taken_up_before_an_outage(self):
        self.server.migrations.return_value = [RECORD]
        error = self.assert_fails('no answer of Nova', WAITING, *[LOST] * 9,
                                  wanted=None)
        self.assertIn('openstack server resize confirm uuid', error)

    def test_taken_up_waiting(self):
        self.server.migrations.return_value = [RECORD]
        for wanted in ('b', None):
            self.assertIs(True, self.migrate(WAITING, WAITING, WAITING, MOVED,
                                             wanted=wanted))
        self.assert_asked('confirm', 'confirm')

    def test_taken_up_with_a_long_interval(self):
        """The head start takes nothing of the confirmation's time."""
        self.server.migrations.return_value = [RECORD]
        self.assertIs(True, self.migrate(
            WAITING, WAITING, WAITING, *[WAITING] * 55, MOVED, interval=60,
            pace=lambda spent: 1))
        head_start, *others = self.paused()
        self.assertAlmostEqual(30, head_start, delta=1)
        self.assertEqual([1] * 56, others)

    def test_not_taken_up(self):
        for changes in ({'type': 'resize'}, {'destination': 'c'},
                        {'status': 'reverting'}):
            self.server.reset_mock()
            self.server.migrations.return_value = [
                RECORD._replace(**changes)]
            self.assertIs(False, self.migrate(WAITING))
            self.assert_asked()

    def test_records_are_not_shown(self):
        self.server.migrations.side_effect = exceptions.Refused(
            'not allowed', 403, 'req-2')
        self.assertIs(False, self.migrate(WAITING))
        self.assertIn('not allowed', self.log.output)
        self.assert_asked()

    def test_taken_up_when_it_is_on_record(self):
        before = RECORD._replace(id=11, status='reverted')
        self.server.migrations.side_effect = [
            [], [before], [RECORD, before], [RECORD]]
        self.assertIs(True, self.migrate(PREPARING, PREPARING, PREPARING,
                                         WAITING, WAITING, MOVED))
        self.assert_asked('confirm')

    def test_never_on_record(self):
        self.assert_fails('the time limit of 20 s is reached (RESIZE',
                          *[PREPARING] * 9)
        self.assert_asked()

    def test_confirmed_before_it_is_taken_up(self):
        self.server.migrations.return_value = [
            RECORD._replace(status='confirmed')]
        for wanted in ('b', None):
            for first in (WAITING, PREPARING):
                self.assertIs(True, self.migrate(first, MOVED, MOVED,
                                                 wanted=wanted))
        self.assert_asked()

    def test_reverted_before_it_is_taken_up(self):
        self.server.migrations.return_value = [
            RECORD._replace(type='resize', status='reverted')]
        for wanted in ('b', None):
            self.server.reset_mock()
            self.assertIs(True, self.migrate(
                WAITING, AT_REST, PREPARING, WAITING, MOVED, wanted=wanted))
            self.assert_asked('migrate', 'confirm')

    def test_gone_before_it_is_taken_up(self):
        self.server.migrations.return_value = []
        self.assert_fails('deleted', PREPARING, None)

    def test_another_one_after_it_was_taken_up(self):
        later = RECORD._replace(id=13, type='resize')
        self.server.migrations.side_effect = [[RECORD], [later, RECORD]]
        self.assert_fails('another migration by now', *[WAITING] * 3)
        self.assert_asked()

    # Passing faults, and lost replies: P3, P4.

    def test_no_way_to_nova(self):
        self.assertIs(False, self.migrate(NO_ACCESS))
        error, = self.lines('ERROR')
        self.assertIn('there is no way to Nova: wrong password (Nova', error)
        self.assert_asked()
        self.sleep.assert_not_called()

    def test_no_way_to_nova_any_more(self):
        self.server.migrations.side_effect = NO_ACCESS
        self.assert_fails(
            'there is no way to Nova: wrong password; Nova is still at it '
            '(RESIZE, task_state resize_prep, on host a); when migration of '
            'it waits in VERIFY_RESIZE, confirm it', AT_REST, PREPARING,
            NO_ACCESS)
        self.assert_asked('migrate')

    def test_no_way_to_nova_after_a_lost_reply(self):
        self.server.migrate.side_effect = LOST
        self.assert_fails('wrong password; whether Nova has begun is not '
                          'known', AT_REST, NO_ACCESS)

    def test_fault_of_a_look(self):
        self.server.migrations.return_value = [RECORD]
        self.assertIs(True, self.migrate(
            LOST, AT_REST, LOST, LOST, PREPARING, LOST, WAITING, LOST, MOVED,
            limit=60))
        self.assert_asked('migrate', 'confirm')
        # Each outage is one line, however long.
        self.assertEqual(4, len(self.lines('WARNING')))

    def test_never_an_answer(self):
        self.assertIs(False, self.migrate(*[LOST] * 9))
        self.assertIn('the time limit of 20 s is reached; no answer of Nova: '
                      'reset', self.log.output)
        self.assertEqual([mock.call(5)] * 4, self.sleep.call_args_list)

    def test_reply_lost_and_request_too(self):
        self.server.migrate.side_effect = [LOST, LOST, REQUEST]
        self.server.migrations.side_effect = [[], [], [RECORD]]
        self.assertIs(True, self.migrate(
            AT_REST, AT_REST, AT_REST, PREPARING, WAITING, MOVED))
        self.assertEqual(1, len(self.lines('WARNING')))

    def test_reply_lost_and_request_taken(self):
        self.server.migrations.return_value = [RECORD]
        for found in (PREPARING, WAITING):
            self.server.reset_mock()
            self.server.migrate.side_effect = [LOST]
            self.assertIs(True, self.migrate(
                AT_REST, found, PREPARING, WAITING, WAITING, MOVED))
            self.assert_asked('migrate', 'confirm')
        self.assertEqual(2, self.log.output.count(BY_HAND))

    def test_reply_lost_and_the_request_was_another_appliers(self):
        """Nova breaks a server that two confirm at once."""
        self.server.migrations.return_value = [RECORD]
        self.server.migrate.side_effect = [LOST]
        self.assertIs(True, self.migrate(
            AT_REST, PREPARING, PREPARING, WAITING, MOVED))
        self.assert_asked('migrate')

    def test_reply_lost_and_moved_meanwhile(self):
        for wanted in ('b', None):
            self.server.reset_mock()
            self.server.migrate.side_effect = [LOST]
            self.assertIs(True, self.migrate(AT_REST, MOVED, wanted=wanted))
            self.assert_asked('migrate')

    def test_reply_lost_and_given_up_meanwhile(self):
        self.server.migrations.return_value = [
            RECORD._replace(status='error', destination=None)]
        self.server.migrate.side_effect = [LOST]
        self.server.what_went_wrong.return_value = 'No valid host'
        self.assert_fails('No valid host', AT_REST, AT_REST, AT_REST)
        self.assert_asked('migrate')

    def test_reply_lost_and_deleted_meanwhile(self):
        self.server.migrate.side_effect = [LOST]
        self.assert_fails('deleted', AT_REST, None)

    def test_reply_lost_and_the_request_is_late(self):
        self.server.migrations.side_effect = [[], [RECORD], [RECORD]]
        self.server.migrate.side_effect = [
            LOST, exceptions.Refused('task_state resize_prep', 409, 'req-2')]
        self.assertIs(True, self.migrate(
            AT_REST, AT_REST, PREPARING, WAITING, WAITING, MOVED))
        self.assert_asked('migrate', 'migrate', 'confirm')

    def test_reply_lost_and_the_request_is_later_than_the_look(self):
        self.server.migrations.return_value = [RECORD]
        self.server.migrate.side_effect = [LOST]
        self.assertIs(True, self.migrate(AT_REST, AT_REST, PREPARING, WAITING,
                                         WAITING, MOVED))
        self.assert_asked('migrate', 'confirm')
        self.assertIn(BY_HAND, self.log.output)

    def test_reply_lost_and_refused_because_given_up(self):
        self.server.migrations.side_effect = [
            [], [RECORD._replace(status='error')],
            [RECORD._replace(status='error')]]
        self.server.migrate.side_effect = [
            LOST, exceptions.Refused('task_state resize_prep', 409, 'req-2')]
        self.assert_fails('back where it started', *[AT_REST] * 5)
        self.assert_asked('migrate', 'migrate')

    def test_reply_lost_and_somebody_else_resizes(self):
        self.server.migrations.return_value = [
            RECORD._replace(type='resize')]
        self.server.migrate.side_effect = [LOST]
        self.assert_fails('left alone', AT_REST, PREPARING)
        self.assert_asked('migrate')

    def test_reply_lost_and_a_resize_was_taken_back(self):
        self.server.migrations.side_effect = [[], [], [RECORD]]
        self.server.migrate.side_effect = [LOST, REQUEST]
        self.assertIs(True, self.migrate(AT_REST, PREPARING, AT_REST, WAITING,
                                         MOVED))
        self.assert_asked('migrate', 'migrate', 'confirm')

    def test_reply_lost_and_given_up_between_look_and_record(self):
        self.server.migrations.return_value = [
            RECORD._replace(status='error')]
        self.server.migrate.side_effect = [LOST]
        self.assert_fails('back where it started',
                          AT_REST, PREPARING, AT_REST, AT_REST)
        self.assert_asked('migrate')

    def lose_reply_without_records(self):
        self.server.reset_mock()
        self.server.migrate.side_effect = [LOST]
        self.server.migrations.side_effect = exceptions.Refused(
            'not allowed', 403, 'req-2')

    def test_reply_lost_and_records_are_not_shown(self):
        for wanted in ('b', None):
            self.lose_reply_without_records()
            self.assertIs(True, self.migrate(
                AT_REST, PREPARING, PREPARING, WAITING, MOVED, wanted=wanted))
            self.assert_asked('migrate', 'confirm')
        self.assertEqual(2, self.log.output.count(BY_HAND))

    def test_reply_lost_and_nothing_tells_whether_it_was_taken(self):
        """Nova may have given it up, or may begin with it yet."""
        self.lose_reply_without_records()
        self.assert_fails('whether Nova has begun is not known (ACTIVE',
                          AT_REST, AT_REST)
        self.assert_asked('migrate')

    def test_reply_lost_and_another_one_is_not_shown(self):
        for other in (WAITING._replace(host='c'),
                      WAITING._replace(flavor='large')):
            self.lose_reply_without_records()
            self.assertIs(False, self.migrate(AT_REST, PREPARING, PREPARING,
                                              other))
            self.assert_asked('migrate')
        self.assertEqual(2, self.log.output.count('and is left alone'))

    def test_nobody_knows_whether_it_was_taken(self):
        self.server.migrate.side_effect = LOST
        self.assert_fails('whether Nova has begun is not known',
                          *[AT_REST] + [LOST] * 9)

    def test_another_migration_after_an_outage(self):
        for changes in ({'source': 'c'}, {'type': 'resize'}):
            self.server.migrations.return_value = [RECORD._replace(**changes)]
            self.assertIs(False, self.migrate(AT_REST, PREPARING, LOST,
                                              WAITING))
        self.assertIn('another migration by now', self.log.output)
        self.assert_asked('migrate', 'migrate')

    def test_same_migration_after_an_outage(self):
        self.server.migrations.return_value = [RECORD]
        self.assertIs(True, self.migrate(AT_REST, PREPARING, LOST, WAITING,
                                         MOVED))

    def test_confirmed_between_look_and_record(self):
        self.server.migrations.return_value = [
            RECORD._replace(status='confirmed')]
        self.server.confirm.side_effect = [
            LOST, exceptions.Refused('not resized', 409, 'req-2')]
        self.assertIs(True, self.migrate(AT_REST, WAITING, WAITING, MOVED,
                                         MOVED))

    def test_reply_to_the_confirmation_lost(self):
        self.server.confirm.side_effect = [LOST, None]
        self.server.migrations.return_value = [RECORD]
        self.assertIs(True, self.migrate(AT_REST, WAITING, WAITING, MOVED))
        self.assert_asked('migrate', 'confirm', 'confirm')

    def test_reply_to_the_confirmation_lost_but_taken(self):
        self.server.confirm.side_effect = [LOST]
        self.assertIs(True, self.migrate(AT_REST, WAITING, MOVED, MOVED))

    def test_reply_to_the_confirmation_never_comes(self):
        self.server.confirm.side_effect = LOST
        self.server.migrations.return_value = [RECORD]
        self.assert_fails('time limit of 60 s',
                          *[AT_REST] + [WAITING] * 62)

    def test_explanation_after_a_fault(self):
        self.server.what_went_wrong.side_effect = [LOST, 'No valid host']
        self.assert_fails('No valid host', AT_REST, AT_REST)

    def test_no_explanation_in_an_outage(self):
        self.server.what_went_wrong.side_effect = LOST
        self.assert_fails('Nova does not say why', AT_REST, AT_REST)


class SlowServer:
    """A server that Nova takes some time to migrate; each answer takes some.

    It is a clock, too.

    :param work: seconds that it takes Nova to migrate it
    """

    id = 'uuid'
    ANSWER = 0.01
    CONFIRMATION = 0.1

    def __init__(self, work):
        self.now = 0.0
        self.calls = 0
        self.work = work
        self._moved = self._confirmed = None

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds

    def allow(self, seconds):
        pass

    def _answer(self):
        self.calls += 1
        self.now += self.ANSWER

    def look(self):
        self._answer()
        if self._moved is None:
            return AT_REST
        if self.now < self._moved:
            return PREPARING
        if self._confirmed is None or self.now < self._confirmed:
            return WAITING
        return MOVED

    def migrate(self, host):
        self._answer()
        self._moved = self.now + self.work
        return REQUEST

    def confirm(self):
        self._answer()
        self._confirmed = self.now + self.CONFIRMATION


class TestPace(base.BaseTestCase):
    """What long migrations cost, with the default options."""

    def migrate(self, work):
        """Give how many calls it took, and how late the end was noticed."""
        server_ = SlowServer(work)
        with mock.patch.object(waiting, 'time', server_):
            self.assertIs(True, migration.ColdMigration(
                server_, 'b', waiting.TimeLimit(900, 5, waiting.growing(5)),
                lambda cold_migration, status: cold_migration.confirm()).run())
        return server_.calls, (
            server_.now - server_.work - server_.CONFIRMATION)

    def test_calls_and_lateness(self):
        for work, most_calls, latest in ((0, 6, 0.4), (2, 14, 0.7),
                                         (10, 21, 2.7), (60, 33, 5.2)):
            for share in range(80, 121, 5):
                calls, late = self.migrate(work * share / 100)
                self.assertLessEqual(calls, most_calls, work)
                self.assertLessEqual(late, latest, work)
