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

"""Run the functional tests on each Nova that setup.cfg lists.

Each Nova is as old as the Watcher that it is tested with. Exits with 1 if a
test fails, or if one could not be run. Where a Python is not there, the row
says so, and that is all.
"""

import argparse
import os
import re
import subprocess
import sys
import typing

from novamigrate import project

from lab.support import errors
from lab.support import processes
from tools import environment
from tools import evidence
from tools import outcomes
from tools import progress
from tools import pythons
from tools import tables
from tools import watchers

COLUMNS = ('Nova', 'microversion', 'Watcher', 'passed', 'failed',
           'skipped')
# These are about the lab, its commands and its Keystone, or take long: the
# command, faults of look-ups, and the same fault three times.
LEFT_OUT = (r'\.test_(bench|comparison|demo|hypervisor|invariants|lab|options|'
            r'openstack_client|replay|soak)\.|'
            r'test_identity\.Test(Keystone|TLS|Catalogue)|'
            r'TestFaultOfALookUp|,thrice\)|test_left_over')
WORKERS = 2

PARSER = argparse.ArgumentParser(
    prog='tox -e novas --', description=__doc__.splitlines()[0])
PARSER.add_argument('--folder', required=True, type=os.path.abspath,
                    help='where the environments are made, and kept')
PARSER.add_argument('--tests', default='',
                    help='run the tests whose ids match this regular '
                    'expression (default: all)')
PARSER.add_argument('novas', nargs='*', metavar='REGEX',
                    help='test on the releases of Nova that match, such as '
                    r'"32\..*" (default: all)')
evidence.add_option(PARSER)


class Run(typing.NamedTuple):
    """A run of the tests.

    :ivar nova: the :class:`novamigrate.project.Nova`
    :ivar cells: how many cells its hosts are in
    """

    nova: project.Nova
    cells: int

    def __str__(self):
        """Give the name to read."""
        cells = ', %d cells' % self.cells if self.cells > 1 else ''
        return '%s%s' % (self.nova.release, cells)


def choose(patterns):
    """List the runs on the Novas that match one of some expressions."""
    return [Run(nova, cells) for nova in project.NOVAS for cells in nova.cells
            if not patterns or any(re.fullmatch(pattern, str(nova.release))
                                   for pattern in patterns)]


def install_nova(nova, interpreter, folder):
    """Make the environment of a Nova.

    :param nova: the :class:`novamigrate.project.Nova`
    :param interpreter: the path of the Python to make it of
    :param folder: where environments are made, and kept
    :returns: the path of its Python
    :raises subprocess.CalledProcessError: if it can't be made
    """
    folder = os.path.join(folder, 'nova-%s' % nova.release)
    environment.make(
        # What is built is built with what was there on that day, too.
        folder, '--exclude-newer', nova.newest, '--build-constraints',
        os.devnull, '--requirements',
        os.path.join(project.ROOT, 'lab', 'nova', 'any-release.txt'),
        'nova==%s' % nova.release, 'openstack-placement==%s' % nova.placement,
        *nova.packages, python=interpreter)
    return os.path.join(folder, 'bin', 'python')


def install_watcher(release, folder):
    """Put a patched Watcher into the environment of those tested alike.

    :param release: its ``packaging.version.Version``
    :param folder: where environments are made, and kept
    :returns: the path of its Python
    :raises tools.outcomes.RunError: if that fails
    """
    tested = next(tested for tested in project.TESTED
                  if release in tested.releases)
    made = watchers.Environment(
        pythons.find(tested.pythons[0]), tested, os.path.join(
            folder, 'watcher-%s' % re.sub(r'\W+', '-', tested.name)))
    made.make(os.path.join(project.ROOT, 'lab', 'requirements.txt'))
    made.install_patched(release)
    return made.python


def run_tests(run, tests, nova, watcher, results):
    """Run the functional tests.

    :param run: the :class:`Run`
    :param tests: a regular expression of the ids of the tests
    :param nova: the path of the Python that has Nova
    :param watcher: that of the Python that has Watcher
    :param results: where stestr keeps the results
    :returns: the :class:`tools.outcomes.Outcome`
    :raises tools.outcomes.RunError: if there is no test in it
    """
    os.makedirs(results, exist_ok=True)
    return outcomes.run(
        [watcher, '-m', 'stestr', '--repo-url', results, '--top-dir',
         project.ROOT, '--test-path',
         os.path.join(project.ROOT, 'lab', 'functional'), 'run', '--subunit',
         '--concurrency', str(WORKERS),
         '--group-regex', r'^[^(]+(?=\.[^.(]+$)',
         '--exclude-regex', LEFT_OUT, *[tests][:bool(tests)]],
        project.ROOT, dict(
            os.environ, LAB_NOVA_PYTHON=nova,
            # An old Nova and a Keystone do not go together in one.
            LAB_KEYSTONE_PYTHON=processes.PYTHON,
            LAB_NOVA_CELLS=str(run.cells), PYTHON=watcher))


def microversion(nova):
    """Give the newest microversion of the Nova that a Python has."""
    return pythons.ask(
        nova, 'from nova.api.openstack import api_version_request\n'
        'print(api_version_request.max_api_version().get_string())')


def try_run(run, tests, folder):
    """Make what it takes, and run the tests.

    :returns: tuple of the table's row, and whether all is well
    """
    nova = run.nova
    interpreter = pythons.find(nova.python)
    if interpreter is None:
        return [str(run), '', str(nova.watcher), '', '',
                'no Python %s here' % nova.python], True
    try:
        with_nova = install_nova(nova, interpreter, folder)
        with_watcher = install_watcher(nova.watcher, folder)
        outcome = run_tests(
            run, tests, with_nova, with_watcher, os.path.join(
                folder, 'results-%s-%d' % (nova.release, run.cells)))
    except (errors.LabError, outcomes.RunError,
            subprocess.CalledProcessError) as exc:
        progress.say('  ' + str(exc))
        return [str(run), '', str(nova.watcher), '', 'not run', ''], False
    for test_id in sorted(outcome.failed):
        progress.say('  failed: ' + test_id)
    return [str(run), microversion(with_nova), str(nova.watcher),
            *map(len, outcome)], not outcome.failed


def main():
    """Test on all that was asked for; returns the exit status."""
    arguments = PARSER.parse_args()
    chosen = choose(arguments.novas)
    if not chosen:
        PARSER.error('nothing in setup.cfg matches')
    # A part of the Novas renews its rows.
    evidence.refuse_part(PARSER, arguments, arguments.tests)
    rows, all_well = [], True
    for run in progress.each(chosen, 'Nova %s'):
        row, is_well = try_run(run, arguments.tests, arguments.folder)
        progress.say('  ' + ', '.join(map(str, row)))
        rows.append(row)
        all_well = all_well and is_well
        if arguments.write:
            evidence.write_row('novas', "Each with Nova's own fixtures",
                               COLUMNS, str(run), row, map(str, choose([])))
    print(tables.table(COLUMNS, rows))
    return 0 if all_well else 1


if __name__ == '__main__':
    sys.exit(main())
