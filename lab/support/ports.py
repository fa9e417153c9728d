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

"""TCP ports on loopback, kept for services that are started later."""

import contextlib
import socket

HOST = '127.0.0.1'


class Port:
    """A TCP port on loopback that is kept for a service.

    Connections are refused as long as nothing listens. The number is known
    before the service is started.

    :ivar number: its number
    """

    def __init__(self):
        # A socket that does not listen lets another one have the port.
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((HOST, 0))
        self.number = self._socket.getsockname()[1]

    def url(self, scheme='http'):
        """Give the URL of the service there."""
        return '%s://%s:%d' % (scheme, HOST, self.number)

    def release(self):
        """Let others have it."""
        self._socket.close()


def listens(number):
    """Check whether a service listens at a port of loopback."""
    with contextlib.suppress(OSError):
        socket.create_connection((HOST, number), 1).close()
        return True
    return False
