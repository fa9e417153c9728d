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

"""Runs of tests in another Python, and what came of them."""

import collections
import subprocess
import tempfile
import typing

import subunit
import testtools

from tools import pythons

# How many lines are shown of the output of a run without tests.
SHOWN_LINES = 20


class RunError(Exception):
    """Something that has to run could not."""


class Outcome(typing.NamedTuple):
    """The result of a run of tests: the ids, by outcome.

    :ivar skipped: the reasons, by id
    """

    passed: typing.Set[str]
    failed: typing.Set[str]
    skipped: typing.Dict[str, str]

    def __str__(self):
        """Give the counts."""
        return '/'.join(str(len(ids)) for ids in self)


def run(command, folder, environment=pythons.ENVIRONMENT):
    """Run a command that writes a stream of subunit; read that.

    :param command: the command and its arguments
    :param folder: where to run it
    :param environment: its environment, as a dict
    :returns: the :class:`Outcome`
    :raises RunError: if there is no test in it
    """
    # Not into a pipe: eventlet, with which Watcher patches even select, waits
    # there for ever.
    with tempfile.TemporaryFile() as stream:
        done = subprocess.run(command, cwd=folder, env=environment,
                              stdout=stream, stderr=subprocess.PIPE)
        stream.seek(0)
        outcome = read_outcome(stream)
        stream.seek(0)
        said = (done.stderr + stream.read()).decode(errors='replace')
    if not any(outcome):
        raise RunError('\n    '.join(
            ['there was no test in the run:',
             *said.splitlines()[-SHOWN_LINES:]]))
    return outcome


def read_outcome(stream):
    """Read the results of tests.

    :param stream: a file with a stream of subunit, version 2
    :returns: the :class:`Outcome`; a test that was announced and did not run
        has failed, and so has one that ran twice and failed once
    """
    seen, reasons = collections.defaultdict(set), {}

    def note(test):
        statuses = seen[test['id']]
        if test['status'] != 'exists':
            statuses.add(test['status'])
        if 'reason' in test['details']:
            reasons[test['id']] = test['details']['reason'].as_text().strip()

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
    _skip_classes(seen, reasons)
    passed = {test_id for test_id, statuses in seen.items()
              if statuses and statuses <= {'success', 'xfail'}}
    skipped = {test_id: reasons.get(test_id, '')
               for test_id, statuses in seen.items() if statuses == {'skip'}}
    return Outcome(passed, set(seen) - passed - set(skipped), skipped)


def _skip_classes(seen, reasons):
    """Have tests be skipped whose class was skipped as a whole."""
    skipped = set()
    for test_id, statuses in seen.items():
        its_class = 'setUpClass (%s)' % test_id.partition('[')[0].rpartition(
            '.')[0]
        if not statuses and seen.get(its_class) == {'skip'}:
            statuses.add('skip')
            reasons[test_id] = reasons.get(its_class, '')
            skipped.add(its_class)
    for its_class in skipped:
        del seen[its_class]
