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

"""The comparison shows what stock Watcher gets wrong."""

import subprocess
import sys

import fixtures
from oslotest import base

from lab.comparison import __main__ as comparison
from lab.comparison import cases
from lab.functional import base as functional
from lab.support import processes

GAVE_UP = 'lab.functional.test_refused.TestGivenUp.test_full_host'


def play(*verdicts, seconds=0.5, problems=''):
    return cases.Play(verdicts, seconds, 'ACTIVE, on source', problems)


class TestComparison(base.BaseTestCase):

    def compare(self, *arguments):
        return subprocess.run(
            [sys.executable, '-m', 'lab.comparison', *arguments],
            cwd=processes.ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True)

    def test_one_case(self):
        done = self.compare(r'TestMoved\.test_already_there$')
        self.assertEqual(0, done.returncode, done.stderr)
        row, = (line for line in done.stdout.splitlines()
                if 'Moved: already there' in line)
        drop_in, _, stock, _, mark, left = [
            cell.strip() for cell in row.split('|')[2:8]]
        self.assertEqual(('True, True', 'wrong', 'SHUTOFF, on destination'),
                         (drop_in, mark, left))
        self.assertEqual(
            'BadRequest, BadRequest' if functional.HAS_NOVACLIENTS_ERRORS
            else 'NovaClientError, NovaClientError', stock)
        for group in ('Moved', 'All'):
            self.assertRegex(done.stdout,
                             r'\| %s +\| +1 \| +1 \| +0 \| +0 \|' % group)
        self.assertIn('[1/1]', done.stderr)

    def test_no_case(self):
        done = self.compare('no such case')
        self.assertEqual(2, done.returncode)
        self.assertIn('no case matches', done.stderr)


class TestMark(base.BaseTestCase):

    def assert_mark(self, mark, drop_in, stock):
        self.assertEqual(
            mark, cases.Case(GAVE_UP, drop_in, stock).mark)

    def test_right(self):
        self.assert_mark('', play(True), play(True))

    def test_all_but_true_is_a_failure(self):
        self.assert_mark('', play(False), play(None))
        self.assert_mark('', play(False), play('BadRequest'))

    def test_wrong(self):
        self.assert_mark('wrong', play(True), play(False))
        self.assert_mark('wrong', play(False), play(True, seconds=900))
        self.assert_mark('wrong', play(True, True), play(True))

    def test_late(self):
        self.assert_mark('late', play(False), play(False, seconds=10))

    def test_the_drop_in_failed(self):
        self.assert_mark('unknown', play(True, problems='it has not moved'),
                         play(True))


class TestStatus(base.BaseTestCase):

    def main(self, *played):
        """Give what is shown and returned where the cases went like this."""
        self.useFixture(fixtures.MockPatchObject(
            cases, 'compare_all', lambda test_ids: played))
        self.useFixture(fixtures.MockPatchObject(
            sys, 'argv', ['comparison', GAVE_UP]))
        stdout = self.useFixture(fixtures.StringStream('stdout')).stream
        self.useFixture(fixtures.MonkeyPatch('sys.stdout', stdout))
        status = comparison.main()
        stdout.seek(0)
        return stdout.read(), status

    def test_the_drop_in_passed(self):
        shown, status = self.main(cases.Case(
            GAVE_UP, play(False), play(False, problems='nothing is said')))
        self.assertEqual(0, status)
        self.assertIn('Given up: full host', shown)
        self.assertNotIn('nothing is said', shown)

    def test_the_drop_in_failed(self):
        shown, status = self.main(cases.Case(
            GAVE_UP, play(False, problems='it has moved'), play(False)))
        self.assertEqual(1, status)
        self.assertIn('NOT pass %s\nit has moved' % GAVE_UP, shown)

    def test_what_calls_nothing_is_no_case(self):
        shown, status = self.main(cases.Case(GAVE_UP, play(), play()))
        self.assertEqual(0, status)
        self.assertNotIn('Given up', shown)
        shown, status = self.main(cases.Case(
            GAVE_UP, play(problems='it has moved'), play()))
        self.assertEqual(1, status)
        self.assertIn('NOT pass %s\nit has moved' % GAVE_UP, shown)

    def test_only_one_calls(self):
        shown, _ = self.main(cases.Case(GAVE_UP, play(False), play()))
        self.assertRegex(shown, r'full host +\| False .*\| not called .*wrong')
