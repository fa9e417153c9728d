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

"""HTTP within a time limit, whatever the peer does (P7 of the contract).

A timeout of the library requests is for each read of a socket. A reply that
trickles in would never end, and a redirect, or a request that is sent again
after a login, would have the same time once more.
"""

import contextlib
import functools
import io
import socket
import time

from keystoneauth1 import session
from urllib3 import connection
from urllib3 import connectionpool

# Seconds that a request gets at least: a timeout of 0 is an error.
LEAST = 0.05


class Limit:
    """The time that requests have, as long as one is set."""

    def __init__(self):
        self._end = None

    def left(self):
        """Give how many seconds are left; None for no limit."""
        return None if self._end is None else self._end - time.monotonic()

    def timeout(self):
        """Give the timeout of a request that begins now."""
        seconds = self.left()
        return None if seconds is None else max(seconds, LEAST)

    @contextlib.contextmanager
    def limited(self, seconds):
        """Limit all requests in the block to these seconds altogether."""
        self._end = time.monotonic() + seconds
        try:
            yield
        finally:
            self._end = None


class Adapter(session.TCPKeepAliveAdapter):
    """Sends requests, each of whose reads gets the time that is left then.

    :param limit: the :class:`Limit`
    """

    def __init__(self, limit):
        self._limit = limit
        super().__init__()

    def init_poolmanager(self, *args, **kwargs):
        """Make the connections' pool; see the parent's."""
        super().init_poolmanager(*args, **kwargs)
        self._use_limit(self.poolmanager)

    def proxy_manager_for(self, *args, **kwargs):
        """Give the pool of the connections to a proxy; see the parent's."""
        manager = super().proxy_manager_for(*args, **kwargs)
        self._use_limit(manager)
        return manager

    def send(self, request, *args, **kwargs):
        """Send a request, and get the reply; see the parent's."""
        kwargs['timeout'] = self._limit.timeout()
        return super().send(request, *args, **kwargs)

    def _use_limit(self, manager):
        manager.pool_classes_by_scheme = {
            'http': functools.partial(_HTTPPool, self._limit),
            'https': functools.partial(_HTTPSPool, self._limit)}


class _LimitedConnection:
    """Beside a connection of urllib3's."""

    def __init__(self, limit, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._limit = limit

    def connect(self):
        """Connect, and have what arrives read within the limit."""
        super().connect()
        self.sock = _Socket(self.sock, self._limit)


class _HTTPConnection(_LimitedConnection, connection.HTTPConnection):
    pass


class _HTTPSConnection(_LimitedConnection, connection.HTTPSConnection):
    pass


class _LimitedPool:
    """Beside a pool of urllib3's."""

    def __init__(self, limit, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.ConnectionCls = functools.partial(self.ConnectionCls, limit)


class _HTTPPool(_LimitedPool, connectionpool.HTTPConnectionPool):
    ConnectionCls = _HTTPConnection


class _HTTPSPool(_LimitedPool, connectionpool.HTTPSConnectionPool):
    ConnectionCls = _HTTPSConnection


class _Socket:
    """A connected socket that is read within the limit."""

    def __init__(self, connected, limit):
        self._connected = connected
        self._limit = limit

    def __getattr__(self, name):
        return getattr(self._connected, name)

    def makefile(self, *args, **kwargs):
        """Give a buffered reader: http.client asks for nothing else."""
        return io.BufferedReader(_Reader(self._connected, self._limit))


class _Reader(io.RawIOBase):
    """What arrives at a socket, within the limit."""

    def __init__(self, connected, limit):
        self._connected = connected
        self._limit = limit
        # It keeps the socket open for as long as it is open itself.
        self._file = connected.makefile('rb', buffering=0)

    def readable(self):
        """Tell io that it is."""
        return True

    def readinto(self, buffer):
        """Read what there is; see the parent's.

        :raises socket.timeout: if that takes longer than there is time left
        """
        seconds = self._limit.left()
        if seconds is not None:
            if seconds <= 0:
                raise socket.timeout('the time limit is exceeded')
            self._connected.settimeout(seconds)
        return self._file.readinto(buffer)

    def close(self):
        """Close it; see the parent's."""
        self._file.close()
        super().close()
