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
does a step. Whatever the state machine asks is asked of both, and both must
say the same.
"""

import functools

from novaclient import exceptions as nvexceptions
from watcher.common.cold_migration import exceptions
from watcher.common import nova_helper
from watcher.tests.cold_migration import model

from lab import cloud
from lab import errors

# The driver's method that is held while a server has this task_state. Without
# one it is being confirmed.
_HELD = {'resize_migrating': 'migrate_disk_and_power_off',
         'resize_finish': 'finish_migration',
         'resize_reverting': 'finish_revert_migration',
         'rebooting': 'reboot',
         None: 'confirm_migration'}
HELD_METHODS = tuple(_HELD.values())

# What makes it so: at which task_state, and what the driver does.
_EFFECTS = {'rolled back': ('resize_migrating', 'roll_back'),
            'source fails': ('resize_migrating', 'fail'),
            'destination fails': ('resize_finish', 'fail')}


class Differs(AssertionError):
    """The model and Nova don't agree."""


class Twin(model.Nova):
    r"""The model, and a real server of the lab that does the same.

    :param schedule: the :class:`.model.Beat`\ s
    :param status: the server's status at the start
    :param lab: the :class:`lab.cloud.Cloud`; all of ``HELD_METHODS`` are held
        on its three hosts
    :param server_id: the id of a server that has this status
    """

    def __init__(self, schedule, status, lab, server_id):
        self._lab = lab
        self._server_id = server_id
        self._watcher = nova_helper.adapter.Server(
            nova_helper.NovaHelper(), server_id)
        first = self._watcher.look()
        hosts = [first.host, *(host for host in lab.hosts
                               if host != first.host)]
        self._hosts = dict(zip(model.HOSTS, hosts))
        self._names = dict(zip(hosts, model.HOSTS))
        self._small = first.flavor
        self._effect = None
        self._asked_for = None
        self._is_watcher_asking = False
        super().__init__(schedule, status)

    # Both do the same.

    def _really(self, do, *args, **kwargs):
        """Do what the model has done, or will do."""
        try:
            do(*args, **kwargs)
        except (exceptions.Refused, exceptions.Unavailable,
                nvexceptions.ClientException) as exc:
            raise Differs('The model does it, and Nova: %r' % exc) from exc

    def _settle(self):
        """Wait until both show the same, and Nova has come to its end."""
        def has_settled():
            return self._shown() == self._real() and (
                self._coming or not self.exists or
                self._lab.is_idle(self._server_id))

        try:
            cloud.wait_until(has_settled, '')
        except errors.LabError:
            raise Differs('The model: %s\nNova: %s' % (
                self._shown(), self._real())) from None

    def _begin(self, kind, destination):
        # Nobody but a driver of its own ends a migration in place.
        outcome = self._outcome = self._outcome.replace('same host', 'good')
        self._effect = _EFFECTS.get(outcome)
        chosen = destination or next(
            host for host in model.HOSTS if host != self.host)
        for name, host in self._hosts.items():
            self._lab.set_enabled(
                host, name == chosen and outcome != 'no valid host')
        if kind == 'resize':
            self._really(self._lab.owner.servers.resize, self._server_id,
                         self._lab.flavor(
                             ram=128 if self.flavor == model.SMALL else 64))
        elif self._is_watcher_asking:
            self._really(self._watcher.migrate, self._hosts.get(destination))
        else:
            self._really(self._lab.admin.servers.migrate, self._server_id,
                         host=self._hosts.get(destination))
        super()._begin(kind, destination)
        self._go_on_until_held()

    def _confirm(self):
        self._effect = ((None, 'fail') if self._outcome == 'source fails'
                        else None)
        self._really(self._watcher.confirm if self._is_watcher_asking else
                     functools.partial(self._lab.admin.servers.confirm_resize,
                                       self._server_id))
        super()._confirm()
        self._settle()

    def _revert(self):
        self._effect = None
        self._really(self._watcher.revert if self._is_watcher_asking else
                     functools.partial(self._lab.admin.servers.revert_resize,
                                       self._server_id))
        super()._revert()
        self._go_on_until_held()

    def _change(self, act):
        before = self.exists, self.status, self.task_state
        super()._change(act)
        if before != (self.exists, self.status, self.task_state):
            if act in ('stop', 'start', 'reboot'):
                self._really(getattr(self._lab.owner.servers, act),
                             self._server_id)
            elif act == 'delete':
                self._release_all()
                self._lab.delete(self._server_id)
            self._settle()

    def _release_all(self):
        for host in self._lab.hosts:
            for method in HELD_METHODS:
                self._lab.clear_fault(host, method)

    def _step(self):
        if not (self._coming and self._alive and self.exists):
            return
        task_state = self.task_state
        host = self._hosts[self.records[-1].source if task_state is None
                           else self.host]
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
        """Let the model do the steps that nothing holds a real Nova at."""
        while self._coming and not self._is_held():
            self._coming.pop(0)()
            self.changed = self.now
        self._settle()

    def _is_held(self):
        if self.task_state == 'resize_reverting':
            return self.host == self.records[-1].source
        return self.task_state in _HELD

    # Both say the same.

    def _shown(self):
        """Give what the model shows, to be compared."""
        if not self.exists:
            return None
        return (self.status, self.task_state, self.host,
                self.flavor == model.SMALL,
                [(record.type, record.status, record.source,
                  record.destination) for record in reversed(self.records)])

    def _real(self):
        """Give the same of the real server."""
        view = self._watcher.look()
        if view is None:
            return None
        task_state = ('rebooting' if view.task_state and
                      view.task_state.startswith('reboot')
                      else view.task_state)
        return (view.status, task_state, self._names.get(view.host),
                view.flavor == self._small,
                [(record.type, record.status, self._names[record.source],
                  self._names.get(record.destination))
                 for record in self._watcher.migrations()])

    def migrate(self, host):
        """Take a migrate request of Watcher's."""
        self._asked_for = host
        return super().migrate(host)

    def _request(self, name, handle, steps):
        return super()._request(
            name, functools.partial(self._both_answer, name, handle), steps)

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
        ask = {'migrate': functools.partial(self._watcher.migrate,
                                            self._hosts.get(self._asked_for)),
               'confirm': self._watcher.confirm,
               'revert': self._watcher.revert}[name]
        try:
            ask()
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
