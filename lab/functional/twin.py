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

"""The simulation's model of Nova, and a real server that does the same.

The lab's drivers are held at each of their tasks, and let go where the model
does a step. Each request goes to both, and both must show the same.
"""

import functools
import itertools
import re

from novaclient import exceptions as nvexceptions
from watcher.common.cold_migration import exceptions
from watcher.common import nova_helper
from watcher.tests.cold_migration import machine
from watcher.tests.cold_migration import model

from lab.support import errors
from lab.support import waiting

# The driver's method that is held while a server has this task_state. Without
# one it is being confirmed.
_HELD = {'resize_migrating': 'migrate_disk_and_power_off',
         'resize_finish': 'finish_migration',
         'resize_reverting': 'finish_revert_migration',
         'rebooting': 'reboot',
         None: 'confirm_migration'}
HELD_METHODS = tuple(_HELD.values())
# At these, nothing of a driver is.
_NOT_HELD = ('resize_prep', 'resize_migrated', 'resize_reverting')

# What makes it so: at which task_state, and what the driver does.
_EFFECTS = {'rolled back': ('resize_migrating', 'roll_back'),
            'source fails': ('resize_migrating', 'fail'),
            'destination fails': ('resize_finish', 'fail')}


# What a caller on a path asks Nova for, where Nova gets it.
_REQUEST = re.compile(r'(request|confirm|revert)(?: \((.*?)\))?, '
                      '(?:ACCEPTED|LOST|REFUSED)$')


class Differs(AssertionError):
    """The model and Nova don't agree."""


