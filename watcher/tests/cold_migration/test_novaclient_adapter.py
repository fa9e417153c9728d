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

"""The adapter to python-novaclient."""

import unittest
from unittest import mock

from oslotest import base

from watcher.tests.cold_migration import adapter_cases

try:
    from novaclient import client
    from novaclient.v2 import servers

    from watcher.common.cold_migration import novaclient_adapter
except ImportError as exc:
    raise unittest.SkipTest('python-novaclient is not installed') from exc

UUID = adapter_cases.UUID
NOVA = adapter_cases.NOVA


def shared_client(version='2.56', session=None, **options):
    return client.Client(
        version, session=session or adapter_cases.shared_session(), **options)


def make_server(shared):
    return novaclient_adapter.Server(mock.Mock(nova=shared), UUID)


class AdapterTestCase(base.BaseTestCase):

    @staticmethod
    def make_server(version, session):
        return make_server(shared_client(version, session))

    @staticmethod
    def make_nova(version, session):
        return novaclient_adapter.Nova(
            mock.Mock(nova=shared_client(version, session)))


class TestServer(adapter_cases.ServerCases, AdapterTestCase):

    def test_shared_client_keeps_its_time_limit(self):
        shared = shared_client()
        self.show()
        make_server(shared).look(seconds=3)
        self.assertIsNone(shared.client.session.timeout)

    def test_same_cloud_as_the_shared_client(self):
        shared = shared_client(region_name='there', endpoint_type='internal',
                               endpoint_override=NOVA, service_type='nova')
        session_ = shared.client.session
        session_.verify, session_.cert = '/ca', ('/cert', '/key')
        with mock.patch.object(client, 'Client', autospec=True) as new:
            make_server(shared)
        (version,), options = new.call_args
        own = options.pop('session')
        self.assertEqual('2.56', version.get_string())
        self.assertEqual(
            {'region_name': 'there', 'endpoint_type': 'internal',
             'endpoint_override': NOVA, 'service_type': 'nova'}, options)
        self.assertEqual(
            (vars(session_.auth), '/ca', ('/cert', '/key')),
            (vars(own.auth), own.verify, own.cert))

    def test_stand_in_for_a_client(self):
        nova = mock.MagicMock()
        nova.servers.get.return_value = None
        server = make_server(nova)
        self.assertIsNone(server.look(seconds=3))

    def test_migrate_without_request_id(self):
        self.show()
        self.look()
        with mock.patch.object(servers.Server, 'migrate', autospec=True,
                               return_value=None):
            self.assertIsNone(self.migrate('b'))


class TestNova(adapter_cases.NovaCases, AdapterTestCase):
    pass


class TestLogIn(adapter_cases.LogInCases, AdapterTestCase):
    pass


class TestWhatWentWrong(adapter_cases.WhatWentWrongCases, AdapterTestCase):
    pass
