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

"""The Pythons of this machine, and the environment that they run in."""

import glob
import os
import subprocess
import sys

# An installed program must not find this program's own modules, and keeps its
# compiled files beside its source.
ENVIRONMENT = {name: value for name, value in os.environ.items()
               if name not in ('PYTHONPATH', 'PYTHONPYCACHEPREFIX')}


def ask(python, code):
    """Run code in another Python, apart from this checkout.

    :param python: the path of the Python
    :param code: the code
    :returns: what it prints
    :raises subprocess.CalledProcessError: if it fails
    """
    return subprocess.run([python, '-I', '-c', code], check=True,
                          stdout=subprocess.PIPE, text=True).stdout.strip()


def packages(python):
    """Give the folder of the packages that another Python has.

    :param python: the path of the Python
    :raises subprocess.CalledProcessError: if it does not run
    """
    return ask(python, 'import sysconfig\n'
               'print(sysconfig.get_path("purelib"))')


def find(version):
    """Find an interpreter on the PATH, or among pyenv's.

    :param version: the ``packaging.version.Version``, such as 3.11
    :returns: its path, or None if there is none
    """
    pyenv = os.environ.get('PYENV_ROOT') or os.path.expanduser('~/.pyenv')
    path = os.pathsep.join([os.environ['PATH'], *sorted(
        glob.glob(os.path.join(pyenv, 'versions', '*', 'bin')))])
    found = subprocess.run(
        [sys.executable, '-m', 'uv', 'python', 'find', '--system',
         '--no-python-downloads', str(version)],
        env=dict(os.environ, PATH=path), stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True)
    return found.stdout.strip() or None
