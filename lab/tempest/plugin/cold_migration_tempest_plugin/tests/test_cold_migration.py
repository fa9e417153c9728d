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

"""Plans of cold migrations: what their servers' owners and operators find."""

import functools

from tempest.common import waiters
from tempest import config
from tempest.lib.common.utils import data_utils
from tempest.lib.common.utils import test_utils
from tempest.lib import decorators
from watcher_tempest_plugin.tests.scenario import base

CONF = config.CONF

# Marks a test of what breaks on the way, which the stock module fails.
STOCK_FAILS = decorators.attr(type='stock_fails')
# Seconds within which a plan ends that Nova refuses at once.
SOON = 60
# How many servers a plan has that is cancelled; Watcher migrates two at once.
MANY = 6


def _host(server):
    return server['OS-EXT-SRV-ATTR:host']


def _owner(server):
    return server['tenant_id'], server['user_id'], server['name']


def _cold_migration(server, destination=None):
    """Give the action for the strategy "actuator"."""
    parameters = {'migration_type': 'cold', 'source_node': _host(server)}
    if destination is not None:
        parameters['destination_node'] = destination
    return {'action_type': 'migrate', 'resource_id': server['id'],
            'input_parameters': parameters}


class TestColdMigration(base.BaseInfraOptimScenarioTest):
    """Servers of an ordinary user, which are migrated by action plans."""

    # Since then the data model is listed.
    min_microversion = '1.3'
    # Since then migrations tell the project.
    compute_min_microversion = '2.80'

    def setUp(self):
        super().setUp()
        self.check_min_enabled_compute_nodes(2)
        self.addCleanup(self.rollback_compute_nodes_status)
        self.addCleanup(self.wait_delete_instances_from_model)

    def boot(self, running=True, **options):
        """Boot a server as an ordinary user, and wait until Watcher knows it.

        :param running: whether it is to be running
        :returns: the server, as an administrator sees it
        """
        server_id = self.create_server(wait_until='ACTIVE', **options)['id']
        if not running:
            self.servers_client.stop_server(server_id)
            waiters.wait_for_server_status(
                self.servers_client, server_id, 'SHUTOFF')
        server = self.show(server_id)
        self.wait_for_instances_in_model([server])
        self.wait_for_instances_attributes_in_model(
            [server], {'server_state': server['OS-EXT-STS:vm_state']})
        return server

    def show(self, server_id):
        return self.mgr.servers_client.show_server(server_id)['server']

    def migrations(self, server):
        """Give the status, source, destination and project of each."""
        return [(record['status'], record['source_compute'],
                 record['dest_compute'], record['project_id'])
                for record in self.mgr.migrations_client.list_migrations(
                    instance_uuid=server['id'],
                    migration_type='migration')['migrations']]

    def plan(self, goal, strategy, **parameters):
        """Have a strategy make an action plan; returns its UUID."""
        template = self.create_audit_template_for_strategy(goal, strategy)
        audit = self.create_audit_and_wait(
            template['uuid'], parameters=parameters)
        return self.get_action_plan_and_validate_actions(
            audit['uuid'])[0]['uuid']

    def plan_of(self, *actions):
        """Make an action plan of these actions; returns its UUID."""
        return self.plan('unclassified', 'actuator', actions=list(actions))

    def start(self, plan):
        self.client.start_action_plan(plan)
        # No later test has anything to do with it.
        self.addCleanup(self.wait_until, self.has_action_plan_finished, plan)

    def wait_until(self, condition, *arguments, limit=None):
        # Options are there once a test runs.
        limit = limit or CONF.optimize.resource_timeout
        self.assertTrue(
            test_utils.call_until_true(
                functools.partial(condition, *arguments), limit,
                CONF.optimize.resource_check_interval),
            'Not within %s s' % limit)

    def execute(self, plan, **options):
        """Start a plan, and wait for its end; returns its state."""
        self.start(plan)
        self.wait_until(self.has_action_plan_finished, plan, **options)
        return self.client.show_action_plan(plan)[1]['state']

    def states(self, plan):
        """Give the states of a plan's migrations, by their servers' ids."""
        return {
            action['input_parameters']['resource_id']: action['state']
            for action in self.client.list_actions_detail(
                action_plan_uuid=plan)[1]['actions']
            if action['action_type'] == 'migrate'}

    def assert_moved(self, before, destination=None):
        """Check that a server was migrated once, and nothing else changed."""
        server = self.show(before['id'])
        self.assertEqual(_owner(before), _owner(server))
        self.assertEqual(before['status'], server['status'])
        if destination is None:
            self.assertNotEqual(_host(before), _host(server))
        else:
            self.assertEqual(destination, _host(server))
        # The project is that of who asked: Watcher's, not the owner's.
        (status, source, dest, project), = self.migrations(server)
        self.assertEqual(('confirmed', _host(before), _host(server)),
                         (status, source, dest))
        self.assertNotEqual(server['tenant_id'], project)

    def assert_stayed(self, before):
        """Check that a server is as it was."""
        server = self.show(before['id'])
        self.assertEqual(
            (_owner(before), before['status'], _host(before), None),
            (_owner(server), server['status'], _host(server),
             server['OS-EXT-STS:task_state']))
        self.assertNotIn('confirmed',
                         [record[0] for record in self.migrations(server)])

    @decorators.idempotent_id('5c8d5ad9-1b1f-4f43-a36e-f2c7cb6cf01b')
    def test_host_maintenance_of_stopped_server(self):
        server = self.boot(running=False)
        destination = self.get_host_other_than(server['id'])
        self.assertEqual('SUCCEEDED', self.execute(self.plan(
            'cluster_maintaining', 'host_maintenance',
            maintenance_node=_host(server), backup_node=destination)))
        self.assert_moved(server, destination)

    @decorators.idempotent_id('1b0ce1a5-7c3b-4f0c-a07a-85f3ba8ba5a1')
    def test_host_maintenance_without_live_migration(self):
        server = self.boot()
        self.assertEqual('SUCCEEDED', self.execute(self.plan(
            'cluster_maintaining', 'host_maintenance',
            maintenance_node=_host(server), disable_live_migration=True)))
        self.assert_moved(server)

    @decorators.idempotent_id('8d8a2b55-3f0d-4b62-9a2b-6c9be2dfde7c')
    def test_zone_migration_of_stopped_server(self):
        server = self.boot(running=False)
        destination = self.get_host_other_than(server['id'])
        self.assertEqual('SUCCEEDED', self.execute(self.plan(
            'hardware_maintenance', 'zone_migration', compute_nodes=[
                {'src_node': _host(server), 'dst_node': destination}])))
        self.assert_moved(server, destination)

    @decorators.idempotent_id('e3c2a0f4-6a0f-4a3c-8a3e-7d0d6f9b2f10')
    def test_actuator_to_named_hosts(self):
        servers = [self.boot(), self.boot(running=False)]
        destinations = [self.get_host_other_than(server['id'])
                        for server in servers]
        self.assertEqual('SUCCEEDED', self.execute(self.plan_of(
            *map(_cold_migration, servers, destinations))))
        for server, destination in zip(servers, destinations):
            self.assert_moved(server, destination)

    @decorators.idempotent_id('0f6f7c55-2a4e-4b0a-9a33-45a2f3a1c6c4')
    def test_actuator_to_where_the_scheduler_chooses(self):
        server = self.boot()
        self.assertEqual('SUCCEEDED', self.execute(
            self.plan_of(_cold_migration(server))))
        self.assert_moved(server)

    @decorators.idempotent_id('b8f6c1a0-52c5-4f1b-8d0a-3f0f5f7f6c1e')
    @STOCK_FAILS
    def test_already_there(self):
        server = self.boot()
        self.assertEqual('SUCCEEDED', self.execute(
            self.plan_of(_cold_migration(server, _host(server)))))
        self.assert_stayed(server)
        self.assertEqual([], self.migrations(server))

    @decorators.idempotent_id('c1d2a6a3-0b58-4d0e-8b57-9f1a8f0c9f0f')
    @STOCK_FAILS
    def test_scheduler_refuses(self):
        groups = self.os_primary.server_groups_client
        group = groups.create_server_group(
            name=data_utils.rand_name('apart'),
            policy='anti-affinity')['server_group']['id']
        self.addCleanup(groups.delete_server_group, group)
        server, other = [
            self.boot(scheduler_hints={'group': group}) for _ in range(2)]
        self.assertEqual('FAILED', self.execute(
            self.plan_of(_cold_migration(server, _host(other))), limit=SOON))
        self.assert_stayed(server)

    @decorators.idempotent_id('d0a3f0f5-0f65-4c41-9c0e-1a5d4e1f2b7a')
    def test_roll_back(self):
        paused, *others = [self.boot() for _ in range(3)]
        self.servers_client.pause_server(paused['id'])
        waiters.wait_for_server_status(
            self.servers_client, paused['id'], 'PAUSED')
        paused = self.show(paused['id'])
        plan = self.plan_of(*(
            _cold_migration(server, self.get_host_other_than(server['id']))
            for server in (paused, *others)))
        self.assertEqual('FAILED', self.execute(plan))
        states = self.states(plan)
        self.assertEqual('FAILED', states[paused['id']])
        self.assert_stayed(paused)
        # Whether Watcher takes them back or not, its verdicts are true.
        for server in others:
            if states[server['id']] == 'SUCCEEDED':
                self.assert_moved(server)
            else:
                self.assert_stayed(server)

    @decorators.idempotent_id('f2f0b5d1-9f6c-4a5e-86c3-7a3b1c0d8e95')
    def test_cancelled_half_way(self):
        servers = [self.boot() for _ in range(MANY)]
        plan = self.plan_of(*map(_cold_migration, servers))
        self.start(plan)
        self.wait_until(
            lambda: 'SUCCEEDED' in self.states(plan).values())
        self.client.update_action_plan(plan, [
            {'op': 'replace', 'path': '/state', 'value': 'CANCELLING'}])
        self.wait_until(self.has_action_plan_finished, plan)
        self.assertEqual('CANCELLED',
                         self.client.show_action_plan(plan)[1]['state'])
        states = self.states(plan)
        self.assertIn('CANCELLED', states.values())
        for server in servers:
            # One that was under way goes on to its end.
            if _host(self.show(server['id'])) != _host(server):
                self.assert_moved(server)
            else:
                self.assertEqual('CANCELLED', states[server['id']])
                self.assert_stayed(server)
