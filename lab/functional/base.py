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

"""What the functional tests share: a Nova, a cloud, and Watcher's action."""

from concurrent import futures
import contextlib
import functools
import logging
import re
import subprocess
import sys
import tempfile
import time
from unittest import mock

import fixtures
from keystoneauth1 import exceptions as ksa_exceptions
from oslotest import base
from watcher.applier.actions import migration
from watcher.common.cold_migration import migration as cold_migration
from watcher.common import nova_helper
from watcher.common import nova_helper_stock
from watcher import conf as watcher_conf

from lab import client
from lab.functional import troubleshooting
from lab.nova import options as nova_options
from lab.nova import process
from lab.support import processes
from lab.support import waiting
from lab.watcher import configuration
from lab.watcher import release

CONF = watcher_conf.CONF

# Calls the method once, as an applier does.
CALL = '''
import importlib
import logging
import sys
from watcher import conf
_, module, path, server_id, destination = sys.argv
logging.basicConfig(level=logging.INFO)
conf.CONF(['--config-file', path], project='watcher')
importlib.import_module(module).NovaHelper().watcher_non_live_migrate_instance(
    instance_id=server_id, dest_hostname=destination)
'''

# Seconds between two looks, and how many looks: the time limit is long enough
# for a busy machine. Tests that reach it have shorter ones.
INTERVAL = 0.1
MAX_RETRIES = 300
# Seconds. What takes longer has waited for something that never came.
SOON = 24
# A time limit, in seconds, for tests that reach it while Nova's hosts are at
# work: Nova has to get that far first.
WORK_LIMIT = 6.0

# Of what a Nova does not have, there is no test: 20 is Train, 21 Ussuri.
NOVA_RELEASE = int(process.nova_version().partition('.')[0])

WATCHER_RELEASE = release.MAJOR
# How many cells Nova's hosts are in.
CELLS = nova_options.PARSER.parse_args([]).cells

# Where the scheduler finds no host: the status of the reply to the migrate
# request, for which Nova 20 waits, and what the records tell later, of which
# Nova 20 has no more than the error's class.
NO_VALID_HOST_STATUS = 202 if NOVA_RELEASE > 20 else 400
NO_VALID_HOST = 'No valid host' if NOVA_RELEASE > 20 else 'NoValidHost'

# From 16.0 on Watcher has errors of its own in place of novaclient's.
HAS_NOVACLIENTS_ERRORS = hasattr(nova_helper_stock, 'nvexceptions')


