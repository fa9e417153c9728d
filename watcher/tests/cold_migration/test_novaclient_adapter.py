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

import logging
from unittest import mock

import fixtures
from keystoneauth1 import session
from keystoneauth1 import token_endpoint
from novaclient import client
from novaclient import exceptions as nvexceptions
from novaclient.v2 import servers
from oslotest import base
from requests_mock.contrib import fixture as requests_mock

from watcher.common.cold_migration import exceptions
from watcher.common.cold_migration import novaclient_adapter
from watcher.common.cold_migration import states

UUID = 'fb5311b7-37f3-457e-9cde-6494a3c59bfe'
NOVA = 'http://nova/v2.1'
SERVER = '%s/servers/%s' % (NOVA, UUID)
ACTIONS = SERVER + '/os-instance-actions'
NO_VALID_HOST = 'No valid host was found.'


class Helper:
    """What the adapter uses of a NovaHelper, with a real novaclient."""

    def __init__(self, version):
        auth = token_endpoint.Token(NOVA, 'token')
        self.nova = client.Client(version, session=session.Session(auth=auth))
        self.confirm_resize = mock.Mock()

    def find_instance(self, server_id):
        return self.nova.servers.get(server_id)


class AdapterTestCase(base.BaseTestCase):

    def setUp(self):
        super().setUp()
        self.http = self.useFixture(requests_mock.Fixture())
        self.log = self.useFixture(fixtures.FakeLogger(
            name=novaclient_adapter.__name__, level=logging.DEBUG))
        self.helper = Helper('2.56')
        self.server = novaclient_adapter.Server(self.helper, UUID)

    def show(self, **shown):
        body = dict(shown, id=UUID, status='ACTIVE')
        self.http.get(SERVER, json={'server': body})

    def refuse(self, method, url, code=409):
        self.http.register_uri(
            method, url, status_code=code,
            headers={'X-Compute-Request-Id': 'req-2'},
            json={'conflictingRequest': {'message': 'no', 'code': code}})


class TestServer(AdapterTestCase):

    def test_look(self):
        self.show(**{'OS-EXT-STS:task_state': 'resize_prep',
                     'OS-EXT-SRV-ATTR:host': 'a',
                     'fault': {'message': 'broken', 'code': 500}})
        self.assertEqual(states.View('ACTIVE', 'resize_prep', 'a', 'broken'),
                         self.server.look())

    def test_look_at_what_is_not_shown_asks_once(self):
        self.show()
        self.assertEqual(states.View('ACTIVE', None, None, None),
                         self.server.look())
        self.assertEqual(1, self.http.call_count)

    def test_no_such_server(self):
        self.refuse('GET', SERVER, 404)
        self.assertIsNone(self.server.look())

    def test_look_refused(self):
        self.refuse('GET', SERVER, 403)
        refusal = self.assertRaises(exceptions.Refused, self.server.look)
        self.assertEqual(('no', 403, 'req-2'),
                         (str(refusal), refusal.code, refusal.request_id))

    def test_no_answer_is_no_refusal(self):
        self.refuse('GET', SERVER, 503)
        self.assertRaises(nvexceptions.ClientException, self.server.look)

    def test_migrate(self):
        self.show()
        self.server.look()
        self.http.post(SERVER + '/action', status_code=202,
                       headers={'X-Compute-Request-Id': 'req-1'})
        self.assertEqual('req-1', self.server.migrate('b'))
        self.assertEqual({'migrate': {'host': 'b'}},
                         self.http.last_request.json())
        self.assertEqual(
            'compute 2.56',
            self.http.last_request.headers['OpenStack-API-Version'])

    def test_migrate_at_the_configured_newer_version(self):
        self.server = novaclient_adapter.Server(Helper('2.79'), UUID)
        self.test_look()
        self.http.post(SERVER + '/action', status_code=202)
        self.assertIsNone(self.server.migrate(None))
        self.assertEqual({'migrate': {}},
                         self.http.last_request.json())
        self.assertEqual(
            'compute 2.79',
            self.http.last_request.headers['OpenStack-API-Version'])

    def test_migrate_without_request_id(self):
        self.show()
        self.server.look()
        with mock.patch.object(servers.Server, 'migrate', autospec=True,
                               return_value=None):
            self.assertIsNone(self.server.migrate('b'))

    def test_post_refused(self):
        self.show()
        self.server.look()
        self.refuse('POST', SERVER + '/action')
        self.assertRaises(exceptions.Refused, self.server.migrate, 'b')
        self.assertRaises(exceptions.Refused, self.server.revert)

    def test_confirm(self):
        self.show()
        self.server.look()
        for answer in (True, False):
            self.helper.confirm_resize.return_value = answer
            self.assertIs(answer, self.server.confirm('SHUTOFF'))
        self.helper.confirm_resize.assert_called_with(
            servers.Server(None, {'id': UUID}), 'SHUTOFF', retry=0)

    def test_confirmation_refused(self):
        self.helper.confirm_resize.side_effect = nvexceptions.Conflict(409)
        self.assertRaises(exceptions.Refused, self.server.confirm, 'ACTIVE')

    def test_newest_migration_whatever_the_order(self):
        url = '%s/os-migrations?instance_uuid=%s' % (NOVA, UUID)
        self.http.get(url, json={'migrations': [
            {'id': 7, 'migration_type': 'migration'},
            {'id': 9, 'migration_type': 'resize'},
            {'id': 8, 'migration_type': 'migration'}]})
        self.assertEqual(9, self.server.newest_migration().id)

    def test_no_migration(self):
        self.http.get(NOVA + '/os-migrations', json={'migrations': []})
        self.assertIsNone(self.server.newest_migration())

    def test_migrations_are_not_shown(self):
        self.refuse('GET', NOVA + '/os-migrations', 403)
        self.assertIsNone(self.server.newest_migration())


