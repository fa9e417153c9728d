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

"""Resolve the files in constraints/ anew, as setup.cfg says."""

import argparse
import os
import subprocess
import sys

from novamigrate import project

PARSER = argparse.ArgumentParser(
    prog='tox -e constraints --', description=__doc__)
PARSER.add_argument('upper_constraints', type=os.path.abspath,
                    help="OpenStack's upper-constraints.txt of the series "
                    'that has no day in setup.cfg')


def resolve(constraints, upper_constraints):
    """Resolve and write one file.

    It holds for all platforms, and for the Pythons that Watcher is tested on
    with it, from the oldest on.

    :param constraints: a :class:`novamigrate.project.Constraints`
    :param upper_constraints: the path of OpenStack's upper constraints
    :raises subprocess.CalledProcessError: if there is no solution
    """
    tested = [tested for tested in project.TESTED
              if tested.constraints == constraints.name]
    packages = {'python-watcher===%s' % max(
        release for one in tested for release in one.releases)}
    packages.update(constraints.packages,
                    *(one.packages for one in tested))
    python = min(python for one in tested for python in one.pythons)
    if constraints.newest:
        # What was there on the series' day: not every series has upper
        # constraints of its own to be had, and none for an old Python has.
        # Watcher's own corrections came later.
        limits = ['--exclude-newer', constraints.newest,
                  '--exclude-newer-package', 'python-watcher=false',
                  '--fork-strategy', 'fewest']
    else:
        limits = ['--constraints', upper_constraints]
    subprocess.run(
        [sys.executable, '-m', 'uv', 'pip', 'compile', '--quiet',
         '--universal', '--upgrade', '--python-version', str(python),
         '--no-annotate', '--no-header', '--strip-extras',
         '--no-emit-package', 'python-watcher',
         '--output-file', project.constraints_path(constraints.name), *limits,
         'requirements.txt', *constraints.requirements, '-'],
        cwd=project.ROOT, input='\n'.join(sorted(packages)), text=True,
        stdout=subprocess.DEVNULL, check=True)


def main():
    """Resolve all files."""
    arguments = PARSER.parse_args()
    for constraints in project.CONSTRAINTS:
        print('constraints/%s.txt' % constraints.name, flush=True)
        resolve(constraints, arguments.upper_constraints)


if __name__ == '__main__':
    main()
