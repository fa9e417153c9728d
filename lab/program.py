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

"""Starting and ending the programs that the lab is made of."""

import json
import os
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from lab import errors

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# The Python that has Nova and Keystone, which need not be Watcher's.
PYTHON = os.environ.get('LAB_NOVA_PYTHON', sys.executable)

# Seconds. It takes two to five; the rest is for a busy machine.
START_LIMIT = 60
STOP_LIMIT = 20


class Port:
    """A TCP port on loopback that is kept for a program.

    Connections are refused as long as no program listens. Which port it is can
    be told before there is a program.

    :ivar number: its number
    """

    def __init__(self):
        # A socket that does not listen lets another one have the port.
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(('127.0.0.1', 0))
        self.number = self._socket.getsockname()[1]

    def url(self, scheme='http'):
        """Give the URL of what answers there."""
        return '%s://127.0.0.1:%d' % (scheme, self.number)

    def release(self):
        """Let others have it."""
        self._socket.close()


class Program:
    """A program of the lab's that runs until it is ended.

    It has a folder of its own. When it is ready it prints a line of JSON, and
    when its standard input ends so does it.

    :param name: what it is called
    :param module: the module to run
    :param arguments: its arguments, beside ``--folder``

    :ivar pid: its process id
    :ivar folder: the path of its folder; it is gone when the program has ended
    :ivar log: the path of its log file, there
    """

    def __init__(self, name, module, *arguments):
        self.folder = tempfile.mkdtemp(prefix='lab-%s-' % name)
        self.log = os.path.join(self.folder, 'log')
        self._name = name
        self._command = [PYTHON, '-m', module, '--folder', self.folder,
                         *arguments, *self._prepare()]
        self.start()

    def _prepare(self):
        """Put what it needs into the folder; give more arguments."""
        return []

    def start(self):
        """Start it; anew where it was killed."""
        # The pipe to its standard input tells it when to end: it closes even
        # if this process is killed. An own session, so that a Ctrl-C at the
        # terminal reaches it by that way alone.
        with open(self.log, 'a') as log:
            self._process = subprocess.Popen(
                self._command, cwd=ROOT, stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=log, start_new_session=True,
                text=True)
        self.pid = self._process.pid

    def wait_until_ready(self):
        """Wait until it is ready.

        :returns: what it tells then
        :raises lab.errors.LabError: if it doesn't start; tells its last words
        """
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            line = (self._process.stdout.readline()
                    if selector.select(START_LIMIT) else '')
        try:
            return json.loads(line)
        except ValueError:
            raise errors.LabError(
                "The lab's %s did not start; its last words:\n%s" %
                (self._name.title(), line + self._last_words())) from None

    def _last_words(self):
        with open(self.log) as log:
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

    def kill(self):
        """Let it die, as in a crash: what is in its folder stays."""
        self._process.kill()
        self._process.wait()
        self._close()

    def freeze(self):
        """Let it stand still: it takes connections, and never answers."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self):
        """Let it go on."""
        self._process.send_signal(signal.SIGCONT)

    def stop(self):
        """End it, and wait until it is gone."""
        self._process.stdin.close()
        try:
            self._process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _close(self):
        self._process.stdin.close()
        self._process.stdout.close()

    def __enter__(self):
        """Give it."""
        return self

    def __exit__(self, *exc_info):
        """End it."""
        self.stop()
