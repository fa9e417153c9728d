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

"""Starting and ending the lab's Nova."""

import contextlib
import json
import os
import selectors
import subprocess
import sys
import tempfile
import time

from lab import errors

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# The Python that has Nova, which need not be Watcher's.
PYTHON = os.environ.get('LAB_NOVA_PYTHON', sys.executable)

# Seconds. It takes two to five; the rest is for a busy machine.
START_LIMIT = 60
STOP_LIMIT = 20


def nova_version():
    """Tell the release of the lab's Nova."""
    return subprocess.run(
        [PYTHON, '-c', 'from importlib import metadata\n'
         'print(metadata.version("nova"))'],
        check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


class NovaProcess:
    """A running lab. As a context manager it ends with the block.

    :param arguments: what ``lab.server`` takes, such as ``--hosts=4``
    :raises lab.errors.LabError: if it doesn't start; tells its last words

    :ivar pid: its process id
    :ivar url: where it answers
    :ivar endpoint: the URL of its compute API
    :ivar watchers_endpoint: the same at a port that may refuse connections
    :ivar hosts: the names of its compute hosts
    :ivar microversion: the newest that its API takes
    :ivar log: the path of its log file; it is gone when the lab has ended
    """

    def __init__(self, *arguments):
        log, self.log = tempfile.mkstemp(prefix='lab-nova-', suffix='.log')
        # The pipe to its standard input tells it when to end: it closes even
        # if this process is killed. An own session, so that a Ctrl-C at the
        # terminal reaches it by that way alone.
        self._process = subprocess.Popen(
            [PYTHON, '-m', 'lab.server', '--log', self.log, *arguments],
            cwd=ROOT, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=log, start_new_session=True,
            text=True)
        os.close(log)
        self.pid = self._process.pid
        try:
            ready = self._read_ready()
        except BaseException:
            self.stop()
            raise
        self.url = ready['url']
        self.endpoint = self.url + '/v2.1'
        self.watchers_endpoint = ready['watchers_url'] + '/v2.1'
        self.hosts = ready['hosts']
        self.microversion = ready['microversion']

    def _read_ready(self):
        """Wait for the line that tells where it answers; give its dict."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            line = (self._process.stdout.readline()
                    if selector.select(START_LIMIT) else '')
        try:
            return json.loads(line)
        except ValueError:
            raise errors.LabError(
                "The lab's Nova did not start; its last words:\n%s%s" %
                (line, self._last_words())) from None

    def _last_words(self):
        with open(self.log) as log:
            return ''.join(log.readlines()[-20:])

    def wait(self):
        """Wait until it ends by itself, which it should not.

        :returns: its exit status
        """
        # In steps: a Ctrl-C just before a wait without end would be lost.
        while self._process.poll() is None:
            time.sleep(0.2)
        return self._process.returncode

    def stop(self):
        """End it, and wait until it is gone."""
        self._process.stdin.close()
        try:
            self._process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.log)

    def __enter__(self):
        """Give the running lab."""
        return self

    def __exit__(self, *exc_info):
        """End it."""
        self.stop()
