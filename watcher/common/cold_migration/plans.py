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

"""Which servers the running action plans of Watcher have.

Watcher's database tells. An applier that is killed leaves its plans as they
were: ``ONGOING``, until an applier cancels them when it starts (or, from
Watcher 16.0 on, when it sees that the other one is down). So a plan runs only
while its applier lives: it says so in the table of services each minute, and
Watcher takes it for down after ``service_down_time`` seconds.
"""

import datetime

from oslo_config import cfg
from oslo_db import exception as db_exceptions
from oslo_utils import timeutils
from sqlalchemy import exc as sqlalchemy_exceptions

from watcher.common.cold_migration import exceptions
from watcher.common.cold_migration import migration
from watcher.common.cold_migration import options
from watcher.common import context
from watcher import objects

CONF = cfg.CONF

APPLIER = 'watcher-applier'
# In these states an applier may be at the actions of a plan.
RUNNING = ('ONGOING', 'CANCELLING')

_NEVER = datetime.datetime.min


def servers_in_running_plans():
    """Give the servers that running action plans migrate.

    An action counts in any state: a roll-back is at those that have ended.

    :returns: a dict of the plans' UUIDs, by the servers' UUIDs
    :raises ~.exceptions.NoDatabase: if the database does not reply
    """
    objects.register_all()
    request = context.make_context()
    longest = options.time_limit(CONF).seconds + migration.END_LIMIT
    try:
        heartbeats = _heartbeats(request)
        return {
            action.input_parameters['resource_id']: plan.uuid
            for plan in objects.ActionPlan.list(
                request, filters={'state__in': RUNNING})
            if is_running(plan.state, _changed(plan),
                          heartbeats.get(plan.hostname, _NEVER),
                          timeutils.utcnow(), CONF.service_down_time,
                          longest)
            for action in objects.Action.list(
                request, filters={'action_plan_uuid': plan.uuid})
            if action.action_type == 'migrate'}
    except (db_exceptions.DBError,
            sqlalchemy_exceptions.SQLAlchemyError) as exc:
        # The next lines are the SQL.
        raise exceptions.NoDatabase(str(exc).splitlines()[0]) from exc


def is_running(state, changed, heartbeat, now, down_time, longest):
    """Tell whether an applier may be at a plan.

    One that is being cancelled begins nothing more. If its applier dies then,
    it stays ``CANCELLING`` for ever, also after that has been started again.

    :param state: the plan's state, one of ``RUNNING``
    :param changed: the time at which it got it
    :param heartbeat: the time at which its applier was last alive
    :param now: the time
    :param down_time: after how many seconds an applier is taken for dead
    :param longest: how many seconds a cold migration takes at most
    """
    return ((now - heartbeat).total_seconds() <= down_time and
            (state != 'CANCELLING' or
             (now - changed).total_seconds() <= longest))


def _heartbeats(request):
    """Give the times at which the appliers were last alive, by host."""
    return {
        applier.host: _naive(applier.last_seen_up) or _changed(applier)
        for applier in objects.Service.list(
            request, filters={'name': APPLIER})}


def _changed(row):
    return _naive(row.updated_at or row.created_at)


def _naive(time):
    """Take the time zone, which is UTC, off a time; None stays None."""
    return time and timeutils.normalize_time(time)
