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


"""One run of a scenario: servers, and plans that move them.

It collects what is not as promised, as sentences.
"""

import collections
import itertools
import operator
import sys
import time

from lab.fullstack import invariants
from lab.fullstack import operator as operators
from lab.fullstack.services import watcher
from lab.support import errors
from lab.support import processes
from lab.support import waiting

# Of the table.
COLUMNS = ('tried', 'servers', 'plan', 'its actions',
           'left in VERIFY_RESIZE', 'repaired', 'further plans', 's',
           'not as promised')

# So many plans are made of what the first one leaves, itself included: some
# are broken off, and in each some actions fail where replies are broken.
PLANS = 8


class Run:
    """Servers of an ordinary user, whom action plans move.

    :param name: what it is called
    :param running: the :class:`lab.fullstack.deployment.Deployment`

    :ivar ids: the servers' ids
    :ivar problems: what is not as promised, as sentences
    :ivar plans: the state of each action plan, the first one first
    :ivar actions: the state of each action of the first plan
    :ivar left: how many servers the first plan left in VERIFY_RESIZE
    :ivar repaired: the servers that Nova had put into ERROR, or had left at
        a task that nobody does, and an administrator out of it
    :ivar may_break: how many of these there may be
    :ivar seconds: how long the plans took
    """

    def __init__(self, name, running):
        self.name = name
        self.running = running
        self.operator = operators.Operator(running)
        self.ids = []
        self.problems = []
        self.plans = []
        self.actions = []
        self.left = 0
        self.repaired = set()
        self.may_break = 0
        self._skipped = False
        #: The :class:`lab.fullstack.soak.Sample` of each plan, or none.
        self.samples = []
        self._seen = {name: len(lines) for name, lines
                      in self._all_applier_logs().items()}
        self.seconds = 0.0

    def _all_applier_logs(self):
        return {name: self.running.log_of(name)
                for name in self.running.site.services
                if name.startswith(watcher.APPLIER)}

    def applier_logs(self):
        """Give the lines that each applier has logged since, by its name."""
        return {name: lines[self._seen.get(name, 0):]
                for name, lines in self._all_applier_logs().items()}

    def boot(self, hosts, count, stopped):
        """Boot servers, and stop the first so many of them."""
        self.ids = self.operator.boot(hosts, count)
        self.operator.stop(self.ids[:stopped])
        self.look()
        self.operator.wait_until_known()

    def look(self):
        """Remember what the servers are before they are migrated."""
        self.before = self.operator.servers()
        self._newest_migration = max(
            [migration['Id'] for migration in self.operator.migrations()],
            default=0)

    def maintenance(self, host, destination):
        """Plan to empty a host; returns the action plan."""
        return self.operator.audit(
            'cluster_maintaining', 'host_maintenance', maintenance_node=host,
            backup_node=destination, disable_live_migration=True)

    def zone(self, *ways):
        """Plan to move what is on hosts; returns the action plan.

        :param ways: pairs of a source and a destination
        """
        return self.operator.audit(
            'hardware_maintenance', 'zone_migration', compute_nodes=[
                {'src_node': source, 'dst_node': destination}
                for source, destination in ways],
            parallel_total=1000, parallel_per_node=1000)

    def execute(self, plan, meanwhile=None):
        """Start a plan, wait for its end, and check its verdicts.

        :param plan: the action plan
        :param meanwhile: function that is called when it has been started
        """
        self._at_start = self.operator.servers()
        start = time.monotonic()
        self.operator.start(plan)
        if meanwhile is not None:
            meanwhile()
        self.seconds += time.monotonic() - start
        self.see_end(plan)

    def see_end(self, plan):
        """Wait for the end of a plan, and check its verdicts."""
        start = time.monotonic()
        self.plans.append(self.operator.wait_for_end(plan))
        self.seconds += time.monotonic() - start
        self._judge(plan)

    def _judge(self, plan):
        self.operator.wait_until_settled(self.ids)
        servers, actions = self.operator.servers(), self.operator.actions(plan)
        if len(self.plans) == 1:
            self.actions = [action['state'] for action in actions]
            self.left = sum(server['Status'] == 'VERIFY_RESIZE'
                            for server in servers.values())
        log = '\n'.join(itertools.chain(*self.applier_logs().values()))
        self._skipped |= any(action['state'] == 'SKIPPED'
                             for action in actions)
        for action in actions:
            server_id = action['server']
            problem = invariants.verdict_problem(
                action['state'], servers.get(server_id),
                self._at_start[server_id], self.before[server_id],
                server_id in self.repaired, log,
                action['parameters'].get('destination_node'))
            if problem:
                self.problems.append('plan %d: %s: %s' % (
                    len(self.plans), server_id, problem))

    def finish(self, plan, meanwhile=None):
        """Have further plans do what the first one has left undone.

        From 16.0 on Watcher skips an action whose server has left its source,
        and may have to be confirmed: the command does that.

        :param plan: the first one
        :param meanwhile: function that is called when the next one has been
            started
        """
        while len(self.plans) < PLANS:
            self.repair()
            left = self._left_undone(plan)
            if not left:
                break
            plan = self.operator.audit('unclassified', 'actuator',
                                       actions=left)
            self.execute(plan, meanwhile)
            meanwhile = None
        if self._skipped:
            self.finish_left_over()

    def _left_undone(self, plan):
        """Give what of a plan is to be planned again, as `actuator` wants it.

        Not what has left its source: Watcher has skipped it, or it was
        repaired where it was to go, with a migration that never ends.
        """
        servers = self.operator.servers()
        return [{'action_type': 'migrate', 'resource_id': action['server'],
                 'input_parameters': {
                     name: value for name, value in
                     action['parameters'].items() if name != 'resource_id'}}
                for action in self.operator.actions(plan)
                if action['state'] not in ('SUCCEEDED', 'SKIPPED') and
                not self._is_repaired_there(servers.get(action['server']))]

    def _is_repaired_there(self, server):
        return (server is not None and server['ID'] in self.repaired and
                invariants.has_moved(server, self.before[server['ID']], True))

    def finish_left_over(self):
        """Run the command that finishes what an applier left.

        :returns: what it prints
        :raises lab.support.errors.LabError: if it fails
        """
        said = processes.output([
            sys.executable, '-W', 'ignore', '-m',
            'watcher.common.cold_migration', '--config-file',
            self.running.watcher_conf, 'finish', '--all'])
        print(said, flush=True)
        return said

    def repair(self):
        """Free servers that Nova has put into ERROR, or has forgotten."""
        for server in self.operator.servers().values():
            if server['Status'] in ('ERROR', 'RESIZE'):
                self.repaired.add(server['ID'])
                self.operator.set_active(server['ID'])

    def free(self):
        """Free what migrations still hold that broke, or never end."""
        for migration in self._migrations():
            if migration['Status'] not in operators.SETTLED:
                self.operator.free(migration)

    def _migrations(self):
        return [migration for migration in self.operator.migrations()
                if migration['Id'] > self._newest_migration]

    def check_nothing_is_held(self):
        """Check that on each host servers alone use memory, once each."""
        try:
            waiting.wait_until(self._is_nothing_held, 'nothing is held',
                               pause=operators.PAUSE)
        except errors.LabError:
            self.problems.append('in use, in MiB: %s' %
                                 self.operator.memory_in_use())

    def _is_nothing_held(self):
        servers = collections.Counter(
            server['Host'] for server in self.operator.servers().values())
        return all(used == self.running.ram * servers[host] for host, used
                   in self.operator.memory_in_use().items())

    def check_moved(self, server_ids):
        """Check that each has moved, once, and is its owner's."""
        self._check(server_ids, lambda server, before: invariants.has_moved(
            server, before, server['ID'] in self.repaired), 'has not moved')
        self.problems += invariants.migration_problems(
            server_ids, self._migrations(), self.repaired)
        if len(self.repaired) > self.may_break:
            self.problems.append('%d servers broke' % len(self.repaired))

    def check_stayed(self, server_ids):
        """Check that each is as it was."""
        self._check(server_ids, operator.eq, 'is not as it was')

    def _check(self, server_ids, is_right, what):
        servers = self.operator.servers()
        for server_id in server_ids:
            server, before = servers.get(server_id), self.before[server_id]
            problem = invariants.owner_problem(server, before)
            if problem:
                self.problems.append('%s %s' % (server_id, problem))
            if server is not None and not is_right(server, before):
                self.problems.append('%s %s: %s on %s, %s' % (
                    server_id, what, server['Status'], server['Host'],
                    server['Task State']))

    def row(self):
        """Give its row of the table, as a list."""
        return [self.name, len(self.ids), ''.join(self.plans[:1]),
                _counts(self.actions),
                self.left, len(self.repaired), _counts(self.plans[1:]),
                '%.0f' % self.seconds, len(self.problems)]

    def end(self):
        """Delete the servers."""
        self.operator.clear()


def _counts(states):
    """Show how many there are of each state, as text."""
    return ', '.join('%s: %d' % state for state in sorted(
        collections.Counter(states).items()))
