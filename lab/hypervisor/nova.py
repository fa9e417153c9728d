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

"""Nova in the hypervisor cloud: on each compute host libvirt and QEMU."""

import os

from lab.fullstack.services import nova
from lab.hypervisor import host
from lab.hypervisor import neutron


class Nova(nova.Nova):
    """Servers that run, by QEMU.

    :param site: the :class:`lab.fullstack.site.Site`
    :param machines: the :class:`lab.hypervisor.host.Host` of each, by name
    """

    def __init__(self, site, machines):
        self._machines = machines
        self.hosts = tuple(machines)
        super().__init__(site)

    def _services_of(self, name):
        machine = self._machines[name]

        def service(kind, *command, is_ready=()):
            return host.Service(kind, machine, command, self.site.logs,
                                is_ready)
        return [
            service('libvirtd', '/usr/sbin/libvirtd',
                    is_ready=['virsh', 'list']),
            service('sshd', '/usr/sbin/sshd', '-D', '-e'),
            service('nova-compute', 'env', 'PATH=' + os.pathsep.join(
                [os.path.dirname(self.site.program('python')),
                 os.environ['PATH']]),
                self.site.program('nova-compute'), '--config-file',
                self._compute_conf(name))]

    def _compute_conf(self, name):
        machine = self._machines[name]
        path = os.path.join(self.folder, name + '.conf')
        options = self._common(
            host=name, my_ip=machine.address, state_path=machine.disk,
            compute_driver='libvirt.LibvirtDriver')
        options['libvirt'] = {
            # Emulated: nested virtualization is not everywhere.
            'virt_type': 'qemu', 'cpu_mode': 'none',
            'remote_filesystem_transport': 'ssh'}
        # A kernel fetched again is taken for a disk without a format.
        options['workarounds'] = {'disable_deep_image_inspection': True}
        helper = {'helper_command': '%s --config-file %s' % (
            self.site.program('privsep-helper'), path)}
        options['nova_sys_admin'] = helper
        options['vif_plug_ovs_privileged'] = helper
        options['os_vif_ovs'] = {'ovsdb_connection': neutron.SOCKET}
        options['oslo_concurrency'] = {
            'lock_path': os.path.join(machine.disk, 'lock')}
        return self.site.configure(self.name, name + '.conf', options)
