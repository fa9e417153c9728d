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

"""The exhaustive search: it finds nothing, and old bugs that are put back."""

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


def changed(table, stage, meaning, story, *step):
    """Give the table with another step in the row that is for an input.

    :param step: what the row says instead: a ``Do``, and a ``Stage`` or a
        ``Why`` or nothing
    """
    index = table.index(decision.row_for(table, stage, meaning, story))
    return table[:index] + (
        table[index]._replace(step=decision.Step(*step)),) + table[index + 1:]


def put_back(row, step):
    """Put an old bug back into the table.

    :param row: what the row is for: a stage, a meaning and a story
    :param step: what it says instead; see :func:`changed`
    """
    return mock.patch.object(decision, 'TABLE',
                             changed(decision.TABLE, *row, *step))


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
            if decision.Reply.LOST in row.reply and
            decision.Reply.ACCEPTED not in row.reply else row
            for row in decision.REPLIES)
        with mock.patch.object(decision, 'REPLIES', replies):
            self.assert_is_found('P4')