class TestCase(base.BaseTestCase):
    """A test on a real Nova. What it boots is deleted when it ends."""

    # What the test's Nova is started with.
    NOVA = ()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.nova = process.shared_nova(*cls.NOVA)

    def setUp(self):
        super().setUp()
        self.cloud = client.Cloud(self.nova)
        self.configure()
        self._ports = {}
        self.log = self.useFixture(fixtures.FakeLogger(
            name='watcher.common.cold_migration', level=logging.DEBUG,
            format='%(levelname)s %(message)s'))
        self.stock_log = self.useFixture(fixtures.FakeLogger(
            name='watcher.common.nova_helper'))

    def configure(self, nova=None, **options):
        """Have Watcher read a watcher.conf with these options, by group."""
        options['nova'] = dict({'migration_interval': INTERVAL,
                                'migration_max_retries': MAX_RETRIES,
                                'http_retry_interval': INTERVAL},
                               **nova or {})
        conf = self.useFixture(configuration.WatcherConf(self.nova, options))
        self.conf_path = conf.path
        CONF(['--config-file', conf.path], project='watcher')
        self.addCleanup(CONF.reset)

    @contextlib.contextmanager
    def limited(self, move=None, end=cold_migration.CONFIRM_LIMIT, **options):
        """Limit the time of calls that begin and end in the block.

        :param move: seconds for the move, if it is limited
        :param end: seconds for the confirmation, or for taking it back
        :param options: more of watcher.conf, by group
        """
        self.configure(nova={} if move is None else {
            'migration_max_retries': round(move / INTERVAL)}, **options)
        with mock.patch.object(cold_migration, 'CONFIRM_LIMIT', end):
            yield
        self.configure()

    def boot(self, running=True, **options):
        """Boot a server with a port as an ordinary user; returns its id."""
        server_id = self.cloud.boot(
            self.id()[-50:], nics=[{'net-id': client.NETWORK}], **options)
        self.addCleanup(self.cloud.delete, server_id)
        self.cloud.wait_for(server_id, 'ACTIVE')
        self._ports[server_id] = self.cloud.ports(server_id)
        if not running:
            self.cloud.stop(server_id)
        return server_id

    def other_host(self, server_id):
        """Name a compute host that the server is not on."""
        source = self.cloud.host(server_id)
        return next(host for host in self.cloud.hosts if host != source)

    def action(self, server_id, destination):
        """Make Watcher's own action for a cold migration."""
        action = migration.Migrate(None)
        action.input_parameters = {
            'migration_type': 'cold',
            'resource_id': server_id,
            'source_node': self.cloud.host(server_id),
            'destination_node': destination}
        return action

    def hosts_tried(self, server_id):
        """Name the hosts that Nova has asked to take a server."""
        return {event['host'] for event in self.cloud.events(server_id)
                if event['event'] == 'compute_prep_resize'}

    def migrate(self, server_id, destination):
        """Have Watcher's action migrate a server; returns the verdict."""
        return self._timed(self.action(server_id, destination).execute)

    def call(self, server_id, destination):
        """Call the method alone, without the action's own look."""
        return self._timed(self.calling(server_id, destination))

    @staticmethod
    def calling(server_id, destination):
        """Give a function that calls the method."""
        return functools.partial(
            nova_helper.NovaHelper().watcher_non_live_migrate_instance,
            instance_id=server_id, dest_hostname=destination)

    def _timed(self, work):
        start = time.monotonic()
        result = work()
        self.seconds = time.monotonic() - start
        return result

    def start(self, work):
        """Begin to do something in the background.

        Returns a function that waits until it is done, and gives the result.
        """
        pool = futures.ThreadPoolExecutor(1)
        self.addCleanup(pool.shutdown)
        # This runs before the shutdown: stock Watcher would wait for a held
        # reply for ever.
        self.addCleanup(self.cloud.fix_replies)
        self._started = pool.submit(self._timed, work)
        return self._started.result

    def posts(self, server_id):
        """Give Watcher's posts about a server: pairs of action and status."""
        return [(request['action'], request['status'])
                for request in self.cloud.requests(server_id)
                if request['method'] == 'POST' and request['is_watchers']]

    def wait_for_line(self, words):
        """Wait until the drop-in has logged a line with these words.

        Stock Watcher never does: then wait for the end of the call.
        """
        waiting.wait_until(
            lambda: words in self.log.output or self._started.done(), words)

    def wait_for_refusal(self):
        """Wait until Watcher has had a connection refused."""
        waiting.wait_until(
            lambda: 'failed, retrying' in self.log.output or
            'Retrying connection' in self.stock_log.output, 'a refusal')

    def lines(self, level):
        """Give the drop-in's log lines of one level."""
        return [line for line in self.log.output.splitlines()
                if line.startswith(level)]

    def last_line(self, level):
        """Give the drop-in's last log line of one level, if there is any."""
        return ''.join(self.lines(level)[-1:])

    def hold(self, host, method):
        """Hold a method of a host's driver until the test lets it go."""
        self.set_fault(host, method, 'hold')

    def set_fault(self, host, method, effect, **options):
        """Change a method of a host's driver until the test ends.

        See ``lab.nova.faults``.
        """
        if CELLS > 1:
            self.skipTest('Other methods are at work between cells')
        self.cloud.set_fault(host, method, effect, **options)
        self.addCleanup(self.cloud.clear_fault, host, method)

    def hold_requests(self, server_id, **options):
        """Hold Watcher's requests about a server until ``fix_replies``."""
        self.break_replies(server_id, hold=True, **options)

    def wait_for_held_request(self, server_id):
        """Wait until a request of Watcher's is held."""
        waiting.wait_until(
            lambda: any(request['held']
                        for request in self.cloud.requests(server_id)),
            'a request is held')

    def kill(self, host):
        """Let a compute host die, at most until the test ends."""
        self.cloud.kill_host(host)
        self.addCleanup(self.cloud.revive_host, host)

    def set_down(self, host):
        """Tell Nova that a host is down, at most until the test ends."""
        self.cloud.set_down(host, True)
        self.addCleanup(self.cloud.set_down, host, False)

    def disable(self, host):
        """Disable a compute host, at most until the test ends."""
        self.cloud.set_enabled(host, False)
        self.addCleanup(self.cloud.set_enabled, host, True)

    def forbid(self, rule):
        """Forbid what a rule of Nova's policy allows, until the test ends."""
        try:
            self.cloud.forbid(rule)
        except ksa_exceptions.BadRequest:
            self.skipTest('Nova %d has no rule %s' % (NOVA_RELEASE, rule))
        self.addCleanup(self.cloud.permit, rule)

    def refuse_connections(self):
        """Refuse Watcher's connections, at most until the test ends."""
        self.cloud.refuse_connections()
        self.addCleanup(self.cloud.accept_connections)

    def break_replies(self, server_id, **options):
        """Break replies about a server, at most until the test ends."""
        self.cloud.break_replies(path=server_id, **options)
        self.addCleanup(self.cloud.fix_replies)

    def assert_same_ports(self, server_id):
        """Check that it has the port that it was booted with."""
        port, = self.cloud.ports(server_id)
        self.assertEqual(self._ports[server_id], [port])

    def assert_moved(self, server_id, destination):
        """Check that it is there, moved and confirmed once, and soon."""
        self.assert_is_moved(server_id, destination)
        self.assertLess(self.seconds, SOON)

    def assert_is_moved(self, server_id, destination):
        """Check that it is there, moved and confirmed once."""
        self.assert_sits_on(server_id, destination)
        self.assertEqual(
            ['confirmed'],
            [record['status'] for record in self.cloud.migrations(server_id)])

    def assert_sits_on(self, server_id, destination):
        """Check that it has settled there, with its owner and its port."""
        shown = self.cloud.show(server_id)
        self.assertEqual(
            (destination, None, self.cloud.owners_session.get_project_id()),
            (shown['OS-EXT-SRV-ATTR:host'], shown['OS-EXT-STS:task_state'],
             shown['tenant_id']))
        self.assertIn(shown['status'], ('ACTIVE', 'SHUTOFF'))
        self.assert_same_ports(server_id)

    def assert_explained(self, server_id, *words):
        """Check that the one ERROR line names the server and says why."""
        error, = self.lines('ERROR')
        for word in (server_id, *words):
            self.assertIn(word, error)
        why, = re.findall(r' s: (.*) \(Nova request [\w-]+\)$', error)
        self.assertTrue(troubleshooting.has(why),
                        'Not in the operator\'s guide: %s' % why)
        return error


