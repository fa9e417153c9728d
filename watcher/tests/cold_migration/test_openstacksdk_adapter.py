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

"""The adapter to openstacksdk."""

import unittest
from unittest import mock

import fixtures
from oslotest import base

from watcher.common.cold_migration import transport
from watcher.tests.cold_migration import adapter_cases

try:
    from openstack import connection
    from openstack import exceptions as sdk_exceptions

    from watcher.common.cold_migration import openstacksdk_adapter
except ImportError as exc:
    raise unittest.SkipTest('openstacksdk is not installed') from exc

UUID = adapter_cases.UUID


class Helper:
    """As much of Watcher's helper as the adapter needs."""

    def __init__(self, session):
        self.connection = connection.Connection(session=session)

    def _instance_migrate(self, instance, dest_hostname):
        return instance.server.post_migrate(dest_hostname)


class AdapterTestCase(base.BaseTestCase):

    def make_server(self, version, session):
        self.configure(version, session)
        return openstacksdk_adapter.Server(self.helper, UUID)

    def make_nova(self, version, session):
        self.configure(version, session)
        return openstacksdk_adapter.Nova(self.helper)

    def configure(self, version, session):
        conf = mock.Mock()
        conf.nova.api_version = version
        self.useFixture(fixtures.MockPatchObject(
            openstacksdk_adapter, 'CONF', conf))
        self.helper = Helper(session)


class TestServer(adapter_cases.ServerCases, AdapterTestCase):

    def test_shared_connection_is_left_as_it_is(self):
        self.show()
        self.look(seconds=3)
        shared = self.helper.connection
        self.assertIsNone(shared.session.timeout)
        self.assertIs(shared.session, shared.compute.session)
        self.assertIsNone(shared.compute.default_microversion)

    def test_same_cloud_as_the_shared_session(self):
        shared = adapter_cases.shared_session()
        shared.verify, shared.cert = '/ca', ('/cert', '/key')
        own = transport.Session(shared, shared.auth)
        self.assertEqual(
            (vars(shared.auth), '/ca', ('/cert', '/key')),
            (vars(own.auth), own.verify, own.cert))

    def stand_in(self):
        helper = mock.MagicMock()
        stand_in = openstacksdk_adapter.Server(helper, UUID)
        return helper, stand_in

    def test_stand_in_for_a_connection(self):
        helper, stand_in = self.stand_in()
        helper.connection.compute.get_server.side_effect = (
            sdk_exceptions.NotFoundException())
        self.assertIsNone(stand_in.look(seconds=3))

    def test_migrate_by_the_method_of_the_helper(self):
        helper, stand_in = self.stand_in()
        stand_in.migrate('b', seconds=3)
        helper._instance_migrate.assert_called_once_with(UUID, 'b')

    def test_library_gives_up_by_itself(self):
        helper, stand_in = self.stand_in()
        helper.connection.compute.get_server.side_effect = (
            sdk_exceptions.NotSupported('no such version'))
        fault = self.assertRaises(adapter_cases.exceptions.Unavailable,
                                  stand_in.look, seconds=3)
        self.assertEqual('no such version', str(fault))


class TestNova(adapter_cases.NovaCases, AdapterTestCase):
    pass


class TestLogIn(adapter_cases.LogInCases, AdapterTestCase):
    pass


class TestWhatWentWrong(adapter_cases.WhatWentWrongCases, AdapterTestCase):
    pass
