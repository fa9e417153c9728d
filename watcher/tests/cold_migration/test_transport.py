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

"""A request never takes longer than it may, however the reply comes."""

import io
import socket
from unittest import mock

import fixtures
from keystoneauth1 import exceptions
from keystoneauth1 import session
from keystoneauth1 import token_endpoint
from oslotest import base

from watcher.common.cold_migration import transport

BODY = b'{"server": {"status": "ACTIVE"}}'
REPLY = (b'HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n' % len(BODY)) + BODY
MOVED = (b'HTTP/1.1 302 Found\r\nContent-Length: 0\r\nConnection: close\r\n'
         b'Location: http://nova/elsewhere\r\n\r\n')


class Trickle(io.RawIOBase):
    """Gives a byte at a time, each of which takes a while."""

    def __init__(self, connected):
        self._connected = connected
        self._left = io.BytesIO(connected.reply)

    def readable(self):
        return True

    def readinto(self, buffer):
        connected = self._connected
        connected.test.now += connected.test.pause
        if (connected.timeout is not None and
                connected.timeout < connected.test.pause):
            raise socket.timeout()
        return self._left.readinto(memoryview(buffer)[:1])


class Connected:
    """A connected socket."""

    def __init__(self, test, timeout, reply):
        self.test = test
        self.timeout = timeout
        self.reply = reply
        self.is_open = True

    def sendall(self, data):
        self.test.now += self.test.pause

    def settimeout(self, seconds):
        self.timeout = seconds

    def makefile(self, mode, buffering):
        return Trickle(self)

    def close(self):
        self.is_open = False


class TestRequest(base.BaseTestCase):

    def setUp(self):
        super().setUp()
        self.now = 0.0
        self.pause = 1.0
        self.replies = [REPLY]
        self.timeouts = []
        self.useFixture(fixtures.MockPatchObject(
            transport, 'time', mock.Mock(monotonic=lambda: self.now)))
        self.useFixture(fixtures.MonkeyPatch(
            'urllib3.connection.HTTPConnection._new_conn', self.connect))
        self.addresses, self.looking_up = ['address'], 0
        self.useFixture(fixtures.MonkeyPatch(
            'socket.getaddrinfo', self.look_up))
        self.session = transport.Session(
            session.Session(), token_endpoint.Token('http://nova', 'token'))

    def look_up(self, *host_port_family_kind):
        """Old releases of eventlet have other names for these."""
        self.assertEqual(('nova', 80, 0, socket.SOCK_STREAM),
                         host_port_family_kind)
        self.now += self.looking_up
        return self.addresses

    def connect(self, by):
        self.timeouts.append(by.timeout)
        self.connected = Connected(self, by.timeout, self.replies.pop(0))
        return self.connected

    def get(self, seconds):
        with self.session.limited(seconds):
            return self.session.get('http://nova/servers/id')

    def assert_times_out_at(self, seconds):
        self.assertRaises(exceptions.ConnectionError, self.get, seconds)
        self.assertAlmostEqual(seconds, self.now, delta=self.pause)

    def test_reply_in_time(self):
        self.assertEqual(BODY, self.get(len(REPLY) + 2).content)

    def test_headers_trickle(self):
        self.assert_times_out_at(20)

    def test_body_trickles(self):
        self.assert_times_out_at(len(REPLY) - 5)

    def test_no_reply(self):
        self.pause = 60
        self.assert_times_out_at(10)

    def test_redirect_has_the_rest_of_the_time(self):
        self.replies = [MOVED, REPLY]
        limit = len(MOVED + REPLY) + 5
        self.assertEqual(BODY, self.get(limit).content)
        first, second = self.timeouts
        self.assertEqual(limit, first)
        self.assertAlmostEqual(limit - len(MOVED), second, delta=3)

    def test_addresses_share_the_time(self):
        """urllib3 tries one after the other."""
        self.addresses, self.looking_up = ['address'] * 3, 30
        self.get(180)
        self.assertEqual([50], self.timeouts)

    def test_address_is_not_known(self):
        look_up = self.useFixture(fixtures.MockPatch(
            'socket.getaddrinfo', side_effect=socket.gaierror)).mock
        self.assertRaises(exceptions.ConnectFailure, self.get, 180)
        look_up.assert_called_once()

    def test_close(self):
        self.get(len(REPLY) + 2)
        self.assertTrue(self.connected.is_open)
        self.session.close()
        self.assertFalse(self.connected.is_open)

    def test_no_limit(self):
        self.assertEqual(
            BODY, self.session.get('http://nova/servers/id').content)
        self.assertEqual([None], self.timeouts)
