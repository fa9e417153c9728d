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

"""Faults made on purpose, in the virt drivers of the lab's compute hosts."""

import functools

import eventlet.event
import nova.conf
from nova import context
from nova import exception

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


def _hold(released, driver, method):
    def fault(original, *args, **kwargs):
        released.wait()
        # As it is by then: it may have been given another fault.
        return getattr(driver, method)(*args, **kwargs)
    return fault


class Faults:
    """What the drivers' methods do instead of what they should.

    :param computes: Nova's compute services, by host
    """

    def __init__(self, computes):
        self._computes = computes
        self._released = {}

    def set(self, host, method, effect, message='made to fail by the lab'):
        """Change what a method of a host's driver does, until it is cleared.

        :param host: the compute host
        :param method: the name of the driver's method
        :param effect: ``fail`` (it raises an error), ``roll_back`` (it raises
            one that says that the server is unharmed) or ``hold`` (it goes
            on when the fault is cleared, or replaced by another)
        :param message: the error's message
        :raises KeyError: if there is no such host or effect
        :raises AttributeError: if the driver has no such method
        """
        released = eventlet.event.Event()
        driver = self._computes[host].manager.driver
        fault = {'fail': _fail(message),
                 'roll_back': _roll_back(message),
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
        released = self._released.pop((host, method), None)
        if released is not None:
            delattr(self._computes[host].manager.driver, method)
            released.send()

    def confirm_by_itself(self, host):
        """Let Nova confirm what has waited for a second on this host."""
        CONF.set_override('resize_confirm_window', 1)
        compute = self._computes[host]
        compute.manager._poll_unconfirmed_resizes(context.get_admin_context())
