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

"""What the servers run, and what is true of it, by its own disk."""

import contextlib
import glob
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
import typing

from lab.hypervisor import host
from lab.support import errors
from lab.support import processes
from lab.support import waiting

COMMAND_LINE = 'console=ttyS0 panic=-1 quiet'
# The kinds of guests: what the kernel's command line says, by image.
KINDS = {'tiny': 'fill=100', 'big': 'fill=400', 'deaf': 'fill=100 deaf',
         'once': 'fill=100 once'}

_KERNEL = 'linux-image-cloud-amd64'
_MODULES = ('virtio_ring', 'virtio', 'virtio_pci_modern_dev',
            'virtio_pci_legacy_dev', 'virtio_pci', 'virtio_blk', 'button',
            'evdev')
# Seconds; the processor is emulated.
BOOT_LIMIT = 300


class Files(typing.NamedTuple):
    """The paths of what a guest is made of."""

    kernel: str
    initrd: str
    disk: str


def make(folder):
    """Make what guests boot of.

    :param folder: where
    :returns: :class:`Files`
    :raises lab.support.errors.LabError: if it can't
    """
    system = os.path.join(folder, 'system')
    processes.output(['dpkg', '-x', _download(folder), system])
    kernel, = glob.glob(os.path.join(system, 'boot', 'vmlinuz-*'))
    made = Files(kernel, os.path.join(folder, 'initrd.gz'),
                 os.path.join(folder, 'disk.qcow2'))
    _make_initrd(folder, system, made.initrd)
    content, raw = (os.path.join(folder, name) for name in ('content', 'raw'))
    os.mkdir(content)
    with open(os.path.join(content, 'boots'), 'w'):
        pass
    processes.output(
        ['mke2fs', '-q', '-t', 'ext4', '-d', content, raw, '900M'])
    processes.output(
        ['qemu-img', 'convert', '-O', 'qcow2', raw, made.disk])
    return made


def _download(folder):
    """Get Debian's kernel, which is not installed."""
    listed = processes.output(
        ['apt-cache', 'depends', '--important', _KERNEL])
    package, = re.findall(r'Depends: (linux-image-\S+)', listed)
    subprocess.run(['apt-get', '-q', 'download', package], cwd=folder,
                   check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    path, = glob.glob(os.path.join(folder, '*.deb'))
    return path


def _make_initrd(folder, system, path):
    root = os.path.join(folder, 'root')
    for name in ('bin', 'dev', 'mnt', 'modules', 'proc', 'sys'):
        os.makedirs(os.path.join(root, name))
    shutil.copy('/bin/busybox', os.path.join(root, 'bin'))
    shutil.copy(os.path.join(host.PROGRAMS, 'guest_init.sh'),
                os.path.join(root, 'init'))
    for name in _MODULES:
        module, = glob.glob(os.path.join(
            system, 'lib', 'modules', '**', name + '.ko'), recursive=True)
        shutil.copy(module, os.path.join(root, 'modules'))
    with open(os.path.join(root, 'modules', 'order'), 'w') as file:
        file.writelines(name + '\n' for name in _MODULES)
    with open(path, 'w') as file:
        subprocess.run('find . | cpio --quiet -o -H newc | gzip -1',
                       shell=True, cwd=root, check=True, stdout=file)


class Truth(typing.NamedTuple):
    """What is true of a guest.

    :ivar hosts: the names of the hosts that have its domain
    :ivar disks: the names of the hosts that have anything of its disk
    :ivar running: the names of the hosts where it runs
    :ivar boots: how often it booted
    :ivar is_whole: whether its data is as it wrote it, and all boots are its
    """

    hosts: typing.Tuple[str, ...]
    disks: typing.Tuple[str, ...]
    running: typing.Tuple[str, ...]
    boots: int
    is_whole: bool

    def problem(self, host, is_running, boots):
        """Check a guest that is to be on one host, and nowhere else.

        :param host: the host's name
        :param is_running: whether it is to run there
        :param boots: how often it is to have booted
        :returns: the problem as a sentence, or None
        """
        wanted = Truth((host,), (host,), (host,) if is_running else (), boots,
                       True)
        if self == wanted:
            return None
        return 'the guest is %s, not %s' % (tuple(self), tuple(wanted))


def console(machine, server_id):
    """Give what a guest wrote to the serial console, as lines."""
    path = os.path.join(machine.disk, 'instances', server_id, 'console.log')
    shown = machine.run('sh', '-c', 'cat "$0" 2>/dev/null || true', path)
    return [line.strip() for line in shown.splitlines()
            if line.startswith('GUEST: ')]


def wait_until_ready(machine, server_id, boot=1, limit=BOOT_LIMIT):
    """Wait until a guest has booted.

    :param machine: the host
    :param server_id: the server's id
    :param boot: the number of the boot
    :param limit: how many seconds to wait
    """
    line = 'GUEST: boot %d of %s' % (boot, server_id)

    def is_ready():
        shown = console(machine, server_id)
        return line in shown and 'GUEST: ready' in shown[shown.index(line):]

    waiting.wait_until(is_ready, 'guest %s is ready' % server_id, limit, 1)


def examine(machines, server_id):
    """Look at a guest where it is, and where it was.

    :param machines: the hosts, by name
    :param server_id: the server's id
    :returns: its :class:`Truth`
    """
    def having(*command):
        return tuple(name for name, machine in machines.items()
                     if server_id in machine.run(*command))

    folder = os.path.join(next(iter(machines.values())).disk, 'instances')
    disks = having('ls', folder)
    boots, is_whole = 0, False
    for name in disks:
        # Nothing can be read of one whose image is missing.
        with contextlib.suppress(errors.LabError):
            boots, is_whole = _read_disk(
                machines[name], os.path.join(folder, server_id, 'disk'),
                server_id)
    return Truth(having('virsh', 'list', '--all', '--uuid'), disks,
                 having('virsh', 'list', '--uuid'), boots, is_whole)


def _read_disk(machine, path, server_id):
    with tempfile.TemporaryDirectory() as folder:
        raw = os.path.join(folder, 'raw')
        machine.run('qemu-img', 'convert', '-U', '-O', 'raw', path, raw)

        def read(name):
            return subprocess.run(
                ['debugfs', '-R', 'cat /' + name, raw], check=True,
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        boots = read('boots').decode().splitlines()
        digest = _md5(read('data'))
        return len(boots), (
            boots == ['boot %d of %s' % (number, server_id)
                      for number in range(1, len(boots) + 1)] and
            read('data.md5').decode().split()[0] == digest)


def _md5(data):
    return hashlib.md5(data).hexdigest()
