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

"""The programs that make and try tox environments know all of them."""

import configparser
import functools
import importlib
import os
import re
import signal
import subprocess
import sys

from novamigrate import project
from tests import base

sys.path.append(project.ROOT)
constraints = importlib.import_module('tools.constraints')
environment = importlib.import_module('tools.environment')
fresh = importlib.import_module('tools.fresh')
processes = importlib.import_module('lab.support.processes')
waiting = importlib.import_module('lab.support.waiting')

# Runs what takes a moment to end.
INTERRUPTED = """
import os
import sys
from lab.support import processes
from tools import fresh
processes.heed_first_interrupt()
fresh.run(['bash', '-c',
           'trap "trap : INT; touch ends; sleep 1; touch has-ended; exit" INT;'
           'touch runs; while sleep 0.1; do :; done'],
          sys.argv[1], os.environ)
"""


def read_tox():
    tox = configparser.ConfigParser(interpolation=None)
    tox.read(os.path.join(project.ROOT, 'tox.ini'))
    return tox


class TestTox(base.TestCase):

    def test_bases_end_with_what_pins_packages(self):
        """tox knows no base of a base."""
        tox = read_tox()
        self.assertIn('-c {tox_root}/constraints/',
                      tox['testenv']['install_command'])
        for name, section in tox.items():
            if name.startswith('testenv:') and 'base' in section:
                self.assertEqual(
                    'testenv', section['base'].split(',')[-1], name)


class TestFresh(base.TestCase):

    def test_each_environment_is_tried(self):
        tox = read_tox()
        names = {name.strip() for name in re.split(
            '[,\n]', tox['tox']['envlist']) if name}
        names |= {section.partition(':')[2] for section in tox
                  if section.startswith('testenv:')}
        # Those of the newest Watcher are tried in the same way.
        names = {re.sub('{,-newest}|-newest', '', name) for name in names}
        self.assertEqual(
            {name for name in names if not name.startswith('.')} - {'fresh'},
            {name.replace('-newest', '') for name in fresh.SMOKE})

    def test_interrupt_ends_what_runs(self):
        """It has a session of its own, which Ctrl-C does not reach."""
        interrupted = subprocess.Popen(
            [sys.executable, '-c', INTERRUPTED, self.folder],
            cwd=project.ROOT, stderr=subprocess.DEVNULL,
            preexec_fn=processes.heed_interrupts)
        # The terminal's, and tox's.
        for sign in ('runs', 'ends'):
            path = os.path.join(self.folder, sign)
            waiting.wait_until(functools.partial(os.path.exists, path), sign)
            interrupted.send_signal(signal.SIGINT)
        self.assertEqual(-signal.SIGINT, interrupted.wait())
        self.assertIn('has-ended', os.listdir(self.folder))

    def test_readme_has_one_set_up_command(self):
        self.assertRegex(fresh.setup_command(),
                         r'^python3 -m venv .* build-requirements\.txt$')


class TestFingerprint(base.TestCase):

    def link(self, name, to):
        path = os.path.join(self.folder, name)
        os.symlink(to, path)
        return path

    def test_of_environments_of_the_same_python(self):
        """Each of tox's has a link to it: they share what is made."""
        one, other = (self.link(name, sys.executable)
                      for name in ('one', 'other'))
        self.assertEqual(environment.fingerprint(one, ['nova']),
                         environment.fingerprint(other, ['nova']))

    def test_of_another_python(self):
        another = self.link('another', self.make_file('python', b''))
        self.assertNotEqual(environment.fingerprint(sys.executable, ['nova']),
                            environment.fingerprint(another, ['nova']))

    def test_of_other_packages(self):
        self.assertNotEqual(
            environment.fingerprint(sys.executable, ['nova==32.0.0']),
            environment.fingerprint(sys.executable, ['nova==34.0.0']))


class TestPinned(base.TestCase):

    def pinned(self, *instead):
        path = self.make_file('upper.txt', (
            b"click===8.1.8;python_version=='3.9'\n"
            b"click===8.2.2;python_version>='3.10'\nclick-man===0.5\n"))
        return constraints.pinned(path, instead)

    def test_in_place_of_all_pins_of_a_package(self):
        self.assertEqual(['click-man===0.5\n', 'click==8.2.1\n'],
                         self.pinned('click==8.2.1'))

    def test_nothing_else(self):
        self.assertEqual(3, len(self.pinned()))
