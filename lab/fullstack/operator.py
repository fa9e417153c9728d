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


"""What an operator does with the whole service, by the openstack client."""

import contextlib
import datetime
import json

from lab.fullstack import deployment
from lab.support import errors
from lab.support import waiting

# Seconds, on a busy machine.
BOOT_LIMIT = 900
HOSTS_LIMIT = 180
AUDIT_LIMIT = 120
PLAN_LIMIT = 1800
SETTLE_LIMIT = 60
# The client works for each look, on the cores that the services have.
PAUSE = 3

# Servers that are asked for at once.
PER_REQUEST = 10

# Statuses of migrations.
UNDER_WAY = ('queued', 'pre-migrating', 'migrating', 'post-migrating',
             'confirming', 'reverting')
# Those that hold nothing, or what is to be confirmed.
SETTLED = ('confirmed', 'reverted', 'finished')
# States of audits and action plans.
ENDED = ('SUCCEEDED', 'FAILED', 'CANCELLED')


class Operator:
    """An operator, and the owner of the servers.

    :param running: the :class:`lab.fullstack.deployment.Deployment`
    """

    def __init__(self, running):
        self._admin = running.admin
        self._owner = running.owner
        self._hosts = running.nova.hosts

    def boot(self, hosts, count, image=deployment.IMAGE):
        """Boot servers on these hosts alone, as their owner.

        :param hosts: the names of the hosts
        :param count: how many servers
        :param image: the image's name
        :returns: the ids of all servers
        :raises lab.support.errors.LabError: if Nova can't
        """
        others = [host for host in self._hosts if host not in hosts]
        self._set_enabled(others, False)
        # Nova schedules the servers of one request one after the other.
        for first in range(0, count, PER_REQUEST):
            self._owner.run(
                'server', 'create', '--image', image, '--flavor',
                deployment.FLAVOR, '--network', deployment.NETWORK,
                '--max', min(PER_REQUEST, count - first),
                'server-%d' % first)
        _wait_until(
            lambda: {server['Status'] for server in self.servers().values()
                     } <= {'ACTIVE', 'ERROR'}, 'servers are there',
            BOOT_LIMIT)
        for server_id, server in self.servers().items():
            if server['Status'] == 'ERROR':
                raise errors.LabError('Not booted: %s, %s' % (
                    server_id, self._admin.get(
                        'server', 'show', server_id)['fault']['message']))
        self._set_enabled(others, True)
        return sorted(self.servers())

    def _set_enabled(self, hosts, enabled):
        # Nova tells placement nothing of a host that is down.
        _wait_until(self._are_all_up, 'hosts are up', HOSTS_LIMIT)
        for host in hosts:
            self._admin.run('compute', 'service', 'set', '--enable'
                            if enabled else '--disable', host, 'nova-compute')

    def _are_all_up(self):
        return {listed['State'] for listed in self._admin.get(
            'compute', 'service', 'list', '--service', 'nova-compute')
                } == {'up'}

    def stop(self, server_ids):
        """Stop servers, as their owner, and wait until they are."""
        self._owner.run('server', 'stop', *server_ids)
        self.wait_for_status(server_ids, 'SHUTOFF')

    def start_and_pause(self, server_id):
        """Start and pause a server, as its owner, and wait until it is."""
        self._owner.run('server', 'start', server_id)
        self.wait_for_status([server_id], 'ACTIVE')
        self._owner.run('server', 'pause', server_id)
        self.wait_for_status([server_id], 'PAUSED')

    def set_active(self, server_id):
        """Have Nova take a server for active, as an administrator."""
        self._admin.run('server', 'set', '--state', 'active',
                        '--auto-approve', server_id)

    def is_at_rest(self, server_id):
        """Tell whether a server gets to no task_state within a minute."""
        with contextlib.suppress(errors.LabError):
            return _wait_until(
                lambda: self.servers()[server_id]['Task State'] is None,
                'it has no task_state', SETTLE_LIMIT)
        return False

    def reboot(self, server_id):
        """Reboot a server hard, as an administrator, and wait until it is."""
        self._admin.run('server', 'reboot', '--hard', server_id)
        self.wait_for_status([server_id], 'ACTIVE')

    def migrate(self, server_id, destination):
        """Cold-migrate a server, as an administrator, without confirming."""
        self._admin.run('server', 'migrate', '--host', destination, server_id)
        self.wait_for_status([server_id], 'VERIFY_RESIZE')

    def confirm(self, server_id):
        """Confirm a cold migration, as an administrator."""
        self._admin.run('server', 'resize', 'confirm', server_id)
        self.wait_for_status([server_id], 'ACTIVE')

    def wait_for_status(self, server_ids, status):
        """Wait until servers have a status, and Nova is done with them."""
        _wait_until(
            lambda: {(server['Status'], server['Task State'])
                     for server in self._some(server_ids)
                     } == {(status, None)}, 'servers are ' + status,
            BOOT_LIMIT)

    def _some(self, server_ids):
        return [server for server_id, server in self.servers().items()
                if server_id in server_ids]

    def servers(self):
        """Give all servers, by id, as the client lists them."""
        listed = self._admin.get(
            'server', 'list', '--all-projects', '--long', '--no-name-lookup',
            *(word for column in (
                'ID', 'Name', 'Status', 'Task State', 'Host', 'Project ID',
                'User ID') for word in ('-c', column)))
        return {server['ID']: server for server in listed}

    def clear(self):
        """Delete all servers, and let all hosts be used."""
        servers = list(self.servers())
        if servers:
            self._admin.run('server', 'delete', *servers)
        _wait_until(lambda: not self.servers(), 'servers are gone',
                    BOOT_LIMIT)
        self._set_enabled(self._hosts, True)

    def migrations(self):
        """Give Nova's migration list, the oldest first."""
        return sorted(self._admin.get('server', 'migration', 'list'),
                      key=lambda migration: migration['Id'])

    def migrations_of(self, server_id):
        """Give a server's migration records, the oldest first."""
        return [migration for migration in self.migrations()
                if migration['Server UUID'] == server_id]

    def free(self, migration):
        """Free what a migration holds in Placement."""
        allocation = 'resource', 'provider', 'allocation'
        if self._admin.get(*allocation, 'show', migration['UUID']):
            self._admin.run(*allocation, 'delete', migration['UUID'])

    def memory_in_use(self):
        """Give the memory in use by Placement, in MiB, by host."""
        return {
            provider['name']: next(
                used['usage'] for used in self._admin.get(
                    'resource', 'provider', 'usage', 'show', provider['uuid'])
                if used['resource_class'] == 'MEMORY_MB')
            for provider in self._admin.get('resource', 'provider', 'list')}

    def event_ends(self, server_id):
        """Give when Nova's work on a server ended, as datetimes in seconds."""
        ends = []
        for request in self._admin.get('server', 'event', 'list', server_id):
            shown = self._admin.get('server', 'event', 'show', server_id,
                                    request['Request ID'])
            ends += [datetime.datetime.fromisoformat(event['finish_time'][:19])
                     for event in shown['events'] if event['finish_time']]
        return ends

    def audit(self, goal, strategy, **parameters):
        """Make an audit, and wait for its action plan.

        :param goal: the goal's name
        :param strategy: the strategy's name
        :param parameters: what the strategy is told
        :returns: the action plan's UUID
        :raises lab.support.errors.LabError: if there is none
        """
        audit = self._admin.get(
            'optimize', 'audit', 'create', '--force', '-g', goal, '-s',
            strategy, *(word for name, value in parameters.items() for word in
                        ('-p', '%s=%s' % (name, _text(value)))))['UUID']
        # A plan can be started before all of its actions are in it.
        _wait_until(lambda: self._audit_state(audit) in ENDED,
                    'the audit has ended', AUDIT_LIMIT)
        plans = self._admin.get('optimize', 'actionplan', 'list', '--audit',
                                audit)
        if not plans:
            raise errors.LabError('No action plan came of audit %s: it is %s' %
                                  (audit, self._audit_state(audit)))
        return plans[0]['UUID']

    def plan(self, server_ids, source, destination):
        """Have servers be cold-migrated by a plan; gives its UUID."""
        return self.audit('unclassified', 'actuator', actions=[
            {'action_type': 'migrate', 'resource_id': server_id,
             'input_parameters': {
                 'migration_type': 'cold', 'source_node': source,
                 'destination_node': destination}}
            for server_id in server_ids])

    def _audit_state(self, audit):
        return self._admin.get('optimize', 'audit', 'show', audit)['State']

    def wait_until_known(self):
        """Wait until Watcher knows on which hosts the servers are."""
        _wait_until(self._watcher_knows, "Watcher's model is as Nova's",
                    AUDIT_LIMIT)

    def _watcher_knows(self):
        known = {server['Server UUID']: server['Node Host Name']
                 for server in self._admin.get('optimize', 'datamodel', 'list')
                 if server['Server UUID']}
        return known == {server_id: server['Host'] for server_id, server
                         in self.servers().items()}

    def start(self, plan):
        """Start an action plan."""
        self._admin.run('optimize', 'actionplan', 'start', plan)

    def cancel(self, plan):
        """Cancel an action plan."""
        self._admin.run('optimize', 'actionplan', 'cancel', plan)

    def wait_for_end(self, plan):
        """Wait until an action plan has ended; gives its state."""
        return _wait_until(
            lambda: self.state(plan) in ENDED and self.state(plan),
            'the action plan has ended', PLAN_LIMIT)

    def state(self, plan):
        """Tell an action plan's state."""
        return self._admin.get(
            'optimize', 'actionplan', 'show', plan)['State']

    def actions(self, plan):
        """Give a plan's migrations: dicts of state, server and parameters."""
        listed = self._admin.get('optimize', 'action', 'list', '--action-plan',
                                 plan, '--detail', '--limit', '0')
        return [{'state': action['State'],
                 'server': action['Parameters']['resource_id'],
                 'parameters': action['Parameters']}
                for action in listed if action['Action'] == 'migrate']

    def wait_for_task(self, server_ids, task_states):
        """Wait until Nova is at one of these tasks with one of the servers.

        :param server_ids: the servers' ids
        :param task_states: task_states, or statuses
        :returns: the server's id
        """
        def found():
            return next((
                server['ID'] for server in self._some(server_ids) if
                {server['Task State'], server['Status']} & set(task_states)),
                None)
        return waiting.wait_until(found, 'a server is at %s' % (task_states,),
                                  PLAN_LIMIT)

    def wait_for_task_of_all(self, server_ids, task_state):
        """Wait until Nova is at a task with each of the servers."""
        _wait_until(
            lambda: {server['Task State']
                     for server in self._some(server_ids)} == {task_state},
            'all servers are at ' + task_state, BOOT_LIMIT)

    def wait_until_settled(self, server_ids):
        """Wait until Nova is done with these servers, or does nothing more.

        It forgets what a compute host was doing that died; or does it once
        that has started again, and puts the server into ERROR.
        """
        with contextlib.suppress(errors.LabError):
            _wait_until(lambda: self._are_settled(server_ids),
                        'Nova is done with the servers', SETTLE_LIMIT)

    def _are_settled(self, server_ids):
        return all(map(_is_settled, self._some(server_ids))) and not any(
            migration['Status'] in UNDER_WAY
            for migration in self.migrations()
            if migration['Server UUID'] in server_ids)


def _is_settled(server):
    # What was begun with a server in ERROR is not told from what goes on.
    return server['Status'] == 'ERROR' or (
        server['Task State'] is None and server['Status'] != 'RESIZE')


def _wait_until(condition, what, limit=waiting.LIMIT):
    return waiting.wait_until(condition, what, limit, PAUSE)


def _text(value):
    return value if isinstance(value, str) else json.dumps(value)
