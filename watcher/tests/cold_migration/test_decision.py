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

"""The table of decisions: no hole, and what no row may say."""

import itertools

from oslotest import base

from watcher.common.cold_migration import decision
from watcher.common.cold_migration import states

Do = decision.Do
Meaning = states.Meaning
Stage = decision.Stage
Story = states.Story


class TestTable(base.BaseTestCase):

    INPUTS = list(itertools.product(Stage, Meaning, Story))

    def test_each_input_has_a_row_and_each_row_an_input(self):
        rows = {known: decision.row_for(decision.TABLE, *known)
                for known in self.INPUTS}
        self.assertEqual([], ['%s, %s, %s' % tuple(part.name for part in known)
                              for known, row in rows.items() if row is None],
                         'No row of decision.py fits')
        self.assertEqual(set(range(len(decision.TABLE))),
                         set(map(decision.TABLE.index, rows.values())))

    def test_records_are_read_once(self):
        """Whoever has read the records does not read them again."""
        for stage, meaning, story in self.INPUTS:
            step, _ = decision.decide(decision.Memory(stage), meaning, story)
            if step.do is Do.READ:
                self.assertIs(Story.UNREAD, story)

    def test_no_second_request_before_the_records_are_read(self):
        for stage in (Stage.LOST, Stage.LATE, Stage.REFUSED):
            for meaning in Meaning:
                step, _ = decision.decide(decision.Memory(stage), meaning,
                                          Story.UNREAD)
                self.assertIsNot(Do.REQUEST, step.do)

    def test_what_is_followed_is_never_requested_or_adopted(self):
        for stage, meaning, story in self.INPUTS:
            memory = decision.Memory(stage)
            if decision.is_followed(memory):
                step, then = decision.decide(memory, meaning, story)
                self.assertNotIn(step.do, (Do.REQUEST, Do.ADOPT))
                self.assertTrue(decision.is_followed(then))

    def test_nothing_is_ended_before_the_record_is_read(self):
        for stage, meaning in itertools.product(Stage, Meaning):
            step, _ = decision.decide(decision.Memory(stage), meaning,
                                      Story.UNREAD)
            self.assertNotIn(step.do, (Do.CONFIRM, Do.REVERT))

    def test_each_way_ends(self):
        """Only a few decisions follow each other without another look."""
        at_once = (Do.END, Do.ADOPT)
        for stage, meaning in itertools.product(Stage, Meaning):
            memory = decision.Memory(stage)
            for _ in range(4):
                step, memory = decision.decide(memory, meaning, Story.UNREAD)
                if step.do not in at_once:
                    break
            self.assertNotIn(step.do, at_once)

    def test_each_failure_has_its_row(self):
        self.assertEqual(
            set(decision.Why) - {decision.Why.TIME_LIMIT,
                                 decision.Why.NO_ACCESS},
            {row.step.why for row in decision.TABLE if row.step.why})

    def test_each_request_has_an_answer_to_each_reply(self):
        for stage, request in (
                [(stage, Do.REQUEST) for stage in (Stage.NEW, Stage.LOST)] +
                [(Stage.CONFIRM, Do.CONFIRM), (Stage.REVERT, Do.REVERT)]):
            for reply in decision.Reply:
                step, _ = decision.on_reply(decision.Memory(stage), request,
                                            reply)
                self.assertIs(
                    Do.FAIL if reply is decision.Reply.FORBIDDEN else Do.LOOK,
                    step.do)
