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

"""What is looked at, what is finished, and what is left alone."""

import threading
from unittest import mock

import fixtures
from oslotest import base

from watcher.common.cold_migration import exceptions
from watcher.common.cold_migration import finishing
from watcher.common.cold_migration import left_over
from watcher.common.cold_migration import states
from watcher.common.cold_migration import waiting

Standing = left_over.Standing
Verdict = finishing.Verdict

AT_REST = states.View('ACTIVE', None, 'a')
WAITING = states.View('VERIFY_RESIZE', None, 'b', age=300)
RECORD = states.Record(12, 'migration', 'finished', 'a', 'b', '2026')
UNAVAILABLE = exceptions.Unavailable('connection reset')


class FinishingTestCase(base.BaseTestCase):

    def setUp(self):
        super().setUp()
        self.servers, self.plans = {}, mock.Mock(return_value={})
        self.notes = []
        self.sleep = self.useFixture(fixtures.MockPatchObject(
            waiting.time, 'sleep')).mock
        self.useFixture(fixtures.MockPatchObject(finishing, 'CONF'))
        self.time_limit = self.useFixture(fixtures.MockPatchObject(
            finishing.options, 'time_limit')).mock
        self.call = self.useFixture(fixtures.MockPatchObject(
            finishing.migration, 'ColdMigration')).mock
        self.call.return_value.run.return_value = True
        self.call.return_value.why = None
        self.call.return_value.host = 'b'
        self.adapter = mock.Mock()
        self.adapter.Server.side_effect = (
            lambda helper, server_id: self.servers[server_id])
        self.helper = mock.Mock()
        self.finisher = self.make()

    def make(self, **options):
        return finishing.Finisher(self.adapter, self.helper, self.plans,
                                  self.notes.append, **options)

    def have(self, server_id, view=WAITING, records=(RECORD,),
             is_watchers=True):
        server = self.servers[server_id] = mock.Mock(id=server_id)
        server.look.return_value = view
        server.migrations.return_value = list(records)
        server.is_watchers.return_value = is_watchers
        return server


class TestLook(FinishingTestCase):

    def look(self, *servers):
        return self.finisher.look(servers)

    def test_servers_of_nova(self):
        nova = self.adapter.Nova.return_value
        self.assertIs(nova.servers_being_migrated.return_value,
                      self.finisher.servers())
        nova.close.assert_called_once_with()

    def test_all_that_is_seen(self):
        self.have('1')
        self.plans.return_value = {'1': 'plan'}
        self.assertEqual(
            [left_over.Seen('1', WAITING, [RECORD], True, 'plan')],
            self.look('1'))

    def test_in_the_same_order(self):
        names = [str(number) for number in range(30)]
        for name in names:
            self.have(name, AT_REST)
        self.assertEqual(names, [seen.server for seen in self.look(*names)])

    def test_at_rest_is_one_request(self):
        for view in (AT_REST, None):
            server = self.have('1', view)
            self.assertEqual([left_over.Seen('1', view)], self.look('1'))
            self.assertFalse(server.migrations.called)

    def test_migrations_are_not_shown(self):
        server = self.have('1')
        server.migrations.side_effect = exceptions.Refused('no', 403, 'req-1')
        seen, = self.look('1')
        self.assertEqual((None, False), (seen.records, seen.is_watchers))
        self.assertFalse(server.is_watchers.called)

    def test_transient_error(self):
        self.have('1').look.side_effect = [UNAVAILABLE, AT_REST]
        self.assertEqual(AT_REST, self.look('1')[0].view)
        self.sleep.assert_called_once_with(finishing.RETRY_PAUSE)

    def test_retries_end(self):
        self.have('1').look.side_effect = UNAVAILABLE
        self.assertEqual('connection reset', self.look('1')[0].obstacle)
        self.assertEqual(finishing.RETRY_LIMIT, sum(
            call.args[0] for call in self.sleep.mock_calls))

    def test_connections_are_closed(self):
        at_rest, failing = self.have('1', AT_REST), self.have('2')
        failing.look.side_effect = exceptions.NoAccess('wrong password')
        self.look('1')
        self.assertRaises(exceptions.NoAccess, self.look, '2')
        for server in at_rest, failing:
            server.close.assert_called_once_with()

    def test_one_that_is_not_shown_hides_no_other(self):
        self.have('1').look.side_effect = exceptions.Refused('no', 500, None)
        self.have('2')
        first, second = self.look('1', '2')
        self.assertEqual((None, 'no'), (first.view, first.obstacle))
        self.assertIs(Standing.LEFT_OVER, left_over.standing(second))

    def test_errors_that_are_not_of_one_server(self):
        self.have('1').look.side_effect = exceptions.NoAccess('password')
        self.assertRaises(exceptions.NoAccess, self.look, '1')
        self.have('1')
        self.plans.side_effect = exceptions.NoDatabase('gone')
        self.assertRaises(exceptions.NoDatabase, self.look, '1')


