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


"""A process of the deployment: start it, wait for it, kill it, end it."""

import contextlib
import os
import signal
import socket
import subprocess

from lab import cloud
from lab import errors

# Seconds.
START_LIMIT = 90
STOP_LIMIT = 10


def run_as(user, command):
    """Run a command as another user, if we may, and wait for its end.

    :param user: the user's name
    :param command: the program and its arguments
    :raises subprocess.CalledProcessError: if it fails
    """
    subprocess.run(['setpriv', *_as_user(user), *command], check=True,
                   stdout=subprocess.DEVNULL)


def _as_user(user):
    if user is None or os.geteuid() != 0:
        return []
    return ['--reuid=' + user, '--regid=' + user, '--clear-groups']


class Service:
    """A process, with those that it starts.

    It ends with the process that started it, even if that is killed.

    :param name: what it is called; so is its log
    :param command: the program and its arguments
    :param folder: where its log is
    :param environment: what is set in its environment, as a dict
    :param port: the port on loopback where it answers, if there is one
    :param user: the user that it runs as, if we may choose
    """

    def __init__(self, name, command, folder, environment=None, port=None,
                 user=None):
        self.name = name
        self.log = os.path.join(folder, name + '.log')
        self.port = port
        # A change of user would make it forget the signal.
        self._command = ['setpriv', '--pdeathsig=TERM', *_as_user(user),
                         *command]
        self._environment = dict(os.environ, **environment or {})
        self._process = None

    def start(self):
        """Start it; from the main thread, with which it ends."""
        with open(self.log, 'a') as log:
            self._process = subprocess.Popen(
                self._command, env=self._environment, stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, start_new_session=True)

    def wait_until_up(self):
        """Wait until it answers at its port.

        :raises lab.errors.LabError: if it ends or takes too long; tells its
            last words
        """
        if self.port is None:
            return
        try:
            cloud.wait_until(self._answers, self.name + ' is up', START_LIMIT)
        except errors.LabError as exc:
            raise errors.LabError('%s\n%s' % (exc, self.last_words())) from exc

    def _answers(self):
        if self._process.poll() is not None:
            raise errors.LabError('%s has ended, with status %s' % (
                self.name, self._process.returncode))
        with contextlib.suppress(OSError):
            socket.create_connection(('127.0.0.1', self.port), 1).close()
            return True
        return False

    def last_words(self):
        """Give the last lines of its log."""
        with open(self.log, errors='replace') as log:
            return ''.join(log.readlines()[-20:])

    def kill(self):
        """Kill it, and what it has started, with signal 9.

        What it has started may hold its port until it is gone, too.
        """
        self._signal(signal.SIGKILL)
        self._process.wait()
        cloud.wait_until(lambda: not self._signal(0), self.name + ' is gone')

    def stop(self):
        """Ask it to end, wait, and kill what is left then."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_LIMIT)
        self.kill()

    def _signal(self, number):
        """Send a signal to all of it; tells whether there is any of it."""
        try:
            os.killpg(self._process.pid, number)
        except ProcessLookupError:
            return False
        return True
