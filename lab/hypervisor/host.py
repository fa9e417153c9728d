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

"""Compute hosts on one machine, each in namespaces of its own."""

import os
import shutil
import signal
import socket
import subprocess
import sys

from lab.support import errors
from lab.support import processes

PROGRAMS = os.path.join(os.path.dirname(__file__), 'programs')
# MiB; what nobody has written takes no place.
DISK = 6144

_LIBVIRTD = '''\
host_uuid = "{uuid}"
auth_unix_ro = "none"
auth_unix_rw = "none"
log_outputs = "2:stderr"
'''
# No users and control groups of its own: the machine may have no init system.
_QEMU = '''\
user = "root"
group = "root"
security_driver = "none"
namespaces = []
cgroup_controllers = []
stdio_handler = "file"
'''
_SSHD = '''\
ListenAddress {address}:{port}
Subsystem sftp internal-sftp
HostKey {folder}/host_key
AuthorizedKeysFile {key}.pub
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
PidFile none
PermitRootLogin prohibit-password
'''
_SSH = '''\
Host *
  Port {port}
  IdentityFile {key}
  User root
  StrictHostKeyChecking no
  UserKnownHostsFile /dev/null
  LogLevel ERROR
'''


class Host(processes.Process):
    """A compute host, as a process: when it is killed, all on it are.

    It has its own host name, processes, disk, /etc, /run and /var, and the
    machine's network, with an address of its own on loopback.

    :param name: its name
    :param addresses: the addresses of all hosts, by name
    :param folder: a folder for all hosts
    :param switch: the folder of the sockets of Open vSwitch
    :param port: where they have ssh, each at its address
    :param logs: the folder of the log
    """

    # Nothing less ends the first process of a namespace.
    _bind_to_thread = ('setpriv', '--pdeathsig=KILL')

    def __init__(self, name, addresses, folder, switch, port, logs):
        self.address = addresses[name]
        #: Where its disk is mounted, for all hosts the same.
        self.disk = os.path.join(folder, 'disk')
        self._folder = os.path.join(folder, name)
        self._key = os.path.join(folder, 'key')
        os.makedirs(self.disk, exist_ok=True)
        os.makedirs(self._folder)
        image = self._folder + '.ext4'
        with open(image, 'w') as file:
            file.truncate(DISK << 20)
        super().__init__('host-' + name, [
            'unshare', '--mount', '--uts', '--pid', '--fork', '--mount-proc',
            '--propagation', 'private', '--kill-child',
            os.path.join(PROGRAMS, 'host.sh'), self._folder, name, image,
            self.disk, switch], logs)
        self._configure(addresses, port)

    def _configure(self, addresses, port):
        for key in (self._key, os.path.join(self._folder, 'host_key')):
            if not os.path.exists(key):
                subprocess.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '',
                                '-f', key], check=True)
        with open('/proc/sys/kernel/random/uuid') as file:
            uuid = file.read().strip()
        names = {'127.0.0.1': 'localhost ' + socket.gethostname()}
        names.update((address, name) for name, address in addresses.items())
        for path, text in (
                ('libvirt/libvirtd.conf', _LIBVIRTD.format(uuid=uuid)),
                ('libvirt/qemu.conf', _QEMU),
                ('ssh/sshd_config', _SSHD.format(
                    address=self.address, port=port, folder=self._folder,
                    key=self._key)),
                ('ssh/ssh_config', _SSH.format(port=port, key=self._key)),
                ('hosts', ''.join('%s %s\n' % item
                                  for item in names.items()))):
            path = os.path.join(self._folder, 'etc', path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, 'w') as file:
                file.write(text)

    def start(self):
        """Switch it on."""
        mark = os.path.join(self._folder, 'up')
        if os.path.exists(mark):
            os.remove(mark)
        super().start()

    def _ready(self):
        return os.path.exists(os.path.join(self._folder, 'up'))

    def _ask_to_end(self):
        # The first process of a namespace heeds no other signal.
        self._signal(signal.SIGKILL)

    def enter(self, *command):
        """Give the command that runs another one there."""
        with open('/proc/%d/task/%d/children' % (self.pid, self.pid)) as file:
            first, = file.read().split()
        return ['nsenter', '--mount', '--uts', '--pid', '--target', first,
                '--', *command]

    def run(self, *command):
        """Run a command there to its end.

        :returns: what it printed
        :raises lab.support.errors.LabError: if it fails
        """
        return processes.output(self.enter(*command))


class Service(processes.Process):
    """A service that runs on a host.

    :param name: its name, without the host's
    :param host: the :class:`Host`
    :param command: its command and arguments
    :param logs: the folder of its log
    :param is_ready: command there that succeeds when the service is ready
    """

    def __init__(self, name, host, command, logs, is_ready=()):
        super().__init__(
            '%s-%s' % (name, host.name[len('host-'):]), [], logs)
        self._host = host
        self._inside = command
        self._is_ready = is_ready

    def start(self):
        """Start it; on a host that is switched on."""
        self._host.wait_until_ready()
        self._command = [*self._bind_to_thread,
                         *self._host.enter(*self._inside)]
        super().start()

    def _ready(self):
        try:
            self._host.run(*self._is_ready or ['true'])
        except errors.LabError:
            return False
        return True


def versions():
    """Name the releases of what runs the guests."""
    return ', '.join(processes.output(command).splitlines()[0]
                     for command in (['libvirtd', '--version'],
                                     ['qemu-system-x86_64', '--version']))


def why_not():
    """Tell why there can be no such hosts on this machine, or None."""
    if os.geteuid() != 0:
        return 'only root can make namespaces and mount disks'
    for program in ('unshare', 'nsenter', 'apt-get', 'pgrep'):
        if not shutil.which(program):
            return 'there is no ' + program
    if os.path.exists('/sys/class/net/ovs-netdev') and subprocess.run(
            ['pgrep', '-x', 'ovs-vswitchd'],
            stdout=subprocess.DEVNULL).returncode == 0:
        return 'there is another Open vSwitch in userspace'
    tried = subprocess.run(
        ['unshare', '--mount', '--uts', '--pid', '--fork', '--mount-proc',
         '--propagation', 'private', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if tried.returncode:
        return 'no namespaces can be made: ' + tried.stdout.strip()
    return None


def main():
    """Check this machine.

    :returns: 0 if there can be such hosts on it, 2 if not
    """
    reason = why_not()
    if reason is None:
        return 0
    print('error: no hypervisors on this machine: ' + reason, file=sys.stderr)
    return 2


if __name__ == '__main__':
    sys.exit(main())
