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

"""The demo: Watcher's own applier cold-migrates servers of a real Nova.

Boots servers as an ordinary user, writes an action plan into Watcher's own
database, lets Watcher's own applier execute it, and shows what Nova's and
Watcher's records say then. Exits with 1 if anything is not as promised.
"""

# Watcher's rule for its applier: patch before anything else is imported.
from watcher import eventlet as watcher_eventlet
watcher_eventlet.patch()
# Watcher turns on the warnings about eventlet while it is imported.
import logging
logging.captureWarnings(True)

import argparse
import collections
import contextlib
import os
import shlex
import subprocess
import sys
import time
import warnings

import fixtures

from lab import client
from lab.nova import options
from lab.nova import process
from lab.support import accounts
from lab.support import errors
from lab.support import terminal
from lab.watcher import action_plan
from lab.watcher import configuration
from tools import tables

PARSER = argparse.ArgumentParser(
    prog='tox -e demo --', description=__doc__.splitlines()[0])
PARSER.add_argument('--hosts', type=options.host_count, default=3,
                    help='compute hosts (default: %(default)s)')
PARSER.add_argument('--servers', type=int, default=2, choices=range(1, 101),
                    metavar='1-100', help='servers; every second one is '
                    'stopped (default: %(default)s)')
PARSER.add_argument('--destination', default='next', metavar='HOST',
                    help='where to: a compute host, such as compute1; "next" '
                    'for the one after the source; "any" for the choice of '
                    "Nova's scheduler (default: %(default)s)")
PARSER.add_argument('-v', '--verbose', action='store_true',
                    help="show Watcher's whole log, down to DEBUG")
PARSER.add_argument('-q', '--quiet', action='store_true',
                    help='show no log, only the results')


class Server:
    """One server of the demo, before and after."""

    def __init__(self, lab, server_id):
        self.id = server_id
        self._lab = lab
        self.before = self.look()
        self.source = self.before['host']
        self.destination = None

    def look(self):
        """Get what the demo shows of the server."""
        shown = self._lab.show(self.id)
        return {'name': shown['name'],
                'host': shown['OS-EXT-SRV-ATTR:host'],
                'status': shown['status'],
                'project': self._lab.name('project', shown['tenant_id']),
                'owner': self._lab.name('user', shown['user_id'])}

    def problems(self, after, action_state):
        """List what is not as promised, as sentences."""
        if action_state != 'SUCCEEDED':
            yield 'its action is %s' % action_state
        for name in ('status', 'project', 'owner'):
            if after[name] != self.before[name]:
                yield 'its %s has changed' % name
        if self.destination and after['host'] != self.destination:
            yield 'it is not on %s' % self.destination
        records = self._lab.migrations(self.id)
        if self.source != self.destination:
            if after['host'] == self.source:
                yield 'it has not moved'
            if [record['status'] for record in records] != ['confirmed']:
                yield 'Nova has not one confirmed migration of it'
        elif records:
            yield 'Nova has migrated it for nothing'


def boot(lab, count):
    """Boot servers, each second one to be stopped; returns them."""
    ids = [lab.boot('server-%d' % (number + 1)) for number in range(count)]
    for server_id in ids:
        lab.wait_for(server_id, 'ACTIVE')
    for server_id in ids[1::2]:
        lab.stop(server_id)
    return [Server(lab, server_id) for server_id in ids]


def destination(asked, hosts, source):
    """Give where a server is to go; None is the scheduler's choice."""
    if asked == 'any':
        return None
    if asked == 'next':
        return hosts[(hosts.index(source) + 1) % len(hosts)]
    return asked


def log_options(verbose):
    """Give the logging options of the watcher.conf."""
    if verbose:
        return {'debug': True}
    return {
        'logging_context_format_string': '%(levelname)s %(message)s',
        'default_log_levels': ','.join([
            'watcher=CRITICAL', 'watcher.common.cold_migration=INFO',
            'alembic=ERROR', 'neutronclient=ERROR', 'oslo_config=ERROR',
            'py.warnings=ERROR'])}


def change(before, after):
    """Show a value before and after; once if it is the same."""
    return after if after == before else '%s -> %s' % (before, after)


