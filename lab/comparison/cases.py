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

"""The cases: functional tests, each played with one of the two helpers.

With the drop-in, the verdict is right if the test passes. With the helper that
Watcher was released with, the test's assertions are left out.
"""

import logging
logging.captureWarnings(True)

from concurrent import futures
import contextlib
import re
import sys
import time
import typing
import unittest

import fixtures
from novaclient import exceptions as nvexceptions
import testtools
from watcher.common import nova_helper
from watcher.common import nova_helper_stock

from lab.functional import base
from lab.support import errors
from lab.support import processes
from lab.support import waiting

MODULES = ('moved', 'refused', 'halfway', 'others', 'continued', 'faults')
METHOD = 'watcher_non_live_migrate_instance'

# Each has a Nova of its own.
WORKERS = 2
# Seconds by which stock Watcher may be slower than the drop-in.
LATE = 5
# Seconds that Nova gets to end what it is doing when a case is over.
SETTLE_LIMIT = 3


class Play(typing.NamedTuple):
    """How a case went with one of the two helpers.

    :ivar verdicts: what its calls of the method returned, in the order in
        which they began; or the names of the exceptions' classes
    :ivar seconds: what these calls took together
    :ivar left: how the server was when the case was over
    :ivar problems: why the test did not pass, as text; empty if it did
    """

    verdicts: typing.Tuple[typing.Any, ...]
    seconds: float
    left: str
    problems: str

    @property
    def successes(self):
        """Give the verdicts as Watcher's engine judges them."""
        return [verdict is True for verdict in self.verdicts]

    @property
    def words(self):
        """Give the verdicts as they are shown."""
        return ', '.join(map(str, self.verdicts)) or 'not called'


class Case(typing.NamedTuple):
    """A case: its test's id, and how it went."""

    test_id: str
    drop_in: Play
    stock: Play

    @property
    def name(self):
        """Give a name to read: the class's, the method's, the scenario's."""
        group, name, scenario = self._parts()
        scenario = ' (%s)' % scenario.replace(',', ', ') if scenario else ''
        return ('%s: %s%s' % (group, name, scenario)).replace('_', ' ')

    @property
    def group(self):
        """Give the class's name to read."""
        return self._parts()[0]

    def _parts(self):
        parts = re.match(r'.*\.Test(\w+)\.test_(\w+)(?:\((.*)\))?$',
                         self.test_id)
        group, *rest = parts.groups(default='')
        return [re.sub('(?<!^)([A-Z])', r' \1', group).capitalize(), *rest]

    @property
    def has_calls(self):
        """Tell whether either helper was called: else nothing is compared."""
        return bool(self.drop_in.verdicts or self.stock.verdicts)

    @property
    def mark(self):
        """Give the mark of stock Watcher; empty if it is right."""
        if self.drop_in.problems:
            return 'unknown'
        if self.stock.successes != self.drop_in.successes:
            return 'wrong'
        if self.stock.seconds - self.drop_in.seconds > LATE:
            return 'late'
        return ''


class Call:
    """One call of the method under test."""

    def __init__(self, server_id, wanted):
        self.server_id = server_id
        self.wanted = wanted
        self.verdict = None
        self.seconds = 0

    def make(self, method):
        """Make the call; returns what Watcher's action gets."""
        start = time.monotonic()
        try:
            self.verdict = method()
        except Exception as exc:
            self.verdict = type(exc).__name__
            return None
        finally:
            self.seconds = time.monotonic() - start
        return self.verdict


