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

"""Run OpenStack's acceptance tests of Watcher, patched and stock.

They are those of watcher-tempest-plugin that need no metrics, and ours, on a
whole service. Exits with 1 if the patched Watcher fails a test that stock
passes, or one of ours.
"""

import argparse
import os
import re
import subprocess
import sys

from lab.fullstack import command
from lab.fullstack import options
from lab.nova import process
from lab.support import errors
from lab.tempest import configuration
from lab.tempest import deployment
from lab.watcher import release
from tools import evidence
from tools import outcomes
from tools import pythons
from tools import tables

OURS = 'cold_migration_tempest_plugin'
TESTS = r'^(watcher_tempest_plugin\.tests\.(api|scenario)|%s)\.' % OURS
# These need a service with metrics.
LEFT_OUT = r'test_execute_(workload_balance|workload_stabilization|strategies)'

PARSER = argparse.ArgumentParser(
    prog='tox -e tempest --', description=__doc__.splitlines()[0])
PARSER.add_argument('--tempest', required=True, metavar='FOLDER',
                    type=os.path.abspath, help='the environment of tempest')
options.add_stay(PARSER)
PARSER.add_argument('regex', nargs='?', default=TESTS,
                    help='the tests whose ids match this (default: all)')
evidence.add_option(PARSER)


def run(running, environment, conf, regex, name):
    """Run the tests on the service as it is now.

    :param running: the :class:`lab.tempest.deployment.Deployment`
    :param environment: the folder of the environment that has tempest
    :param conf: the path of tempest.conf
    :param regex: which tests
    :param name: who is tested
    :returns: the :class:`tools.outcomes.Outcome`
    :raises tools.outcomes.RunError: if there is no test in it
    """
    command.say(name)
    python = os.path.join(environment, 'bin', 'python')
    packages = pythons.packages(python)
    stestr = [python, '-m', 'stestr', '--repo-url', running.site.subfolder(
        'results', name), '--top-dir', packages, '--test-path', os.path.join(
            packages, 'tempest', 'test_discover')]
    # One after the other: the tests share the hosts.
    outcome = outcomes.run(
        [*stestr, 'run', '--serial', '--subunit', '--exclude-regex', LEFT_OUT,
         regex],
        packages, dict(pythons.ENVIRONMENT, PYTHON=python,
                       TEMPEST_CONFIG_DIR=os.path.dirname(conf),
                       TEMPEST_CONFIG=os.path.basename(conf)))
    command.say('  passed/failed/skipped:', outcome)
    if outcome.failed:
        # This shows why.
        subprocess.run([*stestr, 'last'], cwd=packages)
    return outcome


def names(test_id):
    """Give the names of a test's class and of the test."""
    name, _, test = test_id.partition('[')[0].rpartition('.')
    return re.sub(r'^watcher_tempest_plugin\.tests\.', '', name), test


def of_class(outcome, name):
    """Give the part of an outcome that is of one class."""
    def is_its(test_id):
        return names(test_id)[0] == name

    return outcomes.Outcome(
        set(filter(is_its, outcome.passed)),
        set(filter(is_its, outcome.failed)),
        {test_id: outcome.skipped[test_id]
         for test_id in filter(is_its, outcome.skipped)})


def result(outcome, test_id):
    """Tell what became of a test."""
    return next((kind for kind in outcome._fields
                 if test_id in getattr(outcome, kind)), 'not run')


def compare(patched, stock):
    """Show two outcomes side by side, as text."""
    both = patched, stock
    rows = []
    for name in sorted({names(test_id)[0] for outcome in both
                        for ids in outcome for test_id in ids}):
        parts = [of_class(outcome, name) for outcome in both]
        rows.append([name, *parts, '; '.join(
            sorted(set(parts[0].skipped.values())))])
    text = 'passed/failed/skipped\n' + tables.table(
        ['tests', 'patched', 'stock', 'why skipped'],
        [*rows, ['all', *both, '']])
    failed = [[names(test_id)[1],
               *(result(outcome, test_id) for outcome in both),
               'yes' if 'stock_fails' in test_id else '']
              for test_id in sorted(patched.failed | stock.failed)]
    if failed:
        text += '\n\n' + tables.table(
            ['failed', 'patched', 'stock', 'expected of stock'], failed)
    return text


def worse(patched, stock):
    """List the tests that the patched Watcher has to pass, and does not."""
    ours = {test_id for kind in patched for test_id in kind
            if test_id.startswith(OURS)}
    return sorted((stock.passed | ours) - patched.passed)


def main():
    """Run the tests twice.

    :returns: the exit status
    """
    arguments = PARSER.parse_args()
    evidence.refuse_part(PARSER, arguments, arguments.regex != TESTS)

    def use(running):
        what = arguments.tempest, configuration.write(running), arguments.regex
        try:
            patched = run(running, *what, 'patched')
            running.use_stock()
            stock = run(running, *what, 'stock')
        except outcomes.RunError as exc:
            raise errors.LabError(str(exc)) from exc
        text = compare(patched, stock)
        print(text)
        if arguments.write:
            evidence.write(
                'tempest-' + release.WATCHER, 'Watcher %s, Nova %s' % (
                    release.WATCHER, process.nova_version()), text)
        failed = worse(patched, stock)
        for test_id in failed:
            print('The patched Watcher does NOT pass', test_id)
        return 1 if failed else 0

    return command.main(deployment.Deployment, arguments, use,
                        deployment.OPTIONS)


if __name__ == '__main__':
    sys.exit(main())
