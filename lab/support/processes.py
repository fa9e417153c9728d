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

"""Processes: start them, wait for them, kill them, end them."""

from concurrent import futures
import contextlib
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

from lab.support import errors
from lab.support import ports
from lab.support import waiting

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))

# The Python that has Nova: tox has Watcher in another one.
PYTHON = os.environ.get('LAB_NOVA_PYTHON', sys.executable)

# Python compiles what starts for the first time, perhaps on a busy machine.
START_LIMIT = 240
STOP_LIMIT = 20


class Process:
    """A process of a service, with those that it starts.

    It ends with the thread that started it, even if that is killed.

    :param name: the service's name
    :param command: its command and arguments
    :param folder: the folder of its log
    :param environment: what is set in its environment, as a dict
    :param port: the port on loopback where it listens, if there is one
    :param user: the user that it runs as, where this process is root

    :ivar name: its name
    :ivar log: the path of its log
    :ivar pid: its process id
    """

    # Where the user changes, too: a later change would forget the signal.
    _bind_to_thread = ('setpriv', '--pdeathsig=TERM')

    def __init__(self, name, command, folder, environment=None, port=None,
                 user=None):
        self.name = name
        self.log = os.path.join(folder, name + '.log')
        self._port = port
        self._command = [*self._bind_to_thread, *_as_user(user), *command]
        # The times in all logs are compared with Nova's.
        self._environment = dict(os.environ, TZ='UTC', **environment or {})
        self._process = None

    def start(self):
        """Start it; again, where it was killed."""
        # A session of its own: Ctrl-C at the terminal reaches its parent only.
        with open(self.log, 'a') as log:
            self._process = subprocess.Popen(
                self._command, cwd=ROOT, env=self._environment,
                stdin=subprocess.PIPE, stdout=log, stderr=log,
                start_new_session=True)
        self.pid = self._process.pid

    def wait_until_ready(self):
        """Wait until it is ready.

        :returns: what is known then; see :meth:`_ready`
        :raises lab.support.errors.LabError: if it ends or takes too long; has
            the last lines of its log
        """
        try:
            return waiting.wait_until(self._ready_or_ended, 'it is ready',
                                      START_LIMIT)
        except errors.LabError as exc:
            raise errors.LabError("The lab's %s did not start: %s\n%s" % (
                self.name.title(), exc, self._last_lines())) from None

    def _ready_or_ended(self):
        if not self.is_running():
            raise errors.LabError('it ended with status %s' %
                                  self._process.returncode)
        return self._ready()

    def _ready(self):
        """Tell whether it is ready."""
        return self._port is None or ports.listens(self._port)

    def _last_lines(self):
        with open(self.log, errors='replace') as log:
            return ''.join(log.readlines()[-20:])

    def is_running(self):
        """Tell whether it runs."""
        return self._process.poll() is None

    def wait(self):
        """Wait until it ends by itself, which it should not.

        :returns: its exit status
        """
        # In steps: a Ctrl-C just before a wait without end would be lost.
        while self.is_running():
            time.sleep(0.2)
        return self._process.returncode

    def freeze(self):
        """Stop it: it accepts connections, and never answers."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self):
        """Let a frozen one go on."""
        self._process.send_signal(signal.SIGCONT)

    def kill(self):
        """Kill it, and what it has started, with signal 9.

        What it has started may hold its port until it is gone, too.
        """
        self._signal(signal.SIGKILL)
        self._process.wait()
        waiting.wait_until(lambda: not self._signal(0), self.name + ' is gone')
        self._process.stdin.close()

    def stop(self):
        """Ask it to end, wait, and kill what is left then."""
        if self._process is None:
            return
        if self.is_running():
            self._ask_to_end()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_LIMIT)
        self.kill()

    def _ask_to_end(self):
        self._process.terminate()

    def _signal(self, number):
        """Send a signal to all of it; tells whether there is any of it."""
        try:
            os.killpg(self._process.pid, number)
        except ProcessLookupError:
            return False
        return True


class LabProcess(Process):
    """A process that runs a module of the lab's, in a folder of its own.

    The module gets the folder as ``--folder``. It calls :func:`report_ready`,
    and ends when its standard input does, even if its parent is killed.

    :param name: its name
    :param module: the module
    :param arguments: its arguments

    :ivar folder: the path of the folder; it is gone when the process has ended
    """

    # Any thread may start it; its standard input binds it to the process.
    _bind_to_thread = ()
    # The Python that has what it runs.
    _PYTHON = PYTHON

    def __init__(self, name, module, *arguments):
        self.folder = tempfile.mkdtemp(prefix='lab-%s-' % name)
        super().__init__(name, [
            self._PYTHON, '-m', module, '--folder', self.folder, *arguments,
            *self._prepare()], self.folder)
        self.start()

    def _prepare(self):
        """Put what it needs into the folder; give more arguments."""
        return []

    def start(self):
        """Start it; again, where it was killed."""
        with contextlib.suppress(FileNotFoundError):
            os.remove(_ready_path(self.folder))
        super().start()

    def _ready(self):
        """Give what the module reported, or None."""
        with contextlib.suppress(FileNotFoundError):
            with open(_ready_path(self.folder)) as file:
                return json.load(file)

    def _ask_to_end(self):
        self._process.stdin.close()

    def stop(self):
        """Ask it to end, wait, and kill what is left then."""
        super().stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        """Wait until it is ready; give it."""
        self.wait_until_ready()
        return self

    def __exit__(self, *exc_info):
        """End it."""
        self.stop()


def report_ready(folder, **facts):
    """Report to the parent that this process is ready.

    :param folder: the folder that the process was given
    :param facts: what :meth:`LabProcess.wait_until_ready` returns
    """
    path = _ready_path(folder)
    with open(path + '.new', 'w') as file:
        json.dump(facts, file)
    os.rename(path + '.new', path)


def _ready_path(folder):
    return os.path.join(folder, 'ready.json')


def run_as(user, command):
    """Run a command as another user, where this process is root.

    :param user: the user's name
    :param command: the command and its arguments
    :raises subprocess.CalledProcessError: if it fails
    """
    subprocess.run(['setpriv', *_as_user(user), *command], check=True,
                   stdout=subprocess.DEVNULL)


def output(command):
    """Run a command to its end.

    :param command: the command and its arguments
    :returns: what it printed
    :raises lab.support.errors.LabError: if it fails; has what it printed last
    """
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, errors='replace')
    if done.returncode:
        raise errors.LabError('%s: status %d\n%s' % (
            ' '.join(command), done.returncode, done.stdout[-2000:]))
    return done.stdout


def _as_user(user):
    if user is None or os.geteuid() != 0:
        return []
    return ['--reuid=' + user, '--regid=' + user, '--clear-groups']


def run_module(module, *arguments, timeout=None):
    """Run a module in a process of its own, to its end.

    :param module: the module; its last line of output is JSON
    :param arguments: its arguments
    :param timeout: how many seconds it may take, or None
    :returns: what that line holds
    :raises subprocess.TimeoutExpired: if it takes longer
    """
    ended = subprocess.run(
        [sys.executable, '-W', 'ignore', '-m', module, *arguments],
        cwd=ROOT, env=dict(os.environ, PYTHONWARNINGS='ignore'),
        stdout=subprocess.PIPE, text=True, timeout=timeout)
    return json.loads(ended.stdout.splitlines()[-1])


def heed_interrupts():
    """Have this process end at SIGINT, which background jobs ignore."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])


def heed_first_interrupt():
    """Have this process be interrupted once, and then end what it started.

    tox sends a SIGINT of its own after that of the terminal.
    """
    def interrupt(number, _):
        signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupt)


def pool(count, prepare=None, *arguments):
    """Make a pool of processes that never outlive this one.

    :param count: how many there are at most
    :param prepare: function that each calls before anything else
    :param arguments: its arguments
    :returns: a ``concurrent.futures.ProcessPoolExecutor``
    """
    # What is forked ends without the clean-up that ends its Nova.
    return futures.ProcessPoolExecutor(
        count, mp_context=multiprocessing.get_context('spawn'),
        initializer=_begin, initargs=(prepare, *arguments))


def _begin(prepare, *arguments):
    heed_interrupts()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if prepare is not None:
        prepare(*arguments)


def _end_with_parent():
    multiprocessing.parent_process().join()
    os._exit(1)
