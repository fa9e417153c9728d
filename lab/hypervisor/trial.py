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

"""One case on the hypervisor cloud, and what came of it."""

import contextlib
import datetime
import re
import time

from lab.fullstack import invariants
from lab.fullstack import operator as operators
from lab.fullstack.services import watcher
from lab.hypervisor import cases
from lab.hypervisor import guest
from lab.support import errors

COLUMNS = ('case', 'verdict', 's', 's after Nova', 'server', 'its record',
           'disk on', 'runs on', 'boots', 'data', 'recovery', 'log',
           'not as promised')

_LOGGER = 'watcher.common.cold_migration'


def shortened(line):
    """Take from a line of the log what the table's other columns have."""
    words = re.search(r'(succeeded|failed) after.*', line).group()
    words = re.sub(r' \(Nova request .*', '', words)
    return re.sub(r'[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}', 'UUID', words)


class Trial:
    """One case: servers on the source, and a plan that migrates them.

    :param name: the name of the case in :data:`lab.hypervisor.cases.ALL`
    :param running: the :class:`lab.hypervisor.deployment.Deployment`

    :ivar name: the name of the case
    :ivar machines: the hosts, by name
    :ivar ids: the servers' ids
    :ivar problems: what is not as promised, as sentences
    :ivar facts: what the table shows of the first server
    :ivar consoles: what its guest wrote, before and after, as lists of lines
    """

    def __init__(self, name, running):
        self.name = name
        self.running = running
        self.machines = running.machines
        self.ids = []
        self.problems = []
        self.facts = {}
        self.consoles = []
        self._case = cases.ALL[name]
        self._operator = operators.Operator(running)
        self._seen = len(running.log_of(watcher.APPLIER))

    def run(self):
        """Do all of it."""
        self._boot()
        self._before = self._operator.servers()
        self._read_console()
        with self._case.before(self):
            verdicts = self._execute(self._case.plan(self),
                                     self._case.meanwhile)
            self._operator.wait_until_settled(self.ids)
            self._wait_for_guests(verdicts)
        self._read_console()
        truths = {server_id: guest.examine(self.machines, server_id)
                  for server_id in self.ids}
        for server_id in self.ids:
            self._judge(server_id, verdicts[server_id], truths[server_id])
        first = self.ids[0]
        self._note(first, verdicts[first], truths[first])
        self._repair()

    def row(self):
        """Give its row of the table, as a list."""
        return [self.name, *(self.facts.get(name, '')
                             for name in COLUMNS[1:-1]), len(self.problems)]

    def end(self):
        """Delete the servers."""
        self._operator.clear()

    def wait_for_task(self, task_state):
        """Wait until Nova is at a task, or a status, with the server."""
        self._operator.wait_for_task(self.ids, [task_state])

    def plan_each(self):
        """Have Watcher plan to migrate each server; gives the plan."""
        return self._operator.plan(self.ids, cases.SOURCE, cases.DESTINATION)

    def plan_maintenance(self):
        """Have Watcher plan to empty the source; gives the plan."""
        self._operator.wait_until_known()
        return self._operator.audit(
            'cluster_maintaining', 'host_maintenance',
            maintenance_node=cases.SOURCE, backup_node=cases.DESTINATION,
            disable_live_migration=True)

    def _boot(self):
        self.ids = self._operator.boot([cases.SOURCE], self._case.count,
                                       self._case.kind)
        for server_id in self.ids:
            guest.wait_until_ready(self.machines[cases.SOURCE], server_id)
        if self._case.is_stopped:
            self._operator.stop(self.ids)

    def _read_console(self):
        host = self._operator.servers()[self.ids[0]]['Host']
        self.consoles.append(guest.console(self.machines[host], self.ids[0]))

    def _execute(self, plan, meanwhile=lambda trial: None):
        """Have Watcher execute a plan; gives the actions' states."""
        start = time.monotonic()
        self._operator.start(plan)
        meanwhile(self)
        self._operator.wait_for_end(plan)
        self.facts.setdefault('s', '%.0f' % (time.monotonic() - start))
        return {action['server']: action['state']
                for action in self._operator.actions(plan)}

    def _clean(self, server_id, hosts):
        """Remove what is left of a guest on hosts where it is not.

        :returns: whether there was anything
        """
        found = False
        truth = guest.examine(self.machines, server_id)
        for name in hosts & {*truth.hosts, *truth.disks}:
            machine = self.machines[name]
            folder = machine.disk + '/instances/' + server_id
            if name in truth.hosts:
                machine.run('virsh', 'undefine', server_id)
            machine.run('rm', '-rf', folder, folder + '_resize')
            found = True
        return found

    def _wait_for_guests(self, verdicts):
        """Wait until guests that were started by the migration have booted."""
        if (self._case.is_stopped or self._case.is_killed or
                self._case.kind == 'once'):
            return
        for server_id in self.ids:
            if verdicts[server_id] == 'SUCCEEDED':
                self._wait_until_boot(server_id, cases.DESTINATION, 2)

    def _wait_until_boot(self, server_id, name, boot):
        # If it does not, what is found on its disk tells the problem.
        with contextlib.suppress(errors.LabError):
            guest.wait_until_ready(self.machines[name], server_id, boot, 120)

    def _judge(self, server_id, verdict, truth):
        server = self._operator.servers().get(server_id)
        log = '\n'.join(self._log())
        before = self._before[server_id]
        if self._case.is_killed and server['Status'] == 'SHUTOFF':
            # Nova has seen that the guest is off.
            before = dict(before, Status='SHUTOFF')
        problem = invariants.verdict_problem(verdict, server, before, before,
                                             False, log)
        if problem:
            self.problems.append(problem)
        if self._case.moves is not None and self._case.moves != (
                verdict == 'SUCCEEDED'):
            self.problems.append('the action is ' + verdict)
        if verdict == 'SUCCEEDED':
            is_running = not (self._case.is_stopped or self._case.is_killed)
            problem = truth.problem(
                cases.DESTINATION, is_running,
                # One that was killed may have booted before.
                truth.boots if self._case.is_killed else 1 + is_running)
            if problem:
                self.problems.append(problem)

    def _log(self):
        return self.running.log_of(watcher.APPLIER)[self._seen:]

    def _note(self, server_id, verdict, truth):
        """Keep what the table shows of a server."""
        server = self._operator.servers()[server_id]
        lines = [line for line in self._log()
                 if _LOGGER in line and server_id in line]
        record = self._operator.migrations_of(server_id)[-1:]
        self.facts.update({
            'verdict': verdict,
            'server': ' '.join(filter(None, (
                server['Status'], server['Task State'], 'on',
                server['Host']))),
            'its record': ''.join(one['Status'] for one in record),
            's after Nova': self._lateness(server_id, lines),
            'runs on': ', '.join(truth.running),
            'disk on': ', '.join(truth.disks),
            'boots': truth.boots,
            'data': 'whole' if truth.is_whole else 'NOT WHOLE',
            'log': shortened(lines[-1]) if lines else ''})

    def _lateness(self, server_id, lines):
        """Tell how long after Nova's last event the verdict was, in s."""
        ends = self._operator.event_ends(server_id)
        if not lines or not ends:
            return ''
        said = datetime.datetime.fromisoformat(lines[-1][:19])
        return '%d' % (said - max(ends)).total_seconds()

    def _repair(self):
        """Do what the operator's guide says, and check that it works."""
        server_id = self.ids[0]
        server = self._operator.servers()[server_id]
        if len(self.ids) > 1 or (self.facts['verdict'] == 'SUCCEEDED' and
                                 not self._case.is_killed):
            return
        # A disk without its image can't be read; its guest has booted once.
        boots = max(1, self.facts['boots'])
        steps = []
        if server['Status'] in ('ERROR', 'RESIZE') or self._case.is_killed:
            if not self._operator.is_at_rest(server_id):
                # Nova reboots nothing that has a task_state.
                self._operator.set_active(server_id)
                steps.append('server set --state active')
            self._operator.reboot(server_id)
            steps.append('server reboot --hard')
            boots += 1
            self._wait_until_boot(
                server_id, self._operator.servers()[server_id]['Host'], boots)
        elif server['Status'] == 'VERIFY_RESIZE':
            self._operator.confirm(server_id)
            steps.append('server resize confirm')
        host = self._operator.servers()[server_id]['Host']
        if self._clean(server_id, set(self.machines) - {host}):
            steps.append('virsh undefine and rm on the other host')
        if host == cases.SOURCE:
            self._seen = len(self.running.log_of(watcher.APPLIER))
            steps.append('a new plan')
            self._before = self._operator.servers()
            verdict = self._execute(self.plan_each())[server_id]
            boots += 1
            if verdict != 'SUCCEEDED':
                self.problems.append('the new plan is %s: %s' % (
                    verdict, self._log()[-1:]))
        self.facts['recovery'] = ', '.join(steps)
        self._wait_until_boot(server_id, cases.DESTINATION, boots)
        problem = guest.examine(self.machines, server_id).problem(
            cases.DESTINATION, True, boots)
        if problem:
            self.problems.append('after the recovery, ' + problem)
