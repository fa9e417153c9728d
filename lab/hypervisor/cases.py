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

"""What is tried on the hypervisor cloud: what happens, and what helps then."""

import contextlib
import typing

SOURCE, DESTINATION = 'compute1', 'compute2'


class Case(typing.NamedTuple):
    """A cold migration of one or more servers by a plan of Watcher's.

    :ivar moves: whether it is to succeed; None where either is fine, if the
        verdict is true
    :ivar meanwhile: function of the :class:`lab.hypervisor.trial.Trial` that
        does something to it when it is under way
    :ivar before: function of the trial that gives a context manager, in which
        it is done
    :ivar plan: function of the trial that gives the action plan
    :ivar kind: the kind of its guests; see ``lab.hypervisor.guest``
    :ivar count: how many servers
    :ivar is_stopped: whether they are stopped
    :ivar is_killed: whether the guest is killed where it has arrived
    """

    moves: typing.Optional[bool] = True
    meanwhile: typing.Callable = lambda trial: None
    before: typing.Callable = lambda trial: contextlib.nullcontext()
    plan: typing.Callable = lambda trial: trial.plan_each()
    kind: str = 'tiny'
    count: int = 1
    is_stopped: bool = False
    is_killed: bool = False


@contextlib.contextmanager
def _without_ssh(trial):
    sshd = trial.running.site.services['sshd-' + DESTINATION]
    sshd.kill()
    try:
        yield
    finally:
        sshd.start()
        sshd.wait_until_ready()


@contextlib.contextmanager
def _full(trial):
    """Leave too little room on the destination for what the guest wrote."""
    machine = trial.machines[DESTINATION]
    file = machine.disk + '/full'
    try:
        machine.run('sh', '-c', 'fallocate -l $(($(stat -f -c "%f * %S" "$0") '
                    '- (48 << 20))) "$1"', machine.disk, file)
        yield
    finally:
        machine.run('rm', file)


@contextlib.contextmanager
def _full_of_images(trial):
    """Leave no room on the destination for the image beneath the disk."""
    machine = trial.machines[DESTINATION]
    images = machine.disk + '/instances/_base'
    machine.run('mkdir', '-p', images)
    machine.run('mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', images)
    try:
        yield
    finally:
        machine.run('umount', images)


def _kill(name, task_state):
    """Give what kills a service at a task, and starts it again."""
    def kill(trial):
        trial.wait_for_task(task_state)
        trial.running.kill_and_restart(name)
    return kill


def _kill_qemu(trial):
    trial.wait_for_task('VERIFY_RESIZE')
    trial.machines[DESTINATION].run('pkill', '-9', '-f', trial.ids[0])


def _killed(host, task_state):
    return Case(None, _kill('nova-compute-' + host, task_state))


ALL = {
    'running': Case(),
    'stopped': Case(is_stopped=True),
    'deaf': Case(kind='deaf'),
    '400-mb': Case(kind='big'),
    'four': Case(count=4),
    'maintenance': Case(count=2, plan=lambda trial: trial.plan_maintenance()),
    'ssh-refused': Case(False, before=_without_ssh),
    'full-at-copy': Case(False, before=_full),
    'full-at-finish': Case(False, before=_full_of_images),
    **{'kill-%s-%s' % (role, task_state[len('resize_'):]):
       _killed(host, task_state)
       for task_state in ('resize_prep', 'resize_migrating', 'resize_finish')
       for role, host in (('source', SOURCE), ('destination', DESTINATION))},
    'kill-libvirtd': Case(None, _kill('libvirtd-' + SOURCE,
                                      'resize_migrating')),
    'kill-qemu': Case(None, _kill_qemu, is_killed=True),
    'boots-once': Case(kind='once')}
