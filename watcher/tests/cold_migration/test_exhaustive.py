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

"""The table of decisions: each of its inputs, and the search."""

import itertools
from unittest import mock

from oslotest import base
import testscenarios

from watcher.common.cold_migration import decision
from watcher.common.cold_migration import states
from watcher.tests.cold_migration import exhaustive

Do = decision.Do
Meaning = states.Meaning
Stage = decision.Stage
Story = states.Story

load_tests = testscenarios.load_tests_apply_scenarios


# Two that have adopted the same confirm it together.
NOBODY_GIVES_WAY = ((Stage.ADOPTED, Meaning.MOVED, Story.UNREAD),
                    (Do.FOLLOW, Stage.MOVING))


def row_of(*known):
    """Give the index of the row that is for this input."""
    return decision.TABLE.index(decision.row_for(decision.TABLE, *known))


def changed(table, stage, meaning, story, *step):
    """Give the table with another step in the row that is for an input.

    :param step: what the row says instead: a ``Do``, and a ``Stage`` or a
        ``Why`` or nothing
    """
    index = row_of(stage, meaning, story)
    return table[:index] + (
        table[index]._replace(step=decision.Step(*step)),) + table[index + 1:]


def put_back(row, step):
    """Put an old bug back into the table.

    :param row: what the row is for: a stage, a meaning and a story
    :param step: what it says instead; see :func:`changed`
    """
    return mock.patch.object(decision, 'TABLE',
                             changed(decision.TABLE, *row, *step))


class TestTable(base.BaseTestCase):

    INPUTS = list(itertools.product(Stage, Meaning, Story))

    def test_each_input_has_a_row_and_each_row_an_input(self):
        self.assertEqual(set(range(len(decision.TABLE))),
                         {row_of(*known) for known in self.INPUTS})

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
                [(stage, Do.REQUEST) for stage in (
                    Stage.NEW, Stage.WATCHED, Stage.LOST)] +
                [(Stage.CONFIRM, Do.CONFIRM), (Stage.REVERT, Do.REVERT)]):
            for reply in decision.Reply:
                step, _ = decision.on_reply(decision.Memory(stage), request,
                                            reply)
                self.assertIs(
                    Do.FAIL if reply is decision.Reply.REFUSED else Do.LOOK,
                    step.do)


class TestExhaustive(base.BaseTestCase):
    """No promise is broken, whatever happens ("tox -e exhaustive": more)."""

    scenarios = [
        ('%s, %s: %d %d' % (*wanted, acts, faults), {
            'wanted': wanted,
            'bounds': exhaustive.Bounds(acts, faults, records=2)})
        for wanted, acts, faults in [
            (('b', 'b'), 1, 0), (('b', 'b'), 0, 1), (('b', 'c'), 0, 1),
            ((None, None), 0, 0), (('b', None), 0, 0)]]

    def test_promises_are_kept(self):
        figures = exhaustive.search(self.wanted, self.bounds)
        self.assertGreater(figures.states, 10000)


class SharpnessTestCase(base.BaseTestCase):

    def search(self):
        for acts, faults in ((0, 0), (0, 1), (1, 0)):
            exhaustive.search(('b', 'b'),
                              exhaustive.Bounds(acts, faults, records=2))

    def assert_is_found(self, promise):
        error = self.assertRaises(exhaustive.Broken, self.search)
        self.assertRegex(str(error), '^%s: ' % promise)


class TestSharpness(SharpnessTestCase):
    """The search finds old bugs that are put back."""

    scenarios = [
        ('nobody_gives_way', {
            'row': NOBODY_GIVES_WAY[0], 'step': NOBODY_GIVES_WAY[1],
            'breaks': 'P11'}),
        # Two ask together: one is refused, or gets HTTP 500, and adopts.
        ('who_is_too_late_does_not_give_way', {
            'row': (Stage.REFUSED, Meaning.UNDER_WAY, Story.UNDER_WAY),
            'step': (Do.ADOPT, Stage.MOVING), 'breaks': 'P11'}),
        ('confirms_without_a_look_at_the_record', {
            'row': (Stage.CONFIRM, Meaning.MOVED, Story.UNREAD),
            'step': (Do.CONFIRM,), 'breaks': 'P11'}),
        ('believes_a_state_that_was_reset', {
            'row': (Stage.MOVING, Meaning.ARRIVED, Story.UNREAD),
            'step': (Do.SUCCEED,), 'breaks': 'P1'}),
        ('asks_again_without_a_look_at_the_records', {
            'row': (Stage.LOST, Meaning.AT_SOURCE, Story.UNREAD),
            'step': (Do.REQUEST,), 'breaks': 'P3'}),
        ('gives_up_what_it_has_requested', {
            'row': (Stage.MOVING, Meaning.UNDER_WAY, Story.UNREAD),
            'step': (Do.FAIL, None, decision.Why.AT_SOURCE),
            'breaks': 'P4'}),
    ]

    def test_is_found(self):
        with put_back(self.row, self.step):
            self.assert_is_found(self.breaks)


class TestSharpnessBesideTheTable(SharpnessTestCase):
    """The same for what is not in the table."""

    def test_it_matters_who_has_requested_it(self):
        with mock.patch.object(states, '_TO_BE_CONFIRMED', frozenset()):
            self.assert_is_found('P5')

    def test_a_page_is_not_taken_for_novas_word(self):
        replies = tuple(
            row._replace(step=decision.Step(
                Do.FAIL, None, decision.Why.REFUSED))
            if decision.Reply.LOST in row.story and
            decision.Reply.ACCEPTED not in row.story else row
            for row in decision.REPLIES)
        with mock.patch.object(decision, 'REPLIES', replies):
            self.assert_is_found('P4')
