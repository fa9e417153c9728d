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


"""The ``openstack`` client, in this process: one that is started takes 2 s."""

import contextlib
import io
import json
import os
import signal
import threading
from unittest import mock

from openstackclient import shell

from lab.support import errors

# The exit status where the client has caught a Ctrl-C.
_INTERRUPTED = 128 + signal.SIGINT


class Client:
    """The client of one user.

    :param auth_url: Keystone's URL
    :param account: the user (:class:`lab.support.accounts.Account`)
    """

    # The client is a program: it has the standard output for itself.
    _turn = threading.Lock()

    def __init__(self, auth_url, account):
        self._environment = account.environment(
            auth_url=auth_url, identity_api_version='3',
            # From 2.88 on hypervisors are asked for their uptime.
            compute_api_version='2.87')

    def run(self, *words):
        """Run a command that prints nothing of interest.

        :param words: the command and its arguments
        :returns: what it printed
        :raises lab.support.errors.LabError: if it fails; tells what it said
        :raises KeyboardInterrupt: if it is interrupted
        """
        words = [str(word) for word in words]
        out, err = io.StringIO(), io.StringIO()
        with self._turn, mock.patch.dict(os.environ, self._environment), \
                contextlib.redirect_stdout(out), \
                contextlib.redirect_stderr(err):
            try:
                status = shell.OpenStackShell().run(words)
            except SystemExit as exc:
                status = exc.code
        if status == _INTERRUPTED:
            raise KeyboardInterrupt
        if status:
            raise errors.LabError('openstack %s: %s' % (
                ' '.join(words), err.getvalue().strip()))
        return out.getvalue()

    def get(self, *words):
        """Run a command that shows or lists something, and give that.

        :param words: the command and its arguments
        :returns: a dict, or a list of dicts
        :raises lab.support.errors.LabError: if it fails; tells what it said
        """
        return json.loads(self.run(*words, '-f', 'json'))
