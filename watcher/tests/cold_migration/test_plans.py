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

"""Which plans run, and which servers they have."""

import datetime
from unittest import mock

import fixtures
from oslo_db import exception as db_exceptions
from oslotest import base

from watcher.common.cold_migration import exceptions
from watcher.common.cold_migration import plans

NOW = datetime.datetime(2026, 11, 26, 12)
DOWN_TIME, LONGEST = 90, 990


def ago(seconds):
    return NOW - datetime.timedelta(seconds=seconds)


class TestIsRunning(base.BaseTestCase):

    def is_running(self, state='ONGOING', changed=5, heartbeat=5):
        return plans.is_running(state, ago(changed), ago(heartbeat), NOW,
                                DOWN_TIME, LONGEST)

    def test_applier_lives(self):
        for heartbeat in (0, 60, DOWN_TIME):
            self.assertTrue(self.is_running(heartbeat=heartbeat))

    def test_applier_is_dead(self):
        for state in plans.RUNNING:
            self.assertFalse(self.is_running(state, heartbeat=DOWN_TIME + 1))

    def test_long_plan(self):
        self.assertTrue(self.is_running(changed=100000))

    def test_being_cancelled(self):
        self.assertTrue(self.is_running('CANCELLING', changed=LONGEST))

    def test_was_being_cancelled_when_its_applier_died(self):
        self.assertFalse(self.is_running('CANCELLING', changed=LONGEST + 1))


class TestServersInRunningPlans(base.BaseTestCase):

    def setUp(self):
        super().setUp()
        self.objects = self.useFixture(fixtures.MockPatchObject(
            plans, 'objects')).mock
        self.useFixture(fixtures.MockPatchObject(
            plans, 'CONF', mock.Mock(service_down_time=DOWN_TIME)))
        self.useFixture(fixtures.MockPatchObject(
            plans.options, 'time_limit', return_value=mock.Mock(seconds=900)))
        self.useFixture(fixtures.MockPatchObject(
            plans.timeutils, 'utcnow', return_value=NOW))
        self.actions = {}
        self.objects.Service.list.return_value = [
            self.row(host='alive', last_seen_up=ago(5)),
            self.row(host='dead', last_seen_up=ago(500)),
            self.row(host='new', last_seen_up=None, created_at=ago(5))]
        self.objects.ActionPlan.list.return_value = []
        self.objects.Action.list.side_effect = (
            lambda request, filters: self.actions[
                filters['action_plan_uuid']])

    @staticmethod
    def row(**columns):
        return mock.Mock(**dict(
            {'created_at': ago(1000), 'updated_at': None}, **columns))

    def have(self, uuid, hostname, *actions):
        self.objects.ActionPlan.list.return_value.append(
            self.row(uuid=uuid, hostname=hostname, state='ONGOING'))
        self.actions[uuid] = [
            mock.Mock(action_type=action,
                      input_parameters={'resource_id': server})
            for action, server in actions]

    def test_each_has_its_own(self):
        self.have('1', 'alive', ('migrate', 'a'), ('migrate', 'b'))
        self.have('2', 'new', ('migrate', 'c'))
        self.assertEqual({'a': '1', 'b': '1', 'c': '2'},
                         plans.servers_in_running_plans())

    def test_migrations_only(self):
        self.have('1', 'alive', ('change_nova_service_state', 'host'))
        self.assertEqual({}, plans.servers_in_running_plans())

    def test_dead_appliers(self):
        for host in ('dead', 'no row of this one', None):
            self.have(str(host), host, ('migrate', 'a'))
        self.assertEqual({}, plans.servers_in_running_plans())

    def test_states_asked_for(self):
        plans.servers_in_running_plans()
        (request,), options = self.objects.ActionPlan.list.call_args
        self.assertEqual({'state__in': ('ONGOING', 'CANCELLING')},
                         options['filters'])

    def test_times_with_a_zone(self):
        self.objects.Service.list.return_value = [self.row(
            host='alive',
            last_seen_up=ago(5).replace(tzinfo=datetime.timezone.utc))]
        self.have('1', 'alive', ('migrate', 'a'))
        self.assertEqual({'a': '1'}, plans.servers_in_running_plans())

    def test_no_database(self):
        self.objects.ActionPlan.list.side_effect = db_exceptions.DBError(
            Exception('no such table\n[SQL: SELECT ...]'))
        fault = self.assertRaises(exceptions.NoDatabase,
                                  plans.servers_in_running_plans)
        self.assertIn('no such table', str(fault))
        self.assertNotIn('SQL', str(fault))