class TestWhatWentWrong(AdapterTestCase):

    def have_actions(self, *events):
        self.http.get(ACTIONS, json={'instanceActions': [
            {'action': action, 'request_id': request_id, 'start_time': time}
            for action, request_id, time in (('stop', 'req-9', '9'),
                                             ('migrate', 'req-1', '1'),
                                             ('migrate', 'req-2', '2'))]})
        for request_id in ('req-1', 'req-2'):
            self.http.get('%s/%s' % (ACTIONS, request_id), json={
                'instanceAction': {'events': list(events)}})

    @staticmethod
    def event(finish_time, result='Error', **words):
        return dict(words, finish_time=finish_time, result=result)

    def asked(self):
        return self.http.last_request.path.split('/')[-1]

    def test_first_failure_of_the_request(self):
        self.have_actions(self.event('5', details='because of that'),
                          self.event('4', details=NO_VALID_HOST),
                          self.event('3', 'Success', details=None))
        self.assertEqual(NO_VALID_HOST, self.server.what_went_wrong('req-1'))
        self.assertEqual('req-1', self.asked())

    def test_unknown_request(self):
        self.have_actions(self.event('5', details=NO_VALID_HOST))
        self.server.what_went_wrong('req-of-the-middleware')
        self.assertEqual('req-2', self.asked())

    def assert_asked_at(self, version):
        self.have_actions(self.event('5', details=NO_VALID_HOST))
        self.server.what_went_wrong('req-1')
        self.assertEqual(
            'compute ' + version,
            self.http.last_request.headers['OpenStack-API-Version'])

    def test_version_with_details(self):
        self.assert_asked_at('2.84')

    def test_configured_newer_version(self):
        self.server = novaclient_adapter.Server(Helper('2.90'), UUID)
        self.assert_asked_at('2.90')

    def test_nova_without_details(self):
        self.have_actions(self.event(
            '5', traceback='  File "x", line 1, in f\n    raise NoHost()\n'))
        newer = {'OpenStack-API-Version': 'compute 2.84'}
        self.http.get(ACTIONS, request_headers=newer, status_code=406)
        self.assertEqual('raise NoHost()',
                         self.server.what_went_wrong('req-1'))

    def test_not_finished_yet(self):
        self.have_actions(self.event(None, None, details=None))
        self.assertIsNone(self.server.what_went_wrong('req-1'))

    def test_nothing_failed(self):
        self.have_actions(self.event('5', 'Success', details=None))
        self.assertEqual('', self.server.what_went_wrong('req-1'))

    def test_actions_are_not_shown(self):
        self.refuse('GET', ACTIONS, 403)
        self.assertEqual('', self.server.what_went_wrong('req-1'))
        self.assertIn('No explanation', self.log.output)

    def test_same_endpoint_for_the_newer_version(self):
        http = self.helper.nova.client
        http.region_name, http.interface = 'there', 'internal'
        with mock.patch.object(client, 'Client', autospec=True) as new:
            self.server.what_went_wrong('req-1')
        new.assert_called_once_with(
            '2.84', session=http.session, service_type=http.service_type,
            endpoint_type='internal', region_name='there',
            endpoint_override=http.endpoint_override)
