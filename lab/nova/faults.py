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

"""Faults made on purpose, in the lab's compute hosts and their drivers."""

import contextlib
import functools
from unittest import mock

import eventlet
import eventlet.event
import nova.conf
from nova import context
from nova import exception
from nova.tests import fixtures as nova_fixtures
from nova.virt import driver as virt_driver

CONF = nova.conf.CONF


def _fail(message):
    def fault(original, *args, **kwargs):
        raise exception.NovaException(message)
    return fault


def _roll_back(message):
    def fault(original, *args, **kwargs):
        raise exception.InstanceFaultRollback(
            exception.NovaException(message))
    return fault


def _take_longer(seconds):
    def fault(original, *args, **kwargs):
        eventlet.sleep(seconds)
        return original(*args, **kwargs)
    return fault


def _hold(released, driver, method):
    def fault(original, *args, **kwargs):
        released.wait()
        # As it is by then: it may have been given another fault.
        return getattr(driver, method)(*args, **kwargs)
    return fault


class Faults:
    """What hosts and their drivers' methods do instead of what they should.

    :param computes: Nova's compute services, by host
    :param start_compute: function that starts one on a host, and puts it there
    """

    def __init__(self, computes, start_compute):
        self._computes = computes
        self._start_compute = start_compute
        self._released = {}
        self._dead = set()
        self._broken_cell = contextlib.ExitStack()

    def set(self, host, method, effect, message='made to fail by the lab',
            seconds=0):
        """Change what a method of a host's driver does, until it is cleared.

        :param host: the compute host
        :param method: the name of the driver's method
        :param effect: ``fail`` (it raises an error), ``roll_back`` (it raises
            one that says that the server is unharmed), ``take_longer`` (it
            begins later) or ``hold`` (it goes on when the fault is cleared,
            or replaced by another)
        :param message: the error's message
        :param seconds: by how much it takes longer
        :raises KeyError: if there is no such host or effect
        :raises AttributeError: if the driver has no such method
        """
        released = eventlet.event.Event()
        driver = self._computes[host].manager.driver
        fault = {'fail': _fail(message),
                 'roll_back': _roll_back(message),
                 'take_longer': _take_longer(seconds),
                 'hold': _hold(released, driver, method)}[effect]
        held = self._released.get((host, method))
        original = getattr(type(driver), method).__get__(driver)
        setattr(driver, method, functools.partial(fault, original))
        self._released[host, method] = released
        if held is not None:
            held.send()

    def clear(self, host, method):
        """Let a method do its own work again, and what it held go on.

        :param host: the compute host
        :param method: the name of the driver's method
        """
        released = self._forget(host, method)
        if released is not None:
            released.send()

    def clear_all(self):
        """Let all methods do their own work again."""
        for host, method in list(self._released):
            self.clear(host, method)

    def _forget(self, host, method):
        released = self._released.pop((host, method), None)
        if released is not None:
            delattr(self._computes[host].manager.driver, method)
        return released

    def kill(self, host):
        """Let a host die: what its driver holds never goes on.

        Its faults are forgotten. What is sent to it waits in its queue. Nova
        believes that it is alive for a minute more, unless it is told.

        :param host: the compute host
        :raises KeyError: if there is no such host
        """
        compute = self._computes[host]
        # Nova 34 has a second one.
        for name in ('rpcserver', 'rpcserver_alt'):
            server = getattr(compute, name, None)
            if server is not None:
                server.stop()
                # Else Nova, when it ends, waits for what never goes on.
                setattr(compute, name, None)
        # This reports that the host is alive.
        compute.tg.stop()
        for its_host, method in list(self._released):
            if its_host == host:
                self._forget(host, method)
        self._dead.add(host)

    def revive(self, host):
        """Restart a dead host's service; its hypervisor's state is kept.

        :param host: the compute host; nothing is done if it isn't dead
        """
        if host not in self._dead:
            return
        driver = self._computes[host].manager.driver
        with mock.patch.object(virt_driver, 'load_compute_driver',
                               autospec=True, return_value=driver):
            self._start_compute(host)
        self._dead.remove(host)

    def break_cell(self):
        """Cut the API off from the database of servers."""
        self._broken_cell.enter_context(nova_fixtures.DownCellFixture())

    def fix_cell(self):
        """Connect it again."""
        self._broken_cell.close()

    def confirm_by_itself(self, host):
        """Let Nova confirm what has waited for a second on this host."""
        CONF.set_override('resize_confirm_window', 1)
        compute = self._computes[host]
        compute.manager._poll_unconfirmed_resizes(context.get_admin_context())

    def audit(self, host):
        """Let a host go through its servers, as it does every minute."""
        self._computes[host].manager.update_available_resource(
            context.get_admin_context())
