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

"""Where the lab answers Watcher, or refuses its connections on purpose."""

import eventlet
import eventlet.wsgi


class Listener:
    """A TCP port on loopback, served by a WSGI application or by nothing.

    Each request has a connection of its own: one that is kept would not be
    refused.

    :param application: the WSGI application
    """

    def __init__(self, application):
        self._application = application
        self._server = None
        self._port = 0
        self.open()

    @property
    def url(self):
        """Give the URL of its port, which stays the same."""
        return 'http://127.0.0.1:%d' % self._port

    def open(self):
        """Answer."""
        if self._server is None:
            listener = eventlet.listen(('127.0.0.1', self._port))
            self._port = listener.getsockname()[1]
            self._server = eventlet.spawn(
                eventlet.wsgi.server, listener, self._application,
                log_output=False, keepalive=False)

    def close(self):
        """Refuse connections; what has been asked is answered still."""
        if self._server is not None:
            self._server.kill()
            self._server = None
