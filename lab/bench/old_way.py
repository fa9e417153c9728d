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

"""The old way: what Watcher 1.8 did to cold-migrate a server.

It made a snapshot of the server, booted another server from it, and deleted
the first. Its own code is run here, against stand-ins for the clients of Nova,
Glance, Neutron and Cinder that count the calls. They take no time: whatever it
waits for is there at the first look.
"""

import collections
from importlib import util
import logging
import os
import tempfile
import types
from unittest import mock

from novamigrate import stock
from packaging import version as versions

from lab import client

RELEASE = '1.8.1'
SERVER, COPY, IMAGE = 'server', 'copy', 'image'


def _server(server_id, host, vm_state):
    """Give a server as this lab's Nova shows one, as far as it is read."""
    return types.SimpleNamespace(**{
        'id': server_id, 'name': 'bench', 'status': 'ACTIVE',
        'key_name': None, 'image': {'id': client.IMAGE},
        'flavor': {'original_name': 'lab-64'},
        'security_groups': [{'name': 'default'}],
        'addresses': {'private': [
            {'OS-EXT-IPS:type': 'fixed', 'addr': '192.168.1.3'}]},
        'os-extended-volumes:volumes_attached': [],
        'OS-EXT-SRV-ATTR:host': host, 'OS-EXT-STS:vm_state': vm_state})


class Cloud:
    """The stand-in for all clients: answers, and remembers what was asked.

    :ivar calls: the names of the calls, such as ``nova.servers.get``
    """

    def __init__(self):
        self.calls = []
        self._vm_state = 'active'
        self._answers = {
            'nova.servers.get': self._show,
            'nova.servers.stop': self._stop,
            'nova.servers.create_image': lambda *args: IMAGE,
            'nova.servers.create': lambda *args, **options: self._show(COPY),
            'nova.servers.delete': lambda server: None,
            'nova.keypairs.findall': lambda name: [],
            'nova.flavors.find': lambda name: name,
            'nova.services.list': lambda host, binary: [
                types.SimpleNamespace(zone='nova')],
            'glance.images.get': lambda image: types.SimpleNamespace(
                id=image, name='image', status='active'),
            'neutron.list_security_groups': lambda name: {
                'security_groups': [{'id': name}]},
            'neutron.list_networks': lambda name: {
                'networks': [{'id': name}]}}

    def client(self, path):
        """Give the stand-in for a client, or for a part of one."""
        return Client(self, path)

    def answer(self, path, *args, **options):
        """Answer a call."""
        self.calls.append(path)
        return self._answers[path](*args, **options)

    def has(self, path):
        """Tell whether this is a call, and not a part of a client."""
        return path in self._answers

    def _show(self, server):
        server_id = getattr(server, 'id', server)
        if server_id == COPY:
            return _server(COPY, 'b', 'active')
        return _server(SERVER, 'a', self._vm_state)

    def _stop(self, server_id):
        self._vm_state = 'stopped'


class Client:
    """A client, or a part of one, of a :class:`Cloud`."""

    def __init__(self, lab, path):
        self._lab = lab
        self._path = path

    def __getattr__(self, name):
        """Give a call, or a part of the client."""
        path = '%s.%s' % (self._path, name)
        if self._lab.has(path):
            return lambda *args, **options: self._lab.answer(
                path, *args, **options)
        return self._lab.client(path)


def _helper_module():
    """Load the module, without all the rest of its Watcher."""
    choice = stock.Choice(versions.Version(RELEASE), None)
    with stock.opened(choice) as wheel, \
            tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, os.path.basename(stock.HELPER))
        with open(path, 'wb') as file:
            file.write(wheel.read(stock.HELPER))
        spec = util.spec_from_file_location('watcher_%s' % RELEASE, path)
        module = util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return module


def count():
    """Migrate a running server, with one port, the old way.

    :returns: dict of how many ``calls`` it took of each service and in all,
        and how many ``seconds`` it slept
    :raises novamigrate.errors.BuildError: if that Watcher can't be had
    :raises RuntimeError: if it does not succeed
    """
    lab = Cloud()
    clients = types.SimpleNamespace(**{
        name: lambda name=name: lab.client(name)
        for name in ('nova', 'glance', 'neutron', 'cinder')})
    module = _helper_module()
    module.LOG = logging.getLogger(__name__)
    with mock.patch.object(module, 'time', autospec=True) as clock:
        helper = module.NovaHelper(osc=clients)
        # As its action does.
        helper.find_instance(SERVER)
        if helper.watcher_non_live_migrate_instance(SERVER, 'b') is not True:
            raise RuntimeError('Watcher %s did not migrate' % RELEASE)
    calls = collections.Counter(path.split('.')[0] for path in lab.calls)
    return {'calls': dict(calls, all=len(lab.calls)),
            'seconds': sum(call[0][0] for call in clock.sleep.call_args_list)}