def show_servers(servers, after, action_states):
    """Print the servers: what has changed, and what has not."""
    shown = ('host', 'status', 'project', 'owner')
    terminal.say(tables.table(('server', 'action', *shown), [
        [server.before['name'], action_states[server.id],
         *(change(server.before[name], after[server.id][name])
           for name in shown)] for server in servers]))


def show_migrations(nova):
    """Print Nova's migration list, by the openstack client."""
    command = ['openstack', 'server', 'migration', 'list']
    for column in ('Server UUID', 'Source Compute', 'Dest Compute', 'Status'):
        command += ['-c', column]
    environment = dict(
        os.environ, **nova.environment(accounts.ADMIN),
        OS_COMPUTE_API_VERSION=client.MICROVERSION)
    terminal.say('\n$ ' + shlex.join(command))
    subprocess.run([os.path.join(sys.prefix, 'bin', command[0]),
                    *command[1:]], env=environment, check=True)


def show_calls(requests, seconds):
    """Print which API calls the plan took."""
    kinds = collections.Counter(
        request['action'] or request['method'] for request in requests)
    terminal.say('\n%d API calls of Nova (%s) in %.1f s' % (
        len(requests), ', '.join('%s: %d' % kind
                                 for kind in sorted(kinds.items())), seconds))


def write_plan(conf, servers, is_verbose):
    """Write an action plan into Watcher's database; returns it."""
    plan = action_plan.ActionPlan(conf, [
        (server.id, server.source, server.destination) for server in servers])
    if not is_verbose:
        terminal.wrap_log()
    return plan


def run(arguments, nova):
    """Run the demo on a running Nova; returns the problems, as sentences."""
    lab = client.Cloud(nova)
    with terminal.stage('Booting %d servers as user %s of project %s' % (
            arguments.servers, accounts.OWNER.user,
            accounts.OWNER.project)):
        servers = boot(lab, arguments.servers)
        for server in servers:
            server.destination = destination(
                arguments.destination, nova.hosts, server.source)
            terminal.say('  {name} is {status} on {host}'.format(
                **server.before))
    with fixtures.TempDir() as folder, configuration.WatcherConf(nova, {
            'DEFAULT': log_options(arguments.verbose),
            'database': {'connection': 'sqlite:///%s' % os.path.join(
                folder.path, 'watcher.sqlite')}}) as conf:
        with terminal.stage("Writing an action plan into Watcher's database"):
            plan = write_plan(conf.path, servers, arguments.verbose)
        with terminal.stage("Watcher's applier executes action plan"):
            asked, start = len(lab.requests()), time.monotonic()
            plan.execute()
            seconds = time.monotonic() - start
        requests = [request for request in lab.requests()[asked:]
                    if request['who'] == accounts.WATCHER.user]
        state, action_states = plan.state(), plan.action_states()
    after = {server.id: server.look() for server in servers}
    terminal.say('\nAction plan %s is %s' % (plan.uuid, state))
    show_servers(servers, after, action_states)
    show_migrations(nova)
    show_calls(requests, seconds)
    problems = ['%s: %s' % (server.before['name'], problem)
                for server in servers for problem in server.problems(
                    after[server.id], action_states[server.id])]
    return problems + ([] if state == 'SUCCEEDED'
                       else ['the action plan is %s' % state])


def main():
    """Run the demo.

    :returns: 0 if everything is as promised, 1 if not
    """
    arguments = PARSER.parse_args()
    hosts = ['compute%d' % (number + 1) for number in range(arguments.hosts)]
    if arguments.destination not in ['next', 'any', *hosts]:
        PARSER.error('there is no host %s; there are: %s' % (
            arguments.destination, ', '.join(hosts)))
    # And so does oslo.log, when it is set up.
    warnings.simplefilter('ignore')
    if arguments.quiet:
        logging.disable()
    start = time.monotonic()
    try:
        with contextlib.ExitStack() as stack:
            with terminal.stage('Starting Nova with %d compute hosts, and '
                                'Keystone' % arguments.hosts):
                nova = stack.enter_context(
                    process.NovaProcess('--hosts=%d' % arguments.hosts))
            problems = run(arguments, nova)
    except errors.LabError as exc:
        return 'error: %s' % exc
    if problems:
        return 'NOT as promised:\n  ' + '\n  '.join(problems)
    terminal.say('Everything is as promised, %.0f s after the start' %
                 (time.monotonic() - start))
    return 0


if __name__ == '__main__':
    sys.exit(main())