class Recorder(fixtures.Fixture):
    """Puts a helper under test, and records its calls and what they leave.

    :param helper: the class to take as Watcher's ``NovaHelper``

    :ivar calls: a list of :class:`Call`
    :ivar left: for each server how it was when its case was over, as text
    """

    def __init__(self, helper):
        self._helper = helper
        self._migrate = getattr(helper, METHOD)
        self._boot = base.TestCase.boot
        self._tear_down = base.TestCase.tearDown

    def _setUp(self):
        self.calls = []
        self.left = {}
        for owner, name, substitute in (
                (nova_helper, 'NovaHelper', self._helper),
                (self._helper, METHOD, self._recorded_migrate()),
                (base.TestCase, 'boot', self._recorded_boot()),
                (base.TestCase, 'tearDown', self._recorded_tear_down())):
            self.useFixture(fixtures.MockPatchObject(owner, name, substitute))

    def _recorded_migrate(self):
        def migrate(helper, *, instance_id, dest_hostname, **options):
            call = Call(instance_id, dest_hostname)
            self.calls.append(call)
            return call.make(lambda: self._migrate(
                helper, instance_id=instance_id, dest_hostname=dest_hostname,
                **options))
        return migrate

    def _recorded_boot(self):
        def boot(test, *args, **options):
            server_id = self._boot(test, *args, **options)
            # Just before it is deleted, when nothing is broken any more.
            test.addCleanup(self._look, test.cloud, server_id)
            return server_id
        return boot

    def _recorded_tear_down(self):
        def tear_down(test):
            # What is broken stays broken until Nova is done with the server.
            for call in self.calls:
                _settle(test.cloud, call.server_id)
            self._tear_down(test)
        return tear_down

    def _look(self, lab, server_id):
        _settle(lab, server_id)
        for call in self.calls:
            if call.server_id == server_id:
                self.left[server_id] = _look(lab, server_id, call.wanted)

    def play(self):
        """Give what was recorded, without the test's problems."""
        return Play(
            tuple(call.verdict for call in self.calls),
            sum(call.seconds for call in self.calls),
            self.left.get(self.calls[-1].server_id, '') if self.calls else '',
            '')


def _settle(lab, server_id):
    """Let Nova end what it is doing with a server, if it does soon."""
    # A test may forbid even an administrator to see the records.
    with contextlib.suppress(errors.LabError, nvexceptions.NotFound,
                             nvexceptions.Forbidden):
        waiting.wait_until(lambda: _is_settled(lab, server_id),
                           'Nova is done', limit=SETTLE_LIMIT)


def _is_settled(lab, server_id):
    shown = lab.show(server_id)
    if shown['status'] == 'VERIFY_RESIZE':
        # Else it is being confirmed.
        return lab.migrations(server_id)[-1]['status'] == 'finished'
    return shown['OS-EXT-STS:task_state'] is None


def _look(lab, server_id, wanted):
    """Describe a server: its state, its host, its newest migration."""
    try:
        shown = lab.show(server_id)
    except nvexceptions.NotFound:
        return 'deleted'
    records = lab.migrations(server_id)
    host = shown['OS-EXT-SRV-ATTR:host']
    if host is None:
        place = 'no host'
    elif host == wanted:
        place = 'destination'
    elif not records or host == records[0]['source_compute']:
        place = 'source'
    else:
        place = 'another host'
    words = [shown['status'], shown['OS-EXT-STS:task_state'], 'on ' + place,
             records and 'migration ' + records[-1]['status']]
    return ', '.join(filter(None, words))


class NoAssertions(fixtures.Fixture):
    """Lets a test go on to its end, whatever it sees."""

    # assertRaises makes the call, and uses assertThat.
    KEPT = ('assertRaises', 'assertThat')

    def _setUp(self):
        for name in [name for name in dir(testtools.TestCase)
                     if name.startswith('assert') and name not in self.KEPT]:
            self._drop(name)
        # Stock Watcher explains nothing.
        self._drop('assert_explained')

    def _drop(self, name):
        self.useFixture(fixtures.MockPatchObject(
            base.TestCase, name, lambda *args, **options: None))


def load():
    """Give the tests that are the cases, by id."""
    suite = unittest.defaultTestLoader.loadTestsFromNames(
        ['lab.functional.test_' + module for module in MODULES])
    return {test.id(): test for test in testtools.iterate_tests(suite)}


def play(test_id, helper):
    """Run a test with a helper; returns a :class:`Play`."""
    result = unittest.TestResult()
    with Recorder(helper) as recorder:
        unittest.TestSuite([load()[test_id]]).run(result)
    return recorder.play()._replace(problems='\n'.join(
        text for _, text in result.errors + result.failures))


def compare(test_id):
    """Run a test with both helpers; returns a :class:`Case`."""
    drop_in = play(test_id, nova_helper.NovaHelper)
    with NoAssertions():
        return Case(test_id, drop_in, play(test_id,
                                           nova_helper_stock.NovaHelper))


def compare_all(test_ids):
    """Run tests with both helpers, several at a time; returns the cases."""
    cases = {}
    with processes.pool(WORKERS) as pool:
        plays = [pool.submit(compare, test_id) for test_id in test_ids]
        for done in futures.as_completed(plays):
            case = done.result()
            cases[case.test_id] = case
            print('[%d/%d] %s' % (len(cases), len(plays), case.test_id),
                  file=sys.stderr, flush=True)
    return [cases[test_id] for test_id in test_ids]
