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

"""The patch as a file: what it makes of a tree, and takes out again."""

import os
import shutil
import subprocess

from wheel import wheelfile

from novamigrate import patch_file
from novamigrate import patched_wheel
from novamigrate import stock
from tests import base

# Debian's build tools have patch; a machine with a clone has git.
APPLY = (['patch', '-p1', '--input'] if shutil.which('patch')
         else ['git', 'apply'])


class TestPatchFile(base.TestCase):

    def choice(self, **files):
        return stock.choose({stock.WHEEL_SETTING: self.make_wheel(
            files=dict(base.FILES, **files))})

    def unpack(self, wheel, name):
        """Unpack the ``watcher/`` tree of a wheel; returns its parent."""
        folder = os.path.join(self.folder, name)
        with wheelfile.WheelFile(wheel) as file:
            file.extractall(folder, [
                entry for entry in file.namelist()
                if entry.startswith('watcher/')])
        return folder

    def content(self, folder):
        found = {}
        for path, _, names in os.walk(folder):
            for name in names:
                with open(os.path.join(path, name), 'rb') as file:
                    found[os.path.relpath(file.name, folder)] = file.read()
        return found

    def assert_applies_and_comes_off(self, choice):
        patch = patch_file.write(choice, self.folder)
        tree = self.unpack(choice.wheel, 'stock')
        before = self.content(tree)
        wheel = patched_wheel.write(choice, self.folder)
        after = self.content(self.unpack(os.path.join(self.folder, wheel),
                                         'patched'))
        for options, content in (([], after), (['-R'], before)):
            subprocess.run([*APPLY, patch, *options], cwd=tree, check=True,
                           stdout=subprocess.DEVNULL)
            self.assertEqual(content, self.content(tree))

    def test_makes_the_patched_tree(self):
        self.assert_applies_and_comes_off(self.choice())

    def test_no_newline_at_the_end(self):
        self.assert_applies_and_comes_off(self.choice(**{
            stock.HELPER: 'class NovaHelper: pass'}))

    def test_header(self):
        with open(patch_file.write(self.choice(), self.folder)) as file:
            header = file.read().partition('\n--- ')[0]
        self.assertIn('Description: ', header)
        self.assertIn('Forwarded: not-needed', header)

    def test_same_bytes(self):
        choice = self.choice()
        first = self.content(os.path.dirname(
            patch_file.write(choice, self.folder)))
        patch_file.write(choice, self.folder)
        self.assertEqual(first, self.content(self.folder))
