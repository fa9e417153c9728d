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

"""A session that keeps a time limit, whatever the peer does (P7).

A timeout of the library requests is for each read of a socket. A reply that
trickles in would never end, and a redirect, or a request that is sent again
after a login, would have the same time once more.
"""

import contextlib
import copy
import functools
import io
import socket
import threading
import time

from keystoneauth1 import session
from urllib3 import connection
from urllib3 import connectionpool

# Seconds that a request gets at least: a timeout of 0 is an error.
_LEAST = 0.05


class Session(session.Session):
    """A copy of a shared session, with time limits and without retries.

    All requests in a block, logins included, share one time limit
    (:meth:`limited`). No request is repeated: Nova may have carried out a
    migrate request whose reply was lost (P3 of the contract). It has the token
    of the shared session, and logs in by itself when that expires: while
    others log in, who have no time limit, the shared one is locked.

    :param shared: the keystoneauth1 session that is shared with others
    :param auth: its authentication plugin, or the one to take instead

    :ivar reply: the last reply, a ``requests.Response``; None before there
        is one
    """

    def __init__(self, shared, auth):
        self._limit = _Limit()
        super().__init__(auth=_own(auth), verify=shared.verify,
                         cert=shared.cert)
        for scheme in ('http://', 'https://'):
            self.mount(scheme, _Adapter(self._limit))
        self.reply = None

    def request(self, *args, **kwargs):
        """Make a request once; otherwise as the parent's."""
        for name in ('connect_retries', 'status_code_retries'):
            kwargs.pop(name, None)
        self.reply = super().request(*args, **kwargs)
        return self.reply

    def limited(self, seconds):
        """Limit all requests in a block to these seconds altogether."""
        return self._limit.limited(seconds)

    def close(self):
        """Close its connections, which nobody shares."""
        # It holds the pool of its connection.
        self.reply = None
        self.session.close()


class _Limit:
    """The time that requests have, as long as one is set."""

    def __init__(self):
        self._end = None

    def left(self):
        """Give how many seconds are left; None for no limit."""
        return None if self._end is None else self._end - time.monotonic()

    @contextlib.contextmanager
    def limited(self, seconds):
        """Limit all requests in the block to these seconds altogether."""
        self._end = time.monotonic() + seconds
        try:
            yield
        finally:
            self._end = None


class _Adapter(session.TCPKeepAliveAdapter):
    """Sends requests, each of whose reads gets the time that is left then.

    :param limit: the :class:`_Limit`
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
        seconds = self._limit.left()
        kwargs['timeout'] = None if seconds is None else max(seconds, _LEAST)
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
        if self._limit.left() is not None:
            # Each address of the host gets the timeout. What the rest of the
            # arguments is called depends on eventlet's release.
            addresses = socket.getaddrinfo(self._dns_host.strip('[]'),
                                           self.port, 0, socket.SOCK_STREAM)
            self.timeout = max(self._limit.left() / len(addresses), _LEAST)
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


def _own(auth):
    """Copy an authentication plugin, with its token but not its lock."""
    own = copy.copy(auth)
    if hasattr(own, '_lock'):
        own._lock = threading.Lock()
    return own
