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
from importlib import metadata
import os
import re
import subprocess
import sys

from lab.fullstack import command
from lab.nova import process
from lab.support import errors
from lab.support import tables
from lab.tempest import configuration
from lab.tempest import deployment
from tools import evidence
from tools import outcomes
from tools import pythons

OURS = 'cold_migration_tempest_plugin'
TESTS = r'^(watcher_tempest_plugin\.tests\.(api|scenario)|%s)\.' % OURS
# These need a service with metrics.
LEFT_OUT = r'test_execute_(workload_balance|workload_stabilization|strategies)'

PARSER = argparse.ArgumentParser(
    prog='tox -e tempest --', description=__doc__.splitlines()[0])
PARSER.add_argument('--tempest', required=True, metavar='FOLDER',
                    type=os.path.abspath, help='the environment of tempest')
PARSER.add_argument('--stay', action='store_true',
                    help='run nothing; keep it up until Ctrl-C')
PARSER.add_argument('regex', nargs='?', default=TESTS,
                    help='the tests whose ids match this (default: all)')
evidence.add_option(PARSER)


def run(running, environment, regex, name):
    """Run the tests on the service as it is now.

    :param running: the :class:`lab.tempest.deployment.Deployment`
    :param environment: the folder of the environment that has tempest
    :param regex: which tests
    :param name: who is tested
    :returns: the :class:`tools.outcomes.Outcome`
    :raises tools.outcomes.RunError: if there is no test in it
    """
    command.say(name)
    python = os.path.join(environment, 'bin', 'python')
    packages = pythons.ask(
        python, 'import sysconfig\nprint(sysconfig.get_path("purelib"))')
    conf = configuration.write(running)
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
        # Why.
        subprocess.run([*stestr, 'last'], cwd=packages)
    return outcome


def of_class(test_id):
    """Name the class of a test."""
    return re.sub(r'^watcher_tempest_plugin\.tests\.', '',
                  test_id.partition('[')[0].rpartition('.')[0])


def by_class(outcome):
    """Divide an outcome by class; returns a dict of outcomes."""
    divided = {}
    for kind in outcome._fields:
        for test_id in getattr(outcome, kind):
            of_its_class = divided.setdefault(
                of_class(test_id), outcomes.Outcome(set(), set(), {}))
            if kind == 'skipped':
                of_its_class.skipped[test_id] = outcome.skipped[test_id]
            else:
                getattr(of_its_class, kind).add(test_id)
    return divided


def compare(patched, stock):
    """Show two outcomes side by side, as text."""
    ours, theirs = by_class(patched), by_class(stock)
    nothing = outcomes.Outcome(set(), set(), {})
    rows = [[name, ours.get(name, nothing), theirs.get(name, nothing),
             '; '.join(sorted(set(
                 ours.get(name, nothing).skipped.values())))]
            for name in sorted({*ours, *theirs})]
    text = 'passed/failed/skipped\n' + tables.table(
        ['tests', 'patched', 'stock', 'why skipped'],
        [*rows, ['all', patched, stock, '']])
    failed = [[re.sub(r'\[.*', '', test_id).rpartition('.')[2],
               *('failed' if test_id in outcome.failed else 'passed'
                 for outcome in (patched, stock)),
               'yes' if 'stock_fails' in test_id else '']
              for test_id in sorted(patched.failed | stock.failed)]
    if failed:
        text += '\n\n' + tables.table(
            ['failed', 'patched', 'stock', 'expected of stock'], failed)
    return text


def worse(patched, stock):
    """List the tests that the patched Watcher has to pass, and fails."""
    return sorted(test_id for test_id in patched.failed
                  if test_id in stock.passed or test_id.startswith(OURS))


def main():
    """Run the tests twice.

    :returns: the exit status
    """
    arguments = PARSER.parse_args()
    evidence.refuse_part(PARSER, arguments, arguments.regex != TESTS)
    version = metadata.version('python-watcher').partition('+')[0]

    def use(running):
        try:
            patched = run(running, arguments.tempest, arguments.regex,
                          'patched')
            running.use_stock()
            stock = run(running, arguments.tempest, arguments.regex, 'stock')
        except outcomes.RunError as exc:
            raise errors.LabError(str(exc)) from exc
        text = compare(patched, stock)
        print(text)
        if arguments.write:
            evidence.write('tempest-' + version, 'Watcher %s, Nova %s' % (
                version, process.nova_version()), text)
        failed = worse(patched, stock)
        for test_id in failed:
            print('The patched Watcher FAILED', test_id)
        return 1 if failed else 0

    return command.main(deployment.Deployment, arguments, use,
                        deployment.OPTIONS)


if __name__ == '__main__':
    sys.exit(main())
