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

"""Running the benchmark's programs, each in a process of its own."""

import json
import os
import subprocess
import sys

from lab import program


def run(module, *arguments, timeout=None):
    """Run a program; returns what its last line, which is JSON, tells.

    :param module: the program's module
    :param arguments: its arguments
    :param timeout: how many seconds it may take, or None
    :raises subprocess.TimeoutExpired: if it takes longer
    """
    ended = subprocess.run(
        [sys.executable, '-W', 'ignore', '-m', module, *arguments],
        cwd=program.ROOT, env=dict(os.environ, PYTHONWARNINGS='ignore'),
        stdout=subprocess.PIPE, text=True, timeout=timeout)
    return json.loads(ended.stdout.splitlines()[-1])
