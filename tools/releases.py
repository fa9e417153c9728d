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
what the stock one does, or ours, or if something could not be run.
"""

import argparse
import collections
import glob
import os
import re
import subprocess
import sys
import tempfile
import typing

import prettytable
import subunit
import testtools

from novamigrate import project
from tools import evidence
from tools import pythons
from tools import rows

# Which of Watcher's unit tests are "helper and actions".
HELPER_TESTS = 'common/test_nova_helper.py'
ACTIONS_TESTS = 'applier/actions/**/test_*.py'
OUR_TESTS = 'watcher/tests/cold_migration'
NOT_WATCHERS = r'^watcher\.tests\.cold_migration\.'
# They test the pure core, which uses nothing of Watcher.
SEARCHES = 'test_(exhaustive|simulation)'

WORKERS = 2
# How many lines are shown of the output of a run without tests.
SHOWN_LINES = 20

PARSER = argparse.ArgumentParser(
    prog='tox -e releases --', description=__doc__.splitlines()[0])
PARSER.add_argument('--folder', required=True, type=os.path.abspath,
                    help='where the environments are made, and kept')
PARSER.add_argument('rows', nargs='*', metavar='REGEX',
                    help='test the releases that match as a whole, or '
                    'RELEASE-PYTHON such as 15.1.2-3.11 (default: all)')
evidence.add_option(PARSER)


class RunError(Exception):
    """Something that has to run could not."""


class Outcome(typing.NamedTuple):
    """The result of a run of tests: the ids, by outcome."""

    passed: typing.Set[str]
    failed: typing.Set[str]
    skipped: typing.Set[str]

    def __str__(self):
        """Give the counts."""
        return '/'.join(str(len(ids)) for ids in self)


class Result:
    """The result of a row.

    :ivar row: the :class:`tools.rows.Row`
    :ivar outcomes: for ``stock``, ``drop-in`` and ``ours`` the
        :class:`Outcome`, as far as they were run
    :ivar remark: why there is no result, if so
    :ivar problems: what is wrong, as text
    """

    KINDS = ('stock', 'drop-in', 'ours')

    def __init__(self, row):
        self.row = row
        self.outcomes = {}
        self.remark = ''
        self.problems = []

    def add(self, kind, outcome):
        """Add an outcome, print it, and note what is wrong with it."""
        self.outcomes[kind] = outcome
        say('  %s %s' % (kind, outcome))
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
        return [self.row.release, self.row.python, self.row.tested.tests,
                *(self.outcomes.get(kind, '-') for kind in self.KINDS)]


class Environment:
    """A virtual environment for the Watchers that are tested alike.

    :param interpreter: the path of its Python
    :param tested: the :class:`novamigrate.project.Tested`
    :param folder: where to make it; if it is there already, it is kept
    """

    def __init__(self, interpreter, tested, folder):
        self._interpreter = interpreter
        self._tested = tested
        self._folder = folder
        self._python = os.path.join(folder, 'bin', 'python')

    def make(self):
        """Make it, with what the newest of its Watchers depends on.

        :raises RunError: if that fails, or if there is a module that must not
            be there
        """
        uv('venv', '--allow-existing', '--python', self._interpreter,
           self._folder)
        self._install(
            '--constraints',
            project.constraints_path(self._tested.constraints),
            '--requirements', os.path.join(
                project.ROOT, 'test-requirements.txt'),
            *self._tested.packages,
            'python-watcher===%s' % self._tested.releases[-1])
        for module in self._tested.without:
            if self._ask('importlib.util.find_spec(%r)' % module) != 'None':
                raise RunError('%s is there, and must not be' % module)

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

    def run_watchers_tests(self):
        """Run the installed Watcher's own tests; returns the outcome."""
        site = self._site()
        unit = os.path.join(site, 'watcher', 'tests', 'unit')
        if not os.path.isdir(unit):
            unit = os.path.dirname(unit)
        if self._tested.tests == 'all':
            return self._stestr(site, unit, NOT_WATCHERS)
        # The helper's come last: those of Watchers up to 15.0 replace a class
        # of novaclient for good.
        files = [*sorted(glob.glob(os.path.join(unit, ACTIONS_TESTS),
                                   recursive=True)),
                 os.path.join(unit, HELPER_TESTS)]
        return self._run('subunit.run', *(
            os.path.relpath(file, site)[:-len('.py')].replace(os.sep, '.')
            for file in files))

    def run_our_tests(self):
        """Run the patch's own tests; returns the outcome."""
        site = self._site()
        return self._stestr(site, os.path.join(site, OUR_TESTS), SEARCHES)

    def _stestr(self, site, folder, exclude):
        # Ours have processes of their own, for the same reason.
        return self._run(
            'stestr', '--top-dir', site, '--test-path', folder, 'run',
            '--subunit', '--concurrency', str(WORKERS),
            '--exclude-regex', exclude)

    def _install(self, *arguments):
        uv('pip', 'install', '--python', self._python, *arguments)

    def _site(self):
        return self._ask('sysconfig.get_path("purelib")')

    def _ask(self, expression):
        return subprocess.run(
            [self._python, '-I', '-c',
             'import importlib.util, sysconfig; print(%s)' % expression],
            stdout=subprocess.PIPE, text=True, check=True).stdout.strip()

    def _run(self, module, *arguments):
        """Run a module that writes a stream of subunit; read that.

        :raises RunError: if there is no test in it
        """
        # Not in the checkout: its folder watcher/ is not a Watcher. Not into a
        # pipe: eventlet, with which Watcher patches even select, waits there
        # for ever.
        with tempfile.TemporaryDirectory() as folder, \
                tempfile.TemporaryFile() as stream:
            run = subprocess.run(
                [self._python, '-m', module, *arguments], cwd=folder,
                env=pythons.ENVIRONMENT, stdout=stream,
                stderr=subprocess.PIPE)
            stream.seek(0)
            outcome = read_outcome(stream)
            stream.seek(0)
            said = (run.stderr + stream.read()).decode(errors='replace')
        if not any(outcome):
            raise RunError('\n    '.join(
                ['there was no test in the run:',
                 *said.splitlines()[-SHOWN_LINES:]]))
        return outcome


