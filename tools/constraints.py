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

"""Resolve the files in constraints/ again, as setup.cfg says."""

import argparse
import os
import re
import subprocess
import sys
import tempfile

from packaging import requirements

from novamigrate import project

# To learn its requirements, a package is built with the tools of its own day.
ENVIRONMENT = {name: value for name, value in os.environ.items()
               if name != 'UV_BUILD_CONSTRAINT'}


def _file(path):
    if not os.path.isfile(path):
        raise argparse.ArgumentTypeError('there is no file %s' % path)
    return os.path.abspath(path)


PARSER = argparse.ArgumentParser(
    prog='tox -e constraints --', description=__doc__)
PARSER.add_argument('upper_constraints', type=_file,
                    help="OpenStack's upper-constraints.txt of the series "
                    'that has no day in setup.cfg')


def resolve(constraints, upper_constraints):
    """Resolve and write one file.

    It holds for all platforms, and from the oldest Python on that Watcher is
    tested with.

    :param constraints: a :class:`novamigrate.project.Constraints`
    :param upper_constraints: the path of OpenStack's upper constraints
    :raises SystemExit: if there is no solution, or a release in it was yanked
    """
    tested = [tested for tested in project.TESTED
              if tested.constraints == constraints.name]
    packages = set(constraints.packages).union(
        *(one.packages for one in tested))
    files = list(constraints.requirements)
    if tested:
        files.append('requirements.txt')
        packages.add('python-watcher===%s' % max(
            release for one in tested for release in one.releases))
    python = constraints.python or min(
        python for one in tested for python in one.pythons)
    with tempfile.NamedTemporaryFile('w+', suffix='.txt') as pins:
        if constraints.newest:
            # The newest packages of the series' day: not every series still
            # has upper constraints, and none has them for an old Python.
            # Watcher's own fixes came later.
            limits = ['--exclude-newer', constraints.newest,
                      '--exclude-newer-package', 'python-watcher=false',
                      '--fork-strategy', 'fewest']
        else:
            pins.writelines(pinned(upper_constraints, constraints.instead))
            pins.flush()
            limits = ['--constraints', pins.name]
        uv = subprocess.run(
            [sys.executable, '-m', 'uv', 'pip', 'compile', '--universal',
             '--upgrade', '--python-version', str(python), '--no-annotate',
             '--no-header', '--strip-extras',
             '--no-emit-package', 'python-watcher', '--output-file',
             project.constraints_path(constraints.name), *limits, *files, '-'],
            cwd=project.ROOT, env=ENVIRONMENT, text=True,
            input='\n'.join(sorted(packages)), stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE)
    sys.stderr.write(uv.stderr)
    if uv.returncode:
        raise SystemExit('error: no %s.txt' % constraints.name)
    yanked = re.findall('`(.*?)` is yanked', uv.stderr)
    if yanked:
        raise SystemExit('error: yanked: %s; pin others in setup.cfg' %
                         ', '.join(yanked))


def pinned(upper_constraints, instead):
    """Give the lines of the upper constraints, with some pins replaced.

    :param upper_constraints: the path of the file
    :param instead: the pins that count instead, such as ``click==8.2.1``
    """
    replaced = {requirements.Requirement(pin).name for pin in instead}
    with open(upper_constraints) as file:
        kept = [line for line in file
                if re.split('[^A-Za-z0-9._-]', line, maxsplit=1)[0]
                not in replaced]
    return kept + ['%s\n' % pin for pin in instead]


def main():
    """Resolve all files."""
    arguments = PARSER.parse_args()
    for constraints in project.CONSTRAINTS:
        print('constraints/%s.txt' % constraints.name, flush=True)
        resolve(constraints, arguments.upper_constraints)


if __name__ == '__main__':
    main()