class Twin(model.Nova):
    r"""The model, and a real server of the lab that does the same.

    :param schedule: the :class:`.model.Beat`\ s
    :param status: the server's status at the start
    :param lab: the :class:`lab.client.Cloud`; all of ``HELD_METHODS`` are held
        on its three hosts
    :param server_id: the id of a server that has this status
    """

    def __init__(self, schedule, status, lab, server_id):
        self._lab = lab
        self._server_id = server_id
        self._watcher = nova_helper.adapter.Server(
            nova_helper.NovaHelper(), server_id)
        first = self._ask('look')
        hosts = [first.host, *(host for host in lab.hosts
                               if host != first.host)]
        self._hosts = dict(zip(machine.HOSTS, hosts))
        self._names = dict(zip(hosts, machine.HOSTS))
        self._small = first.flavor
        self._effect = None
        self._requested = None
        self._is_watcher_asking = False
        super().__init__(schedule, status)

    def _ask(self, name, *args):
        """Have Watcher's adapter ask the real Nova."""
        return getattr(self._watcher, name)(*args, seconds=60)

    # Both do the same.

    def _happen(self, beat):
        # Nobody but a driver of its own ends a migration in place.
        super()._happen(beat._replace(
            outcome=beat.outcome.replace('same host', 'good'))
            if beat is not model.UNDISTURBED else beat)

    def _become(self, server, what='step'):
        if what == 'step':
            super()._become(server)
            return
        if server.coming and server.coming[0].new:
            self._prepare(server)
        elif server.coming:
            self._effect = ((None, 'fail') if self._outcome == 'source fails'
                            and what in ('confirm', 'confirmation') else None)
        self._really_do(what, server)
        super()._become(server)
        if server.task_state in ('resize_prep', 'resize_reverting'):
            self._go_on_until_held()
        else:
            self._settle()

    def _prepare(self, server):
        """Prepare the real Nova for the same outcome."""
        self._effect = _EFFECTS.get(self._outcome)
        chosen = next((change.destination for change in server.coming
                       if change.destination), None)
        for name, host in self._hosts.items():
            self._lab.set_enabled(host, name == chosen)

    def _really_do(self, what, server):
        """Do what the model is about to do."""
        admin, owner = self._lab.admin.servers, self._lab.owner.servers
        asked = functools.partial(self._ask, *(
            ['migrate', self._hosts.get(self._requested)]
            if what == 'migration' else [what.replace('confirmation',
                                                      'confirm')]))
        acts = {
            'resize': lambda: owner.resize(
                self._server_id, self._lab.flavor(
                    ram=128 if self.server.flavor == machine.SMALL else 64)),
            'migrate': lambda: admin.migrate(
                self._server_id, host=self._hosts.get(self.wanted)),
            'migrate elsewhere': lambda: admin.migrate(
                self._server_id, host=self._hosts[next(
                    host for host in machine.HOSTS
                    if host not in (self.server.host, self.wanted))]),
            'another applier migrates': lambda: self._ask(
                'migrate', self._hosts.get(self.wanted)),
            'confirm': lambda: admin.confirm_resize(self._server_id),
            'revert': lambda: admin.revert_resize(self._server_id),
            'reset state': lambda: admin.reset_state(
                self._server_id, 'active'),
            'stop': lambda: owner.stop(self._server_id),
            'start': lambda: owner.start(self._server_id),
            'reboot': lambda: owner.reboot(self._server_id),
            'delete': self._delete,
        }
        do = asked if self._is_watcher_asking else acts[what]
        try:
            do()
        except (exceptions.Refused, exceptions.Unavailable,
                nvexceptions.ClientException) as exc:
            raise Differs('The model does %s, and Nova: %r' % (
                what, exc)) from exc

    def _delete(self):
        for host in self._lab.hosts:
            for method in HELD_METHODS:
                self._lab.clear_fault(host, method)
        self._lab.delete(self._server_id)

    def _settle(self):
        """Wait until both show the same, and Nova has finished."""
        def has_settled():
            return self._shown() == self._real() and (
                self.server.coming or not self.server.exists or
                self._lab.is_idle(self._server_id))

        try:
            waiting.wait_until(has_settled, '')
        except errors.LabError:
            raise Differs('The model: %s\nNova: %s' % (
                self._shown(), self._real())) from None

    def _step(self):
        before = self.server
        if not (before.coming and self._alive and before.exists):
            return
        task_state = before.task_state
        # Confirming is the source's, whichever migration that is.
        host = self._hosts[
            before.records[before.coming[0].number].source
            if task_state is None else before.host]
        super()._step()
        self._let_go(host, task_state)
        self._go_on_until_held()
        self._lab.set_fault(host, _HELD[task_state], 'hold')

    def _let_go(self, host, task_state):
        effect = dict([self._effect] if self._effect else []).get(task_state)
        if effect:
            self._lab.set_fault(host, _HELD[task_state], effect)
        else:
            self._lab.clear_fault(host, _HELD[task_state])

    def _go_on_until_held(self):
        """Let the model do the steps at which a real Nova is not held."""
        self.server = self._until_held(self.server)
        self._settle()

    def _until_held(self, server):
        while server.coming and not _is_held(server):
            server = machine.step(server, self.now)
        return server

    # Both go the same way.

    def follow(self, path):
        """Do what Nova does on a path of the exhaustive search.

        :param path: the :class:`.exhaustive.Path`
        :raises Differs: if the real Nova does not do the same
        """
        for event, before, after in path.worlds():
            who, _, what = event.partition(': ')
            if who == 'a person':
                # What persons want is the same in each search.
                self.wanted, self._outcome = 'b', 'good'
                self._act(what)
            elif what:
                self._follow_caller(what, before, after)
            elif len(self.server.coming) > len(after.server.coming):
                # Else both went on already, since nothing holds a real Nova.
                self._step()
        self._settle()
        expected = self._until_held(after.server)
        if self._shown(expected) != self._shown(self.server):
            raise Differs('The search: %s\nThe model: %s' % (
                self._shown(expected), self._shown(self.server)))

    def _follow_caller(self, what, before, after):
        asked = _REQUEST.search(what)
        must_refuse = after.server is before.server
        if asked is None or (
                must_refuse and
                self._until_held(before.server) is not before.server):
            return
        caller, = (one for one, other in zip(before.callers, after.callers)
                   if one is not other)
        request, outcome = asked.groups('good')
        self.start_call(caller.wanted)
        self._schedule = itertools.repeat(model.Beat(0, outcome=outcome))
        is_refused = False
        try:
            if request == 'request':
                self.migrate(caller.wanted, 60)
            else:
                getattr(self, request)(60)
        except exceptions.Refused:
            is_refused = True
        if is_refused is not must_refuse:
            raise Differs('In the search Nova %s, and the model does not' % (
                'refuses' if must_refuse else 'accepts'))

    # Both say the same.

    def _shown(self, server=None):
        """Give what a server of the model shows, to be compared."""
        server = server or self.server
        if not server.exists:
            return None
        return (server.status, server.task_state, server.host,
                server.flavor == machine.SMALL,
                [(record.type, record.status, record.source,
                  record.destination, record.person is None)
                 for record in reversed(server.records)])

    def _real(self):
        """Give the same of the real server."""
        view = self._ask('look')
        if view is None:
            return None
        task_state = ('rebooting' if view.task_state and
                      view.task_state.startswith('reboot')
                      else view.task_state)
        return (view.status, task_state, self._names.get(view.host),
                view.flavor == self._small,
                [(record.type, record.status, self._names[record.source],
                  self._names.get(record.destination), record.person is None)
                 for record in self._ask('migrations')])

    def migrate(self, host, seconds):
        """Take a migrate request of Watcher's."""
        self._requested = host
        return super().migrate(host, seconds)

    def _request(self, name, handle, steps, seconds):
        return super()._request(
            name, functools.partial(self._both_answer, name, handle), steps,
            seconds)

    def _both_answer(self, name, handle):
        self._is_watcher_asking = True
        try:
            return handle()
        except exceptions.Refused as refusal:
            self._must_refuse(name, refusal)
            raise
        finally:
            self._is_watcher_asking = False
            self._compare()

    def _must_refuse(self, name, refusal):
        try:
            self._ask(name, *([self._hosts.get(self._requested)]
                              if name == 'migrate' else []))
        except exceptions.Refused as real:
            if real.code == refusal.code:
                return
            raise Differs('The model refuses %s with %s, and Nova with %s' % (
                name, refusal.code, real.code)) from real
        raise Differs('Only the model refuses %s: %s' % (name, refusal))

    def _compare(self):
        if self._shown() != self._real():
            raise Differs('The model: %s\nNova: %s' % (
                self._shown(), self._real()))


def _is_held(server):
    if server.task_state not in (*_HELD, *_NOT_HELD):
        raise Differs('What holds a real Nova at %s? See _HELD' %
                      server.task_state)
    if server.task_state == 'resize_reverting':
        return server.host == server.records[-1].source
    return server.task_state in _HELD