def say(text):
    """Print the progress."""
    print(text, file=sys.stderr, flush=True)


def read_outcome(stream):
    """Read the results of tests.

    :param stream: a file with a stream of subunit, version 2
    :returns: the :class:`Outcome`; a test that was announced and did not run
        has failed, and so has one that ran twice and failed once
    """
    seen = collections.defaultdict(set)

    def note(test):
        statuses = seen[test['id']]
        if test['status'] != 'exists':
            statuses.add(test['status'])

    result = testtools.StreamToDict(note)
    result.startTestRun()
    subunit.ByteStreamToStreamResult(
        stream, non_subunit_name='stdout').run(result)
    result.stopTestRun()
    # A test of testscenarios is announced once, and runs as NAME(SCENARIO).
    run = {test_id.partition('(')[0]
           for test_id, statuses in seen.items() if statuses}
    seen = {test_id: statuses for test_id, statuses in seen.items()
            if statuses or test_id not in run}
    passed = {test_id for test_id, statuses in seen.items()
              if statuses and statuses <= {'success', 'xfail'}}
    skipped = {test_id for test_id, statuses in seen.items()
               if statuses == {'skip'}}
    return Outcome(passed, set(seen) - passed - skipped, skipped)


def uv(*arguments):
    """Run uv.

    :raises RunError: if it fails; its reason is on stderr
    """
    if subprocess.run([sys.executable, '-m', 'uv', '--quiet',
                       *arguments]).returncode:
        raise RunError('failed: uv ' + ' '.join(arguments))


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
        say('  ' + result.remark)
        return result
    environment = Environment(interpreter, row.tested, os.path.join(
        folder, '%s-%s' % (re.sub(r'\W+', '-', row.tested.name), row.python)))
    try:
        environment.make()
        environment.install_stock(row.release)
        result.add('stock', environment.run_watchers_tests())
        environment.install_patched(row.release)
        result.add('drop-in', environment.run_watchers_tests())
        result.add('ours', environment.run_our_tests())
    except RunError as exc:
        result.problems.append(str(exc))
    return result


def choose(patterns):
    """List the rows to test, the oldest release first."""
    return [row for row in rows.get()
            if not patterns or is_one_of(row, patterns)]


def is_one_of(row, patterns):
    """Tell whether a regular expression matches a row's name."""
    names = str(row.release), '%s-%s' % row[:2]
    return any(re.fullmatch(pattern, name)
               for pattern in patterns for name in names)


def table(results):
    """Make the table of the results, as text."""
    made = prettytable.PrettyTable(
        ['Watcher', 'Python', 'its tests', *Result.KINDS])
    made.align = 'l'
    for result in results:
        cells = result.cells()
        if result.remark:
            cells[len(cells) - len(Result.KINDS)] = result.remark
        made.add_row(cells)
    return 'Tests passed/failed/skipped\n%s' % made


def main():
    """Test what was asked for; returns the exit status."""
    arguments = PARSER.parse_args()
    chosen = choose(arguments.rows)
    if not chosen:
        PARSER.error('nothing in setup.cfg matches')
    evidence.refuse_part(PARSER, arguments, arguments.rows)
    results = []
    for number, row in enumerate(chosen, 1):
        say('[%d/%d] %s' % (number, len(chosen), row))
        result = test(row, arguments.folder)
        for problem in result.problems:
            say('  ' + problem)
        results.append(result)
    text = table(results)
    print(text)
    if arguments.write:
        evidence.write('releases', 'Watcher %s to %s' % (
            chosen[0].release, chosen[-1].release), text)
    return 1 if any(result.problems for result in results) else 0


if __name__ == '__main__':
    sys.exit(main())
