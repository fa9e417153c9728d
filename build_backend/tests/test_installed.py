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

"""The Watcher that tox installed, as an operator would."""

import base64
import hashlib
from importlib import metadata
import subprocess
import sys

from oslotest import base

import watcher


# What the command's modules have patched.
PATCHED_BY_EVENTLET = '''
from watcher.common.cold_migration import command
from watcher import objects
objects.register_all()
from eventlet import patcher
print(patcher.already_patched)
'''


class TestInstalled(base.BaseTestCase):

    def setUp(self):
        super().setUp()
        self.package = metadata.distribution('python-watcher')

    def test_every_file_has_the_hash_of_its_record(self):
        hashed = [file for file in self.package.files if file.hash]
        self.assertTrue(hashed)
        for file in hashed:
            digest = hashlib.new(file.hash.mode, file.read_binary()).digest()
            self.assertEqual(
                file.hash.value,
                base64.urlsafe_b64encode(digest).decode().rstrip('='), file)

    def test_pip_shows_that_it_is_patched(self):
        shown = subprocess.run(
            [sys.executable, '-m', 'pip', 'show', 'python-watcher'],
            stdout=subprocess.PIPE, text=True, check=True).stdout
        self.assertIn('.novamigrate\n', shown)

    def test_watcher_knows_its_own_version(self):
        self.assertEqual(self.package.version.split('+')[0],
                         watcher.__version__)

    def test_commands_are_there(self):
        names = [point.name for point in self.package.entry_points]
        for name in ('watcher-applier', 'watcher-cold-migration'):
            self.assertIn(name, names)

    def run_python(self, *arguments):
        return subprocess.run(
            [sys.executable, *arguments], stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True)

    def test_command_shows_no_warnings_of_what_it_imports(self):
        command = self.run_python('-m', 'watcher.common.cold_migration',
                                  '--config-file', 'none', 'list')
        self.assertEqual(2, command.returncode)
        error, = command.stdout.splitlines()
        self.assertIn('error: ', error)

    def test_command_has_native_threads(self):
        program = self.run_python('-W', 'ignore', '-c', PATCHED_BY_EVENTLET)
        self.assertEqual('{}', program.stdout.splitlines()[-1])
