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

"""How "tox -e releases" judges its results."""

import importlib
import io
import sys

import fixtures
import subunit

from novamigrate import project
from tests import base

sys.path.append(project.ROOT)
releases = importlib.import_module('tools.releases')
outcomes = importlib.import_module('tools.outcomes')


def outcome(passed='', failed='', skipped=''):
    """Make an outcome of tests whose ids are letters."""
    return outcomes.Outcome(set(passed), set(failed),
                            dict.fromkeys(skipped, ''))


class TestReadOutcome(base.TestCase):

    def read(self, *events):
        stream = io.BytesIO()
        result = subunit.StreamResultToBytes(stream)
        result.startTestRun()
        for test_id, status in events:
            result.status(test_id=test_id, test_status=status)
        result.stopTestRun()
        stream.seek(0)
        return outcomes.read_outcome(stream)

    def test_results(self):
        self.assertEqual(
            outcome(passed='ab', failed='cd', skipped='e'),
            self.read(('a', 'exists'), ('a', 'inprogress'), ('a', 'success'),
                      ('b', 'xfail'), ('c', 'fail'), ('d', 'uxsuccess'),
                      ('e', 'skip')))

    def test_never_ended(self):
        self.assertEqual(outcome(failed='a'), self.read(('a', 'inprogress')))

    def test_never_begun(self):
        self.assertEqual(outcome(failed='a'), self.read(('a', 'exists')))

    def test_scenarios(self):
        self.assertEqual(
            outcome(['a(x)', 'a(y)'], failed='b'),
            self.read(('a', 'exists'), ('b', 'exists'),
                      ('a(x)', 'success'), ('a(y)', 'success')))

    def test_class_that_is_skipped(self):
        self.assertEqual(
            outcome(['a.B.c'], skipped=['a.D.e', 'a.D.f[id-1]']),
            self.read(('a.B.c', 'exists'), ('a.D.e', 'exists'),
                      ('a.D.f[id-1]', 'exists'), ('a.B.c', 'success'),
                      ('setUpClass (a.D)', 'skip')))

    def test_failed_once(self):
        self.assertEqual(outcome(failed='a'),
                         self.read(('a', 'fail'), ('a', 'success')))

    def test_nothing(self):
        self.assertEqual(outcome(), self.read())


class TestResult(base.TestCase):

    def problems(self, **outcomes):
        """Add outcomes to a result; returns its problems as one text."""
        result = releases.Result(releases.choose(['15.1.2-3.11'])[0])
        for kind, one in outcomes.items():
            result.add(kind.replace('_', '-'), one)
        return '\n'.join(result.problems)

    def test_all_is_well(self):
        stock = outcome(passed='ab', failed='c', skipped='d')
        self.assertEqual('', self.problems(
            stock=stock, drop_in=stock, ours=outcome('xy', skipped='z')))

    def test_drop_in_fails(self):
        problems = self.problems(stock=outcome('ab'),
                                 drop_in=outcome('a', failed='b'))
        self.assertIn('drop-in: these tests', problems)
        self.assertEqual(['    b'], problems.splitlines()[1:])

    def test_drop_in_skips(self):
        self.assertIn('    b', self.problems(
            stock=outcome('ab'), drop_in=outcome('a', skipped='b')))

    def test_drop_in_has_lost_one(self):
        self.assertIn('    b', self.problems(
            stock=outcome('ab'), drop_in=outcome('a')))

    def test_drop_in_fails_what_stock_does_not_have(self):
        self.assertIn('    b', self.problems(
            stock=outcome('a'), drop_in=outcome('a', failed='b')))

    def test_drop_in_passes_what_stock_fails(self):
        self.assertEqual('', self.problems(
            stock=outcome('a', failed='b'), drop_in=outcome('ab')))

    def test_ours_fail(self):
        self.assertIn('    y', self.problems(ours=outcome('x', failed='y')))

    def test_nothing_passes(self):
        for kind in releases.Result.KINDS:
            self.assertEqual(
                kind + ': no test passes', self.problems(
                    **{kind: outcome(failed='a', skipped='b')}))


class TestChoose(base.TestCase):

    def names(self, *patterns):
        return ['%s-%s' % row[:2] for row in releases.choose(patterns)]

    def test_all(self):
        self.assertEqual(
            sum(len(tested.releases) * len(tested.pythons)
                for tested in project.TESTED), len(self.names()))

    def test_order(self):
        self.assertEqual(
            ['15.1.2-3.10', '15.1.2-3.11', '15.1.2-3.12', '15.1.2-3.13'],
            self.names('15.1.2'))

    def test_some(self):
        self.assertEqual(['14.1.2-3.9', '15.1.2-3.12'],
                         self.names('15.1.2-3.12', r'14\..*-3\.9'))
        self.assertEqual([], self.names('5.1.2'))


class TestMain(base.TestCase):

    def run_main(self, *arguments, **changes):
        """Run the program, each row of which has the changes."""
        def test(row, folder):
            result = releases.Result(row)
            vars(result).update(changes)
            return result

        self.useFixture(fixtures.MockPatchObject(releases, 'test', test))
        self.useFixture(fixtures.MockPatchObject(
            sys, 'argv', ['releases', '--folder', self.folder, *arguments]))
        self.shown = self.useFixture(fixtures.StringStream('stdout')).stream
        self.useFixture(fixtures.MonkeyPatch('sys.stdout', self.shown))
        return releases.main()

    def test_all_is_well(self):
        self.assertEqual(0, self.run_main('14.1.2'))

    def test_problem(self):
        self.assertEqual(1, self.run_main('14.1.2', problems=['x']))

    def test_missing_python(self):
        self.assertEqual(0, self.run_main('14.1.2-3.9',
                                          remark='no Python 3.9 here'))
        self.shown.seek(0)
        self.assertIn('| no Python 3.9 here |', self.shown.read())

    def test_a_part_is_written(self):
        write_row = self.useFixture(fixtures.MockPatchObject(
            releases.evidence, 'write_row')).mock
        self.run_main('14.1.2', '--write')
        self.assertEqual(['14.1.2-3.9', '14.1.2-3.11'],
                         [call[0][3] for call in write_row.call_args_list])

    def test_no_such_row(self):
        error = self.assertRaises(SystemExit, self.run_main, '99')
        self.assertEqual(2, error.code)
