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

"""Virtual environments of stock and of patched Watchers."""

import glob
import os
import subprocess
import sys
import tempfile

from novamigrate import project
from tools import outcomes
from tools import pythons


class Environment:
    """A virtual environment for the Watchers that are tested alike.

    :param interpreter: the path of its Python
    :param tested: the :class:`novamigrate.project.Tested`
    :param folder: where to make it; if it is there already, it is kept

    :ivar tested: the same
    :ivar python: the path of its own Python
    """

    def __init__(self, interpreter, tested, folder):
        self._interpreter = interpreter
        self.tested = tested
        self._folder = folder
        self.python = os.path.join(folder, 'bin', 'python')

    def make(self, *requirements):
        """Make it, with what the newest of its Watchers depends on.

        :param requirements: paths of more requirements files
        :raises tools.outcomes.RunError: if that fails
        """
        uv('venv', '--allow-existing', '--python', self._interpreter,
           self._folder)
        self._install(
            '--constraints',
            project.constraints_path(self.tested.constraints),
            '--requirements', os.path.join(
                project.ROOT, 'test-requirements.txt'),
            *(word for path in requirements
              for word in ('--requirements', path)),
            *self.tested.packages,
            'python-watcher===%s' % self.tested.releases[-1])

    def check(self):
        """Check that nothing is there that must not be.

        :raises tools.outcomes.RunError: if there is a module of that kind
        """
        for module in self.tested.without:
            if pythons.ask(
                    self.python, 'import importlib.util\n'
                    'print(importlib.util.find_spec(%r))' % module) != 'None':
                raise outcomes.RunError(
                    '%s is there, and must not be' % module)

    def install_stock(self, release):
        """Put a released Watcher in place of the one that is there."""
        self._install('--no-deps', '--reinstall',
                      'python-watcher===%s' % release)

    def install_patched(self, release):
        """Build the patched Watcher, and put it in place of the stock one."""
        with tempfile.TemporaryDirectory() as folder:
            uv('build', '--wheel', '--python', self._interpreter,
               '--config-setting', 'watcher-version=%s' % release,
               '--out-dir', folder, project.ROOT)
            self._install('--no-deps', '--reinstall',
                          *glob.glob(os.path.join(folder, '*.whl')))

    def _install(self, *arguments):
        uv('pip', 'install', '--python', self.python, *arguments)

    def site(self):
        """Give the path of its packages."""
        return pythons.packages(self.python)


def uv(*arguments):
    """Run uv.

    :raises tools.outcomes.RunError: if it fails; its reason is on stderr
    """
    run = subprocess.run([sys.executable, '-m', 'uv', *arguments], text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if run.returncode:
        sys.stderr.write(run.stdout)
        raise outcomes.RunError('failed: uv ' + ' '.join(arguments))
