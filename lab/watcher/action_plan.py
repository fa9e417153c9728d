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

"""An action plan in Watcher's own database, executed by its own applier."""

import sys
import warnings

from oslo_utils import uuidutils
from sqlalchemy import engine
from sqlalchemy import event
from watcher.applier.action_plan import default as handler
from watcher.common import context as watcher_context
from watcher.common import service
from watcher.db import migration
from watcher.decision_engine import sync
from watcher import objects

# A goal and a strategy whose plans have cold migrations.
GOAL = 'cluster_maintaining'
STRATEGY = 'host_maintenance'


@event.listens_for(engine.Engine, 'before_cursor_execute', retval=True)
def _begin_to_write(connection, cursor, statement, parameters, *others):
    # SQLite lets threads wait for each other if each takes its lock first.
    if statement == 'BEGIN':
        statement = 'BEGIN IMMEDIATE'
    return statement, parameters


class ActionPlan:
    """An action plan of cold migrations.

    :param conf: the path of the ``watcher.conf``; it names the database,
        which is made
    :param migrations: what to migrate: tuples of server id, source host and
        destination host (None for the scheduler's choice)
    """

    def __init__(self, conf, migrations):
        # As watcher-applier is started; its plugin loader reads it again.
        sys.argv = ['watcher-applier', '--config-file', conf]
        service.prepare_service(sys.argv)
        # Watcher's step-by-step upgrade has SQL that SQLite doesn't know.
        migration.create_schema()
        # An applier loads no strategies: one of 17.0's has this process print
        # each warning each time.
        with warnings.catch_warnings():
            sync.Syncer().sync()
        self._context = watcher_context.make_context()
        self.uuid = self._create_plan()
        for server_id, source, destination in migrations:
            self._create_action(server_id, source, destination)

    def _create_plan(self):
        goal = objects.Goal.get_by_name(self._context, GOAL)
        strategy = objects.Strategy.get_by_name(self._context, STRATEGY)
        audit = objects.Audit(
            self._context, uuid=uuidutils.generate_uuid(),
            name='lab-%s' % uuidutils.generate_uuid(),
            audit_type=objects.audit.AuditType.ONESHOT.value,
            state=objects.audit.State.SUCCEEDED, goal_id=goal.id,
            strategy_id=strategy.id, auto_trigger=False, interval=None)
        audit.create()
        plan = objects.ActionPlan(
            self._context, uuid=uuidutils.generate_uuid(),
            audit_id=audit.id, strategy_id=strategy.id,
            state=objects.action_plan.State.PENDING)
        plan.create()
        self._id = plan.id
        return plan.uuid

    def _create_action(self, server_id, source, destination):
        parameters = {'resource_id': server_id, 'migration_type': 'cold',
                      'source_node': source}
        if destination is not None:
            parameters['destination_node'] = destination
        objects.Action(
            self._context, uuid=uuidutils.generate_uuid(),
            action_plan_id=self._id, action_type='migrate',
            input_parameters=parameters, parents=[],
            state=objects.action.State.PENDING).create()

    def execute(self):
        """Let Watcher's applier execute it, and wait for its end."""
        handler.DefaultActionPlanHandler(
            self._context, None, self.uuid).execute()

    def state(self):
        """Give the plan's state, from Watcher's database."""
        return objects.ActionPlan.get_by_uuid(self._context, self.uuid).state

    def action_states(self):
        """Give the actions' states, by server id, from Watcher's database."""
        actions = objects.Action.list(
            self._context, filters={'action_plan_uuid': self.uuid})
        return {action.input_parameters['resource_id']: action.state
                for action in actions}
