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

"""The demo shows what is promised, and fails if it is not so."""

import os
import subprocess
import sys

from oslotest import base

from lab.support import processes


class TestDemo(base.BaseTestCase):

    def run_demo(self, *arguments):
        return subprocess.run(
            [sys.executable, '-m', 'lab.demo', *arguments], cwd=processes.ROOT,
            env=dict(os.environ, COLUMNS='80'), stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)

    def test_as_promised(self):
        demo = self.run_demo('--hosts=2')
        self.assertEqual(0, demo.returncode, demo.stderr)
        for words in ('is SUCCEEDED', '| olgas-project | olga ',
                      '| SHUTOFF |', '| confirmed |',
                      'confirmResize: 2, migrate: 2'):
            self.assertIn(words, demo.stdout)
        self.assertIn('Everything is as promised',
                      demo.stdout.splitlines()[-1])
        self.assertIn('succeeded after', ' '.join(demo.stdout.split()))
        # Log lines, which are indented, fit the terminal; tables need up to
        # 100 columns.
        for line in demo.stdout.splitlines():
            self.assertLessEqual(len(line), 80 if line[:1] == ' ' else 100)

    def test_not_as_promised(self):
        demo = self.run_demo('--hosts=1', '--servers=1', '--destination=any')
        self.assertEqual(1, demo.returncode)
        for words in ('server-1: its action is FAILED',
                      'server-1: it has not moved',
                      'the action plan is FAILED'):
            self.assertIn(words, demo.stderr)

    def test_no_such_host(self):
        demo = self.run_demo('--destination=compute9')
        self.assertEqual(2, demo.returncode)
        self.assertIn('there are: compute1, compute2, compute3', demo.stderr)
