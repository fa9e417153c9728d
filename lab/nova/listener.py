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

    Each request has a connection of its own: one that is kept open would
    not be refused.

    :param application: the WSGI application
    :param port: the port's number
    :param certificate: path of the certificate and key to use TLS with, or
        None
    """

    def __init__(self, application, port, certificate):
        self._application = application
        self._port = port
        self._certificate = certificate
        self._server = None
        self.open()

    def open(self):
        """Answer."""
        if self._server is None:
            listener = eventlet.listen(('127.0.0.1', self._port))
            if self._certificate:
                listener = eventlet.wrap_ssl(
                    listener, certfile=self._certificate, server_side=True)
            self._server = eventlet.spawn(
                eventlet.wsgi.server, listener, self._application,
                log_output=False, keepalive=False)

    def close(self):
        """Refuse connections; requests in progress are still answered."""
        if self._server is not None:
            self._server.kill()
            self._server = None
