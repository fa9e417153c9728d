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

"""Test the patch with each Watcher that setup.cfg lists.

Each release's own tests are run on the stock package and on the patched one,
then ours on the latter. It exits with 1 if the patched Watcher does not pass
what the stock one does, or ours, or if something could not be run. Where a
Python is not there, the row says so, and that is all.
"""

import argparse
import glob
import os
import re
import sys
import tempfile

from tools import evidence
from tools import outcomes
from tools import progress
from tools import pythons
from tools import rows
from tools import tables
from tools import watchers

# Which of Watcher's unit tests are "helper and actions".
HELPER_TESTS = 'common/test_nova_helper.py'
ACTIONS_TESTS = 'applier/actions/**/test_*.py'
OUR_TESTS = 'watcher/tests/cold_migration'
NOT_WATCHERS = r'^watcher\.tests\.cold_migration\.'
# They test the pure core, which uses nothing of Watcher.
SEARCHES = 'test_(exhaustive|simulation)'

WORKERS = 2

PARSER = argparse.ArgumentParser(
    prog='tox -e releases --', description=__doc__.splitlines()[0])
PARSER.add_argument('--folder', required=True, type=os.path.abspath,
                    help='where the environments are made, and kept')
PARSER.add_argument('rows', nargs='*', metavar='REGEX',
                    help='test the releases that match as a whole, or '
                    'RELEASE-PYTHON such as 15.1.2-3.11 (default: all)')
evidence.add_option(PARSER)


class Result:
    """The result of a row.

    :ivar row: the :class:`tools.rows.Row`
    :ivar outcomes: for ``stock``, ``drop-in`` and ``ours`` the
        :class:`tools.outcomes.Outcome`, as far as they were run
    :ivar remark: why there is no result, if so
    :ivar problems: what is wrong, as text
    """

    KINDS = ('stock', 'drop-in', 'ours')
    COLUMNS = ('Watcher', 'Python', 'its tests', *KINDS)

    def __init__(self, row):
        self.row = row
        self.outcomes = {}
        self.remark = ''
        self.problems = []

    def add(self, kind, outcome):
        """Add an outcome, print it, and note what is wrong with it."""
        self.outcomes[kind] = outcome
        progress.say('  %s %s' % (kind, outcome))
        wrong = set()
        if not outcome.passed:
            self.problems.append('%s: no test passes' % kind)
        elif kind == 'drop-in':
            stock = self.outcomes['stock']
            wrong = ((outcome.failed - stock.failed) |
                     (stock.passed - outcome.passed))
        elif kind == 'ours':
            wrong = outcome.failed
        if wrong:
            self.problems.append('\n    '.join(
                ['%s: these tests should pass, and do not:' % kind,
                 *sorted(wrong)]))

    def cells(self):
        """Give the row of the table."""
        cells = [*self.row[:2], self.row.tested.tests,
                 *(self.outcomes.get(kind, '-') for kind in self.KINDS)]
        if self.remark:
            cells[-len(self.KINDS)] = self.remark
        return list(map(str, cells))


def run_watchers_tests(environment):
    """Run the installed Watcher's own tests.

    :param environment: the :class:`tools.watchers.Environment`
    :returns: the :class:`tools.outcomes.Outcome`
    """
    site = environment.site()
    unit = os.path.join(site, 'watcher', 'tests', 'unit')
    if not os.path.isdir(unit):
        unit = os.path.dirname(unit)
    if environment.tested.tests == 'all':
        return _stestr(environment, unit, NOT_WATCHERS)
    # The helper's come last: those of Watchers up to 15.0 replace a class
    # of novaclient for good.
    files = [*sorted(glob.glob(os.path.join(unit, ACTIONS_TESTS),
                               recursive=True)),
             os.path.join(unit, HELPER_TESTS)]
    return _run(environment, 'subunit.run', *(
        os.path.relpath(file, site)[:-len('.py')].replace(os.sep, '.')
        for file in files))


def run_our_tests(environment):
    """Run the patch's own tests; otherwise as :func:`run_watchers_tests`."""
    return _stestr(environment, os.path.join(environment.site(), OUR_TESTS),
                   SEARCHES)


def _stestr(environment, folder, exclude):
    # Ours have processes of their own, for the same reason.
    return _run(
        environment, 'stestr', '--top-dir', environment.site(), '--test-path',
        folder, 'run', '--subunit', '--concurrency', str(WORKERS),
        '--exclude-regex', exclude)


def _run(environment, module, *arguments):
    # Not in the checkout: its folder watcher/ is not a Watcher.
    with tempfile.TemporaryDirectory() as folder:
        return outcomes.run([environment.python, '-m', module, *arguments],
                            folder)


def test(row, folder):
    """Run all tests of a row.

    :param row: the :class:`tools.rows.Row`
    :param folder: where the environments are
    :returns: the :class:`Result`
    """
    result = Result(row)
    interpreter = pythons.find(row.python)
    if interpreter is None:
        result.remark = 'no Python %s here' % row.python
        progress.say('  ' + result.remark)
        return result
    environment = watchers.Environment(
        interpreter, row.tested, os.path.join(folder, '%s-%s' % (
            re.sub(r'\W+', '-', row.tested.name), row.python)))
    try:
        environment.make()
        environment.check()
        environment.install_stock(row.release)
        result.add('stock', run_watchers_tests(environment))
        environment.install_patched(row.release)
        result.add('drop-in', run_watchers_tests(environment))
        result.add('ours', run_our_tests(environment))
    except outcomes.RunError as exc:
        result.problems.append(str(exc))
    return result


def choose(patterns):
    """List the rows to test, the oldest release first."""
    return [row for row in rows.get()
            if not patterns or is_one_of(row, patterns)]


def is_one_of(row, patterns):
    """Tell whether a regular expression matches a row's name."""
    return any(re.fullmatch(pattern, name) for pattern in patterns
               for name in (str(row.release), row.name))


def main():
    """Test what was asked for; returns the exit status."""
    arguments = PARSER.parse_args()
    chosen = choose(arguments.rows)
    if not chosen:
        PARSER.error('nothing in setup.cfg matches')
    results, known = [], rows.get()
    for row in progress.each(chosen):
        result = test(row, arguments.folder)
        for problem in result.problems:
            progress.say('  ' + problem)
        results.append(result)
        if arguments.write:
            evidence.write_row(
                'releases', 'Watcher %s to %s; tests passed/failed/skipped' % (
                    known[0].release, known[-1].release), Result.COLUMNS,
                row.name, result.cells(), [row.name for row in known])
    print('Tests passed/failed/skipped')
    print(tables.table(Result.COLUMNS,
                       [result.cells() for result in results]))
    return 1 if any(result.problems for result in results) else 0


if __name__ == '__main__':
    sys.exit(main())
