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

"""What people and scripts are shown."""

import json

from oslotest import base

from watcher.common.cold_migration import command_sentences as sentences
from watcher.common.cold_migration import finishing
from watcher.common.cold_migration import left_over
from watcher.common.cold_migration import report
from watcher.common.cold_migration import states

Standing = left_over.Standing
Verdict = finishing.Verdict

RECORD = states.Record(12, 'migration', 'finished', 'a', 'b', '2026')
SEEN = left_over.Seen('uuid', states.View(
    'VERIFY_RESIZE', None, 'b', updated='2026-11-26T12:00:00Z',
    project='project'), [RECORD], True)
UNDER_WAY = SEEN._replace(
    view=SEEN.view._replace(status='RESIZE', task_state='resize_prep'),
    records=[RECORD._replace(destination=None)], plan='plan')
FINISHED = finishing.Outcome(SEEN, Verdict.FINISHED, Standing.LEFT_OVER)


def outcome(verdict, standing, why=None, **seen):
    return finishing.Outcome(SEEN._replace(**seen), verdict, standing, why)


class TestListed(base.BaseTestCase):

    def test_json(self):
        self.assertEqual(
            [{'Server': 'uuid', 'Project': 'project', 'Migration': 12,
              'From': 'a', 'To': 'b', 'Status': 'VERIFY_RESIZE',
              'Since': '2026-11-26T12:00:00Z', 'Action Plan': None},
             {'Server': 'uuid', 'Project': 'project', 'Migration': 12,
              'From': 'a', 'To': None, 'Status': 'RESIZE (resize_prep)',
              'Since': '2026-11-26T12:00:00Z', 'Action Plan': 'plan'}],
            json.loads(report.listed([SEEN, UNDER_WAY], 'json')))

    def test_table(self):
        border, heads, _, first, second, _ = report.listed(
            [SEEN, UNDER_WAY], 'table').splitlines()
        cells = [cell.strip() for cell in heads.split('|')[1:-1]]
        self.assertEqual(list(sentences.LIST_COLUMNS), cells)
        self.assertIn('| VERIFY_RESIZE ', first)
        self.assertNotIn('None', first + second)

    def test_nothing(self):
        self.assertEqual(sentences.NOTHING_LISTED, report.listed([], 'table'))
        self.assertEqual([], json.loads(report.listed([], 'json')))


class TestFinished(base.BaseTestCase):

    def test_json(self):
        self.assertEqual(
            [{'Server': 'uuid', 'Migration': 12, 'From': 'a', 'To': 'b',
              'Result': 'finished', 'Reason': ''},
             {'Server': 'uuid', 'Migration': None, 'From': None, 'To': None,
              'Result': 'failed', 'Reason': 'no access'}],
            json.loads(report.finished([FINISHED, outcome(
                Verdict.FAILED, None, 'no access', view=None,
                records=())], 'json')))

    def test_host_chosen_since_the_first_look(self):
        row, = json.loads(report.finished([finishing.Outcome(
            UNDER_WAY, Verdict.FINISHED, Standing.LEFT_OVER, host='b')],
            'json'))
        self.assertEqual('b', row['To'])

    def test_long_reasons_are_broken(self):
        lines = report.finished([outcome(
            Verdict.FAILED, Standing.LEFT_OVER, 'word ' * 60)],
            'table').splitlines()
        self.assertLess(max(map(len, lines)), 160)

    def test_nothing(self):
        self.assertEqual(sentences.NOTHING_TO_FINISH,
                         report.finished([], 'table'))


class TestReason(base.BaseTestCase):

    def test_each_standing_has_one(self):
        self.assertEqual(set(Standing), set(sentences.REASONS))
        for standing in Standing:
            self.assertNotIn('%', report.reason(outcome(
                Verdict.REFUSED, standing)))

    def test_values(self):
        for standing, words, seen in (
                (Standing.IN_PLAN, 'action plan plan is', {'plan': 'plan'}),
                (Standing.YOUNG, 'changed it 59 s ago',
                 {'view': SEEN.view._replace(age=59.9)}),
                (Standing.PERSONS, 'user olga requested migration 12',
                 {'records': [RECORD._replace(person='olga')]})):
            self.assertIn(words, report.reason(outcome(
                Verdict.REFUSED, standing, **seen)))

    def test_of_the_core(self):
        self.assertEqual('broke', report.reason(outcome(
            Verdict.FAILED, Standing.LEFT_OVER, 'broke')))


class TestProgress(base.BaseTestCase):

    def test_adopted(self):
        self.assertEqual('Server uuid: adopting migration 12 (finished) from '
                         'a to b', report.progress(SEEN))
        self.assertTrue(report.progress(UNDER_WAY).endswith(
            "from a to a host of the scheduler's choice"))

    def test_ended(self):
        self.assertEqual('Server uuid: finished', report.progress(FINISHED))
        self.assertEqual('Server uuid: failed: broke', report.progress(
            outcome(Verdict.FAILED, Standing.LEFT_OVER, 'broke')))
