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

"""The fullstack cloud, with two compute hosts that run what they have."""

from lab.fullstack import deployment
from lab.hypervisor import guest
from lab.hypervisor import host
from lab.hypervisor import neutron
from lab.hypervisor import nova

ADDRESSES = {'compute1': '127.0.0.11', 'compute2': '127.0.0.12'}


class Deployment(deployment.Deployment):
    """Everything is started, and known to everything.

    :ivar machines: the :class:`lab.hypervisor.host.Host` of each, by name
    """

    ram = 128

    def _make_hosts(self):
        folder = self.site.subfolder('hosts')
        switch = neutron.Switch(self.site, ADDRESSES)
        switch.remove_devices()
        self.addCleanup(switch.remove_devices)
        self.machines = {
            name: host.Host(
                name, ADDRESSES, folder, switch.folder,
                self.site.ports['ssh'].number, self.site.logs)
            for name in ADDRESSES}
        # What runs on a host ends with it, faster than one by one.
        self.addCleanup(self._switch_off)
        self.site.start([*switch.services, *self.machines.values()])
        return (nova.Nova(self.site, self.machines),
                neutron.Neutron(self.site, self.machines))

    def _switch_off(self):
        for machine in self.machines.values():
            machine.stop()

    def _make_image(self):
        files = guest.make(self.site.subfolder('guest'))
        ids = [self.admin.get(
            'image', 'create', '--file', path, '--disk-format', kind,
            '--container-format', kind, '--public', kind)['id']
            for path, kind in ((files.kernel, 'aki'), (files.initrd, 'ari'))]
        for name, words in guest.KINDS.items():
            self.admin.run(
                'image', 'create', '--file', files.disk, '--disk-format',
                'qcow2', '--container-format', 'bare', '--public',
                '--property', 'kernel_id=' + ids[0],
                '--property', 'ramdisk_id=' + ids[1],
                '--property', 'os_command_line=%s %s' % (
                    guest.COMMAND_LINE, words), name)
