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

"""What holds after each plan, whatever happened during it. Pure.

No server is lost; each is still its owner's; none is migrated twice; each
verdict of an action is true, and a server that stays in VERIFY_RESIZE has its
line in the applier's log. Servers are dicts, as the openstack client shows
them.
"""

import collections

_LOST = {'Status': 'lost', 'Host': None, 'Task State': None}

_CONFIRM_BY_HAND = 'openstack server resize confirm '


def has_moved(server, before, repaired, wanted=None):
    """Check whether a server has moved, and is settled.

    :param server: the server
    :param before: the same server before the plan
    :param repaired: whether it was repaired in between, which leaves it ACTIVE
    :param wanted: the host where it was to go, or None for any other
    """
    return (server['Host'] != before['Host'] and
            wanted in (None, server['Host']) and
            server['Task State'] is None and
            server['Status'] in (before['Status'],
                                 'ACTIVE' if repaired else None))


def _is_true(state, server, at_start, before, repaired, wanted):
    """Check an action's state by where its server is, and was."""
    moved, had_moved = (has_moved(then, before, repaired, wanted)
                        for then in (server, at_start))
    # Others, such as CANCELLED, say nothing.
    return {
        'SUCCEEDED': moved,
        'FAILED': had_moved or not moved,
        # Watcher looks for the source only (from 16.0 on).
        'SKIPPED': server['Host'] != before['Host']}.get(state, True)


def verdict_problem(state, server, at_start, before, repaired, log, wanted):
    """Check an action's state against its server.

    :param state: the action's state
    :param server: the server, or None if it does not exist any more
    :param at_start: the same server when the plan was started
    :param before: the same server before the first plan
    :param repaired: see :func:`has_moved`
    :param log: the applier's log of the plan, as one text
    :param wanted: see :func:`has_moved`
    :returns: the problem as a sentence, or None
    """
    shown = server or _LOST
    if server is None:
        problem = 'lost'
    elif not _is_true(state, server, at_start, before, repaired, wanted):
        problem = 'the verdict is wrong'
    elif (server['Status'] == 'VERIFY_RESIZE' and
            _CONFIRM_BY_HAND + server['ID'] not in log):
        problem = 'the log does not say how to end it'
    else:
        return None
    return 'the action is %s, and the server %s on %s, at %s: %s' % (
        state, shown['Status'], shown['Host'], shown['Task State'], problem)


def owner_problem(server, before):
    """Check that a server exists and is still its owner's.

    :param server: the server, or None if it does not exist any more
    :param before: the same server before the plan
    :returns: the problem as a sentence, or None
    """
    if server is None:
        return 'is lost'
    if any(server[name] != before[name] for name in ('Project ID', 'User ID')):
        return 'has another owner'
    return None


def migration_problems(server_ids, migrations, repaired):
    """Check that each server was migrated once.

    :param server_ids: the servers' ids
    :param migrations: Nova's migration records of the plans, as dicts
    :param repaired: ids of servers that were repaired, perhaps where they had
        arrived
    :returns: the problems as sentences
    """
    confirmed = collections.Counter(
        migration['Server UUID'] for migration in migrations
        if migration['Status'] == 'confirmed')
    return ['%s was migrated %d times' % (server_id, confirmed[server_id])
            for server_id in server_ids
            if confirmed[server_id] != 1 and not (
                confirmed[server_id] == 0 and server_id in repaired)]