class TestJudge(FinishingTestCase):

    def judge(self, is_named=False, older_than=0, view=WAITING, **seen):
        return self.make(is_named=is_named, older_than=older_than).judge(
            left_over.Seen('1', view, **dict(
                {'records': [RECORD], 'is_watchers': True}, **seen)))

    def test_left_over(self):
        for is_named in (False, True):
            self.assertEqual(
                (Verdict.WOULD_FINISH, Standing.LEFT_OVER, None, None),
                self.judge(is_named)[1:])

    def test_not_watchers_or_in_a_plan(self):
        for seen in ({'plan': 'plan'}, {'is_watchers': False},
                     {'records': None},
                     {'records': [RECORD._replace(person='olga')]},
                     {'records': [RECORD._replace(type='resize')]}):
            self.assertIs(Verdict.REFUSED, self.judge(True, **seen).verdict)
            self.assertIs(Verdict.LEFT_ALONE, self.judge(**seen).verdict)

    def test_nothing_to_do(self):
        for is_named in (False, True):
            self.assertEqual((Verdict.LEFT_ALONE, Standing.NOTHING),
                             self.judge(is_named, view=AT_REST)[1:3])

    def test_young(self):
        for is_named in (False, True):
            self.assertEqual((Verdict.LEFT_ALONE, Standing.YOUNG),
                             self.judge(is_named, 600)[1:3])


class TestFinish(FinishingTestCase):

    def finish(self, *servers):
        return list(self.finisher.finish(servers))

    def assert_left_alone(self, standing):
        outcome, = self.finish('1')
        self.assertEqual((Verdict.LEFT_ALONE, standing), outcome[1:3])
        self.assertFalse(self.call.called)

    def test_adopted_to_its_own_destination(self):
        server = self.have('1')
        outcome, = self.finish('1')
        self.assertEqual((Verdict.FINISHED, Standing.LEFT_OVER, None, 'b'),
                         outcome[1:])
        self.call.assert_called_once_with(
            server, 'b', self.time_limit.return_value,
            self.helper.confirm_resize)
        self.call.return_value.adopt.assert_called_once_with(WAITING,
                                                             [RECORD])

    def test_one_login(self):
        """A client that is made for a server logs in by itself."""
        server = self.have('1')
        self.finish('1')
        self.adapter.Server.assert_called_once_with(self.helper, '1')
        server.close.assert_called_once_with()

    def test_failed(self):
        self.have('1')
        self.call.return_value.run.return_value = False
        self.call.return_value.why = 'the server is in ERROR'
        outcome, = self.finish('1')
        self.assertEqual((Verdict.FAILED, 'the server is in ERROR', None),
                         (outcome.verdict, outcome.why, outcome.host))

    def test_progress(self):
        self.have('1')
        outcome, = self.finish('1')
        self.assertEqual([outcome.seen, outcome], self.notes)

    def test_ended_since_the_first_look(self):
        self.have('1', AT_REST)
        self.assert_left_alone(Standing.NOTHING)

    def test_a_plan_has_it_since_the_first_look(self):
        self.have('1')
        self.assertEqual(Standing.LEFT_OVER, self.finisher.judge(
            self.finisher.look(['1'])[0]).standing)
        self.plans.return_value = {'1': 'plan'}
        self.assert_left_alone(Standing.IN_PLAN)

    def test_a_person_has_migrated_it_since_the_first_look(self):
        self.have('1', records=[RECORD._replace(person='olga'), RECORD])
        self.assert_left_alone(Standing.PERSONS)

    def test_failed_look_fails_one_server(self):
        self.have('1').look.side_effect = exceptions.NoAccess('password')
        self.have('2')
        first, second = self.finish('1', '2')
        self.assertEqual((Verdict.FAILED, Standing.UNSEEN), first[1:3])
        self.assertEqual('password', first.seen.obstacle)
        self.assertIs(Verdict.FINISHED, second.verdict)
        self.assertIn(first, self.notes)

    def test_several_at_once_and_no_more(self):
        """The last of the first ones lets all of them go on."""
        at_work, most = [], []
        barrier = threading.Barrier(finishing.AT_ONCE, timeout=20)

        def run():
            at_work.append(1)
            most.append(len(at_work))
            barrier.wait()
            at_work.pop()
            return True

        self.call.return_value.run.side_effect = run
        names = [str(number) for number in range(2 * finishing.AT_ONCE)]
        for name in names:
            self.have(name)
        self.assertEqual(names, [outcome.seen.server
                                 for outcome in self.finish(*names)])
        self.assertEqual(finishing.AT_ONCE, max(most))
