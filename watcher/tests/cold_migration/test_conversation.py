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

from watcher.common.cold_migration import conversation
from watcher.common.cold_migration import exceptions
from watcher.common.cold_migration import server
from watcher.common.cold_migration import states
from watcher.common.cold_migration import waiting

LOST = exceptions.Unavailable('reset\nby peer')
REFUSED = exceptions.Refused('not allowed', 403, 'req-1')
AT_REST = states.View('ACTIVE', None, 'a')
RECORD = states.Record(1, 'migration', 'finished', 'a', 'b', '2026-11-22')
PREPARING = states.View('RESIZE', 'resize_prep', 'a')


class TestConversation(base.BaseTestCase):

    def setUp(self):
        super().setUp()
        self.sleep = self.useFixture(
            fixtures.MockPatchObject(waiting.time, 'sleep')).mock
        self.log = self.useFixture(fixtures.FakeLogger(
            name=conversation.__name__, format='%(levelname)s %(message)s'))
        self.server = mock.create_autospec(server.Server, instance=True)
        self.server.id = 'uuid'
        self.nova = self.talk(limit=100, interval=50)

    def talk(self, limit, interval):
        return conversation.Conversation(
            self.server, waiting.TimeLimit(limit, interval))

    def look(self, *seen):
        """Look as often as needed to see all of this."""
        self.server.look.side_effect = seen
        while self.server.look.call_count < len(seen):
            self.nova.look()

    def lines(self, level):
        return [line for line in self.log.output.splitlines()
                if line.startswith(level)]

    def test_look(self):
        self.look(AT_REST)
        self.assertEqual(AT_REST, self.nova.view)
        self.assertEqual('', self.log.output)

    def test_each_change_is_one_line(self):
        self.look(AT_REST, PREPARING, PREPARING, AT_REST)
        one, other = self.lines('INFO')
        self.assertIn('is now RESIZE, task_state resize_prep', one)
        self.assertIn('is now ACTIVE', other)

    def test_gone_and_there_again(self):
        self.look(AT_REST, None)
        self.assertIsNone(self.nova.view)
        self.look(AT_REST, None, AT_REST)
        self.assertEqual('', self.log.output)

    def test_look_refused(self):
        self.server.look.side_effect = REFUSED
        self.assertRaises(exceptions.Refused, self.nova.look)

    def test_each_outage_is_one_line(self):
        self.nova = self.talk(limit=100, interval=5)
        self.look(LOST, LOST, AT_REST, LOST, AT_REST)
        one, other = self.lines('WARNING')
        self.assertIn('asked to show it', one)
        self.assertIn('for up to 100.0 s: reset by peer', one)
        self.assertIn('for up to 90.0 s: reset by peer', other)
        self.assertTrue(self.nova.was_interrupted)

    def test_no_answer_in_time(self):
        self.server.look.side_effect = LOST
        reached = self.assertRaises(exceptions.TimeLimitReached,
                                    self.nova.look)
        self.assertIs(LOST, reached.fault)
        self.assertEqual([mock.call(50)] * 2, self.sleep.call_args_list)

    def test_migrations(self):
        self.server.migrations.side_effect = [LOST, [RECORD]]
        self.assertEqual([RECORD], self.nova.migrations())
        self.server.migrations.side_effect = [[]]
        self.assertEqual([], self.nova.migrations())

    def test_migrations_are_not_shown(self):
        self.server.migrations.side_effect = REFUSED
        self.assertIsNone(self.nova.migrations())
        self.assertIn('not allowed', self.log.output)

    def test_hosts_of_migrations_are_not_shown(self):
        self.server.migrations.return_value = [
            RECORD._replace(source=None, destination=None)]
        self.assertIsNone(self.nova.migrations())
        self.assertIn('its migrations are not shown', self.log.output)

    def test_once(self):
        self.server.migrate.side_effect = ['req-1', LOST]
        self.assertEqual('req-1', self.nova.once(self.server.migrate, 'b'))
        self.server.migrate.assert_called_once_with('b')
        self.assertRaises(exceptions.Unavailable, self.nova.once,
                          self.server.migrate, 'b')
        self.sleep.assert_not_called()

    def test_retry_after(self):
        self.look(exceptions.Unavailable('slow down', retry_after=60), AT_REST)
        self.sleep.assert_called_once_with(60)

    def allowed(self):
        return [round(call[0][0])
                for call in self.server.allow.call_args_list]

    def test_requests_are_limited(self):
        self.look(AT_REST)
        self.nova.limit.pause()
        self.look(AT_REST, AT_REST)
        self.nova.limit.pause()
        self.look(AT_REST, AT_REST, AT_REST)
        self.assertEqual([60, 50, 1], self.allowed())

    def test_explain(self):
        self.server.migrations.return_value = ['record']
        self.assertEqual(['record'],
                         self.nova.explain(self.server.migrations))
        self.assertEqual([1], self.allowed())

    def test_nothing_explains(self):
        for fault in (LOST, REFUSED, exceptions.NoAccess('no such region'),
                      exceptions.TimeLimitReached()):
            self.server.migrations.side_effect = fault
            self.assertIsNone(self.nova.explain(self.server.migrations))
        self.sleep.assert_not_called()