class OneServerTestCase(TestCase):
    """A test of one server on a Nova of three hosts."""

    def setUp(self):
        super().setUp()
        self.server_id = self.boot()
        self.source = self.cloud.host(self.server_id)
        self.destination, self.third_host = [
            host for host in self.cloud.hosts if host != self.source]

    def start_migrating(self):
        """Begin to have Watcher's action migrate it; see :meth:`start`."""
        return self.start(
            self.action(self.server_id, self.destination).execute)

    def migrate_while(self, host, method, task_state, act):
        """Act while a host's driver is at work; returns the verdict."""
        self.hold(host, method)
        verdict = self.start_migrating()
        self.cloud.wait_for_task(self.server_id, task_state)
        act()
        self.cloud.clear_fault(host, method)
        return verdict()

    def assert_moved_by_one_migration(self):
        """Check that it moved, and that Nova took one request of Watcher's."""
        self.assert_moved(self.server_id, self.destination)
        self.assertEqual(1, self.posts(self.server_id).count(
            ('migrate', 202)))


class DyingApplierTestCase(OneServerTestCase):
    """A test whose calls run in processes of their own, and are killed."""

    def setUp(self):
        super().setUp()
        # What is written to it outlives the applier.
        self.applier_log = tempfile.TemporaryFile('w+')
        self.addCleanup(self.applier_log.close)

    def start_applier(self):
        """Start a process that calls Watcher's method; returns it."""
        # It may be stock Watcher's (lab.comparison).
        module = nova_helper.NovaHelper.__module__
        applier = subprocess.Popen(
            [sys.executable, '-W', 'ignore', '-c', CALL, module,
             self.conf_path, self.server_id, self.destination],
            cwd=processes.ROOT,
            stdout=subprocess.DEVNULL, stderr=self.applier_log)
        self.addCleanup(applier.wait)
        self.addCleanup(applier.kill)
        return applier

    def kill_at(self, condition, what):
        """Have an applier begin, and kill it when the condition is true."""
        applier = self.start_applier()
        waiting.wait_until(condition, what)
        applier.kill()
        applier.wait()

    def kill_at_task(self, task):
        self.kill_at(lambda: self.cloud.task(self.server_id) == task, task)
