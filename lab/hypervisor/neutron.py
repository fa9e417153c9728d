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

"""Neutron in the hypervisor cloud: Open vSwitch and its agent on each host."""

import json
import os
import subprocess

from lab.fullstack.services import neutron
from lab.hypervisor import host
from lab.support import accounts
from lab.support import processes

# Where each host has the switch's socket, which is the programs' default, too.
SOCKET = 'unix:/run/openvswitch/db.sock'
# All users of privileges in Neutron's agent.
_PRIVILEGES = ('privsep', 'privsep_ovs_vsctl', 'privsep_namespace',
               'privsep_conntrack', 'privsep_link')


def bridge(name):
    """Name the bridge of a host."""
    return 'br-' + name


class Switch:
    """An Open vSwitch in userspace, which needs no module of the kernel.

    The hosts, which have the machine's network, have a bridge each: there can
    be one such switch in a network.

    :param site: the :class:`lab.fullstack.site.Site`
    :param hosts: the names of the hosts

    :ivar folder: the folder of its sockets
    :ivar services: its processes
    """

    def __init__(self, site, hosts):
        self._devices = ['ovs-netdev', *map(bridge, hosts)]
        self.folder = site.subfolder('openvswitch')
        database, control = (os.path.join(self.folder, name)
                             for name in ('conf.db', 'db.sock'))
        subprocess.run(['ovsdb-tool', 'create', database], check=True)
        # Its agents expect the one row that the database's own client makes.
        row = json.dumps(['Open_vSwitch', {
            'op': 'insert', 'table': 'Open_vSwitch', 'row': {}}])
        subprocess.run(['ovsdb-tool', 'transact', database, row], check=True,
                       stdout=subprocess.DEVNULL)
        environment = {'OVS_RUNDIR': self.folder}
        self.services = [
            processes.Process(
                'ovsdb', ['ovsdb-server', database, '--remote=punix:' +
                          control], site.logs, environment),
            processes.Process(
                'vswitchd', ['ovs-vswitchd', 'unix:' + control], site.logs,
                environment)]

    def remove_devices(self):
        """Remove the network devices that it leaves, or has left, behind."""
        for device in self._devices:
            if os.path.exists('/sys/class/net/' + device):
                subprocess.run(['ip', 'link', 'delete', device], check=True)


class Neutron(neutron.Neutron):
    """Networks on a switch, which agents on the hosts set up.

    :param site: the :class:`lab.fullstack.site.Site`
    :param machines: the :class:`lab.hypervisor.host.Host` of each, by name
    """

    def __init__(self, site, machines):
        self._machines = machines
        super().__init__(site, list(machines))

    def options(self):
        """Give what differs from its defaults."""
        options = super().options()
        options['DEFAULT'].update(
            notify_nova_on_port_status_changes=True,
            notify_nova_on_port_data_changes=True)
        options['nova'] = self._credentials(region_name=accounts.REGION)
        return options

    def _agents(self):
        return [host.Service(
            'neutron-agent', machine,
            [self.site.program('neutron-openvswitch-agent'), '--config-file',
             self._agent_conf(name)], self.site.logs)
            for name, machine in self._machines.items()]

    def _agent_conf(self, name):
        options = self.options()
        path = self.site.subfolder(self.name) + '/%s.conf' % name
        options['DEFAULT']['host'] = name
        options['ovs'] = {
            'ovsdb_connection': SOCKET, 'datapath_type': 'netdev',
            # On a busy machine; the agent gives up for good.
            'ovsdb_timeout': 60,
            # The hosts share the switch.
            'integration_bridge': bridge(name),
            'of_listen_port': self.site.ports['openflow-' + name].number,
            'bridge_mappings': ''}
        options['securitygroup'] = {'firewall_driver': 'noop'}
        options['agent'] = {'root_helper': 'env'}
        for section in _PRIVILEGES:
            options[section] = {'helper_command': '%s --config-file %s' % (
                self.site.program('privsep-helper'), path)}
        return self.site.configure(self.name, name + '.conf', options)
