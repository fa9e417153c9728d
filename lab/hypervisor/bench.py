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

"""How fast a cold migration is on a real hypervisor, by each of three.

The drop-in and stock run as Watcher's own action, the bare loop looks every
20 ms. They take turns with one guest of each kind, which goes to and fro.
"""

import contextlib
import statistics

from lab.bench import contenders
from lab.fullstack import operator as operators
from lab.hypervisor import cases
from lab.hypervisor import guest
from lab.support import errors
from lab.support import waiting

COLUMNS = ('guest', 'bare, s', 'drop-in, s', 'stock, s', 'drop-in / bare',
           'worst', 'stock / bare', 'calls', 'not moved')
# The kinds of guests, and whether they are stopped.
GUESTS = {'small': ('tiny', False), 'stopped': ('tiny', True),
          'deaf': ('deaf', False)}


def measure(running, runs, say):
    """Measure all kinds of guests.

    :param running: the :class:`lab.hypervisor.deployment.Deployment`
    :param runs: how many runs of each
    :param say: function that tells what happens
    :returns: a row for each
    """
    operator = operators.Operator(running)
    conf = running.watcher_conf
    with contenders.bare(running.auth_url) as bare, \
            contenders.watcher(conf, 'nova_helper') as drop_in, \
            contenders.watcher(conf, 'nova_helper_stock') as stock:
        field = {'bare': bare, 'drop-in': drop_in, 'stock': stock}
        return [_row(name, *GUESTS[name], running, operator, field, runs, say)
                for name in GUESTS]


def _row(name, kind, is_stopped, running, operator, field, runs, say):
    server_id, = operator.boot([cases.SOURCE], 1, kind)
    guest.wait_until_ready(running.machines[cases.SOURCE], server_id)
    if is_stopped:
        operator.stop([server_id])
    seconds = {who: [] for who in field}
    calls, not_moved = [], 0
    for number in range(runs):
        for who, contender in field.items():
            say('%s, run %d: %s' % (name, number + 1, who))
            before = _requests(running, server_id)
            outcome, moved = _migrate(server_id, running, operator, contender)
            if not (outcome.moved and moved):
                not_moved += 1
            seconds[who].append(outcome.seconds)
            if who == 'drop-in':
                calls.append(_requests(running, server_id) - before)
    operator.clear()
    means = {who: statistics.mean(all_of) for who, all_of in seconds.items()}
    return [name, *('%.1f' % means[who] for who in field),
            '%.2f' % (means['drop-in'] / means['bare']),
            '%.2f' % (max(seconds['drop-in']) / means['bare']),
            '%.2f' % (means['stock'] / means['bare']),
            '%.0f' % statistics.mean(calls), not_moved]


def _migrate(server_id, running, operator, contender):
    """Let a contender migrate a guest; gives the outcome, and the truth."""
    source = operator.servers()[server_id]['Host']
    destination, = set(running.nova.hosts) - {source}
    outcome = contender.start(server_id, source, destination).result()
    # Who gives up early has its guest where Nova leaves it.
    operator.wait_until_settled([server_id])
    server = operator.servers()[server_id]
    if server['Status'] == 'VERIFY_RESIZE':
        operator.confirm(server_id)
    elif server['Status'] == 'ACTIVE':
        with contextlib.suppress(errors.LabError):
            waiting.wait_until(
                lambda: guest.console(running.machines[server['Host']],
                                      server_id)[-1:] == ['GUEST: ready'],
                'it is ready', guest.BOOT_LIMIT, 1)
    return outcome, server['Host'] == destination


def _requests(running, server_id):
    """Count Watcher's requests about a server so far."""
    return sum('/servers/' + server_id in line or 'os-migrations' in line
               for line in running.log_of('nova-proxy'))
