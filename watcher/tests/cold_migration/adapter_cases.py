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

"""What every adapter has to do, whatever its client library."""

import datetime
import ssl
import time
from unittest import mock

import fixtures
from keystoneauth1 import fixture as ksa_fixture
from keystoneauth1.identity import v3
from keystoneauth1 import session
from keystoneauth1 import token_endpoint
from requests import exceptions as requests_exceptions
import requests_mock

from watcher.common.cold_migration import exceptions
from watcher.common.cold_migration import server
from watcher.common.cold_migration import states
from watcher.common.cold_migration import transport

UUID = 'fb5311b7-37f3-457e-9cde-6494a3c59bfe'
NOVA = 'http://nova/v2.1'
SERVER = '%s/servers/%s' % (NOVA, UUID)
KEYSTONE = 'http://keystone/v3'
TOKENS = KEYSTONE + '/auth/tokens'
TOKEN = {'X-Subject-Token': 'token'}
ACTIONS = SERVER + '/os-instance-actions'
NO_VALID_HOST = 'No valid host was found.'


def shared_session(auth=None):
    """Make a session like the one that a Watcher shares."""
    return session.Session(auth=auth or token_endpoint.Token(NOVA, 'token'))


def request_id(value):
    """Give the headers in which Nova shows the id of a request."""
    return {'X-Compute-Request-Id': value, 'X-OpenStack-Request-Id': value}


class AdapterCases:
    """What the test cases below share, beside a test case of oslotest's.

    That has a method ``make_server``, which makes the adapter's server for a
    configured API version and a shared session.
    """

    def setUp(self):
        super().setUp()
        replies = requests_mock.Adapter()
        self.http = requests_mock.Mocker(adapter=replies)
        # In place of the connections: what requests does before stays.
        self.useFixture(fixtures.MockPatch(
            'requests.adapters.HTTPAdapter.send', replies.send))
        # For clients that look up the API versions.
        self.http.get(NOVA, json={'version': {
            'id': 'v2.1', 'status': 'CURRENT', 'version': '2.96',
            'min_version': '2.1',
            'links': [{'rel': 'self', 'href': NOVA}]}})
        self.server = self.make_server('2.56', shared_session())

    def know_watchers_user(self):
        """Have Keystone say who Watcher's user is."""
        self.useFixture(fixtures.MockPatchObject(
            transport.Session, 'get_user_id', return_value='watcher'))

    def look(self, seconds=5):
        return self.server.look(seconds=seconds)

    def migrations(self):
        return self.server.migrations(seconds=5)

    def migrate(self, host):
        return self.server.migrate(host, seconds=5)

    def confirm(self):
        return self.server.confirm(seconds=5)

    def revert(self):
        return self.server.revert(seconds=5)

    def what_went_wrong(self, request_id):
        return self.server.what_went_wrong(request_id, seconds=5)

    def times_asked(self, url):
        return len([request for request in self.http.request_history
                    if request.url == url])

    def assert_asked_at(self, version):
        self.assertEqual(
            'compute ' + version,
            self.http.last_request.headers['OpenStack-API-Version'])

    def show(self, **shown):
        body = dict({'id': UUID, 'status': 'ACTIVE'}, **shown)
        self.http.get(SERVER, json={'server': body})

    @staticmethod
    def record(number, **changes):
        return dict({'id': number, 'migration_type': 'migration',
                     'status': 'finished', 'source_compute': 'a',
                     'dest_compute': None, 'created_at': '2026'}, **changes)

    def refuse(self, method, url, code=409):
        self.http.register_uri(
            method, url, status_code=code,
            headers=dict(request_id('req-2'),
                         **{'Content-Type': 'application/json'}),
            json={'conflictingRequest': {'message': 'no', 'code': code}})


class ServerCases(AdapterCases):

    def test_look(self):
        self.show(**{'OS-EXT-STS:task_state': 'resize_prep',
                     'OS-EXT-SRV-ATTR:host': 'a',
                     'OS-EXT-SRV-ATTR:instance_name': 'instance-1',
                     'fault': {'message': 'broken', 'code': 500}})
        self.assertEqual(states.View('ACTIVE', 'resize_prep', 'a', 'broken'),
                         self.look())

    def test_look_at_flavor_and_time(self):
        self.show(flavor={'original_name': 'small'},
                  updated='2026-11-22T10:18:36Z')
        view = self.look()
        self.assertEqual(('small', '2026-11-22T10:18:36Z'),
                         (view.flavor['original_name'], view.updated))
        self.show(flavor={'original_name': 'small'})
        self.assertEqual(view.flavor, self.look().flavor)
        self.show(flavor={'original_name': 'big'})
        self.assertNotEqual(view.flavor, self.look().flavor)

    def test_age(self):
        self.useFixture(fixtures.MockPatchObject(
            server.timeutils, 'utcnow',
            return_value=datetime.datetime(2026, 11, 22, 10, 20)))
        self.show(updated='2026-11-22T10:18:36Z')
        self.assertEqual(84, self.look().age)
        self.show(updated='2026-11-22T10:20:03Z')
        self.assertEqual(0, self.look().age)
        self.show()
        self.assertEqual(0, self.look().age)

    def test_look_at_owner(self):
        self.show(tenant_id='project')
        self.assertEqual('project', self.look().project)

    def test_look_at_what_is_not_shown_asks_once(self):
        self.show()
        self.assertEqual(states.View('ACTIVE', None, None,
                                     is_host_shown=False),
                         self.look())
        self.assertEqual(1, self.times_asked(SERVER))

    def test_look_at_what_is_on_no_host(self):
        """Nova shows no host, and no name either until it has a cell."""
        for name in ('instance-1', ''):
            self.show(**{'OS-EXT-SRV-ATTR:host': None,
                         'OS-EXT-SRV-ATTR:instance_name': name})
            self.assertEqual(states.View('ACTIVE', None, None),
                             self.look())

    def test_cell_does_not_answer(self):
        """Since 2.69 Nova shows what it knows of the server without it."""
        self.show(status='UNKNOWN')
        fault = self.assertRaises(exceptions.Unavailable, self.look)
        self.assertIn('cell', str(fault))

    def test_no_such_server(self):
        self.refuse('GET', SERVER, 404)
        self.assertIsNone(self.look())

    def test_look_refused(self):
        self.refuse('GET', SERVER, 403)
        refusal = self.assertRaises(exceptions.Refused, self.look)
        self.assertEqual(('no', 403, 'req-2'),
                         (str(refusal), refusal.code, refusal.request_id))

    def assert_unavailable(self, words, retry_after=0, **reply):
        self.http.get(SERVER, **reply)
        fault = self.assertRaises(exceptions.Unavailable, self.look)
        self.assertIn(words, str(fault))
        self.assertEqual(retry_after, fault.retry_after)

    def test_server_errors(self):
        for code in (500, 502, 503, 504):
            self.assert_unavailable('HTTP %s' % code, status_code=code)

    def test_too_many_requests(self):
        self.assert_unavailable('HTTP 429', status_code=429)
        self.assert_unavailable('HTTP 429', 7, status_code=429,
                                headers={'Retry-After': '7'})

    def test_retry_after(self):
        self.useFixture(fixtures.MockPatchObject(
            server, 'time', mock.Mock(
                monotonic=time.monotonic, time=lambda: 784111777.0)))
        for asked_for, seconds in (
                ('9', 9), ('soon', 0), ('', 0), ('-1', 0),
                ('Mon, 01 Jan 2024 00:00:00 +99999999999999999', 0),
                ('Sun, 06 Nov 1994 08:49:47 GMT', 10),
                ('Sun, 06 Nov 1994 08:49:27 GMT', 0)):
            self.assert_unavailable('HTTP 503', seconds, status_code=503,
                                    headers={'Retry-After': asked_for})
        self.assert_unavailable('HTTP 503', 0, status_code=503)

    def assert_transient(self, ask, **page):
        """Check that a page in place of Nova's reply decides nothing."""
        for code in (400, 403, 404, 406, 409):
            self.http.register_uri(requests_mock.ANY, requests_mock.ANY,
                                   status_code=code, **page)
            self.assertRaises(exceptions.Unavailable, ask)

    def test_page_of_a_proxy(self):
        """It has neither Nova's request id nor Nova's error in its body."""
        self.show()
        self.look()
        for page in ({'text': '<html>Forbidden</html>'},
                     {'text': 'default backend - 404'},
                     {'json': {'message': 'no route', 'code': 404}},
                     {'json': ['no route']}, {'json': {'error': 'no route'}},
                     {'text': ''}):
            for ask in (self.look, self.migrations,
                        lambda: self.migrate('b'),
                        self.confirm, self.revert):
                self.assert_transient(ask, **page)

    def test_novas_error_without_its_headers(self):
        """A proxy may drop them."""
        self.http.get(SERVER, status_code=404, json={
            'itemNotFound': {'message': 'no such server', 'code': 404}})
        self.assertIsNone(self.look())

    def test_novas_request_id_without_its_error(self):
        self.http.get(SERVER, status_code=404, text='',
                      headers={'X-Compute-Request-Id': 'req-1'})
        self.assertIsNone(self.look())

    def test_no_connection(self):
        for exc in (requests_exceptions.ConnectionError('refused'),
                    requests_exceptions.ReadTimeout('slow')):
            self.assert_unavailable('', exc=exc)

    def test_certificate_file_is_not_there(self):
        self.http.get(SERVER, exc=OSError('no CA bundle, invalid path'))
        self.assertRaises(exceptions.NoAccess, self.look)

    def test_too_many_open_files(self):
        self.assert_unavailable('Too many', exc=OSError(24, 'Too many'))

    def test_reply_that_makes_no_sense(self):
        for reply in ({'text': 'garbage'}, {'json': {}}, {'json': []},
                      {'json': {'server': {'id': UUID}}},
                      {'json': {'error': 'x'}, 'status_code': 500}):
            self.assert_unavailable('', **reply)

    def test_time_limit_of_a_request(self):
        self.show()
        for seconds in (3, 0.5):
            self.look(seconds)
            self.assertAlmostEqual(seconds, self.http.last_request.timeout,
                                   delta=0.2)

    def test_migrate(self):
        self.show()
        self.look()
        self.http.post(SERVER + '/action', status_code=202,
                       headers=request_id('req-1'))
        self.assertEqual('req-1', self.migrate('b'))
        self.assertEqual({'migrate': {'host': 'b'}},
                         self.http.last_request.json())
        self.assert_asked_at('2.56')

    def migrate_at(self, configured):
        self.server = self.make_server(configured, shared_session())
        self.show()
        self.look()
        self.http.post(SERVER + '/action', status_code=202)
        self.assertIsNone(self.migrate(None))
        self.assertEqual({'migrate': {}}, self.http.last_request.json())

    def test_migrate_at_the_configured_newer_version(self):
        self.migrate_at('2.79')
        self.assert_asked_at('2.79')

    def test_migrate_though_an_older_version_is_configured(self):
        self.migrate_at('2.53')
        self.assert_asked_at('2.56')

    def assert_posted(self, body, post):
        self.show()
        self.look()
        self.http.post(SERVER + '/action', status_code=202)
        post()
        self.assertEqual(body, self.http.last_request.json())

    def test_lost_reply_is_not_asked_for_again(self):
        """Nova may have done what it was asked for."""
        self.show()
        self.look()
        self.http.post(SERVER + '/action',
                       exc=requests_exceptions.ConnectionError('reset'))
        for count, post in enumerate((
                lambda: self.migrate('b'), self.confirm,
                self.revert), start=1):
            self.assertRaises(exceptions.Unavailable, post)
            self.assertEqual(count, self.times_asked(SERVER + '/action'))

    def test_confirm(self):
        self.assert_posted({'confirmResize': None}, self.confirm)

    def test_revert(self):
        self.assert_posted({'revertResize': None}, self.revert)

    def test_post_refused(self):
        self.show()
        self.look()
        self.refuse('POST', SERVER + '/action')
        for post in (lambda: self.migrate('b'), self.confirm,
                     self.revert):
            self.assertRaises(exceptions.Refused, post)

    def test_migrations_whatever_the_order(self):
        url = '%s/os-migrations?instance_uuid=%s' % (NOVA, UUID)
        self.http.get(url, json={'migrations': [
            self.record(7), self.record(9, migration_type='resize'),
            self.record(8)]})
        newest, *older = self.migrations()
        self.assertEqual(
            states.Record(9, 'resize', 'finished', 'a', None, '2026'), newest)
        self.assertEqual([8, 7], [record.id for record in older])

    def test_migrations_have_no_hosts(self):
        self.http.get(NOVA + '/os-migrations', json={'migrations': [
            self.record(7, source_compute=None)]})
        self.assertIsNone(self.migrations())

    def test_migrations_that_make_no_sense(self):
        self.http.get(NOVA + '/os-migrations', text='garbage', headers={
            'Content-Type': 'application/json'})
        self.assertRaises(exceptions.Unavailable, self.migrations)

    def test_migrations_of_several_cells(self):
        """Each cell counts its own ids."""
        self.http.get(NOVA + '/os-migrations', json={'migrations': [
            self.record(9, created_at='2026-11-22T10:18:36.552105'),
            self.record(3, created_at='2026-11-23T08:00:00.000000')]})
        self.assertEqual([3, 9], [record.id for record
                                  in self.migrations()])

    def have_users(self, *users):
        """Have migrations that these requested, the newest first."""
        self.http.get(NOVA + '/os-migrations', json={'migrations': [
            self.record(number, created_at=str(number), user_id=user)
            for number, user in enumerate(reversed(users))]})

    def persons(self):
        return [record.person for record in self.migrations()]

    def test_migrations_of_a_person(self):
        self.know_watchers_user()
        self.have_users('olga', 'watcher')
        self.assertEqual(['olga', None], self.persons())
        self.assert_asked_at('2.80')

    def test_migrations_where_watchers_user_is_unknown(self):
        self.have_users('olga')
        self.assertEqual([None], self.persons())

    def have_older_nova(self, *actions):
        """Have a Nova whose records are without users."""
        self.know_watchers_user()
        self.have_users(None, None)
        self.http.get(
            NOVA + '/os-migrations', status_code=406,
            headers=request_id('req-2'),
            request_headers={'OpenStack-API-Version': 'compute 2.80'})
        self.http.get(ACTIONS, json={'instanceActions': [
            {'action': action, 'start_time': time, 'user_id': user}
            for action, time, user in actions]})

    def test_newest_migration_of_a_person_on_an_older_nova(self):
        self.have_older_nova(('migrate', '1', 'watcher'),
                             ('migrate', '2', 'olga'), ('stop', '3', 'sam'))
        self.assertEqual(['olga', None], self.persons())
        self.assert_asked_at('2.56')

    def test_newest_migration_of_watcher_on_an_older_nova(self):
        self.have_older_nova(('migrate', '2', 'watcher'),
                             ('migrate', '1', 'olga'))
        self.assertEqual([None, None], self.persons())

    def test_actions_of_an_older_nova_are_not_shown(self):
        self.have_older_nova()
        self.assertEqual([None, None], self.persons())
        self.refuse('GET', ACTIONS, 403)
        self.assertEqual([None, None], self.persons())

    def is_watchers(self, *actions):
        self.know_watchers_user()
        self.http.get(ACTIONS, json={'instanceActions': [
            {'action': action, 'start_time': time, 'user_id': user}
            for action, time, user in actions]})
        return self.server.is_watchers(seconds=5)

    def test_newest_cold_migration_is_watchers(self):
        self.assertIs(True, self.is_watchers(
            ('migrate', '1', 'olga'), ('migrate', '2', 'watcher'),
            ('stop', '3', 'olga')))
        self.assert_asked_at('2.56')

    def test_newest_cold_migration_is_not_watchers(self):
        self.assertIs(False, self.is_watchers(
            ('migrate', '2', 'olga'), ('migrate', '1', 'watcher')))

    def test_nobody_is_known_to_have_requested_a_migration(self):
        for actions in ([], [('migrate', '1', None)]):
            self.assertIs(False, self.is_watchers(*actions))

    def test_who_requested_a_migration_is_not_shown(self):
        self.know_watchers_user()
        for status in (403, 404):
            self.refuse('GET', ACTIONS, status)
            self.assertIs(False, self.server.is_watchers(seconds=5))

    def test_watchers_user_is_unknown(self):
        self.http.get(ACTIONS, json={'instanceActions': [
            {'action': 'migrate', 'start_time': '1', 'user_id': None}]})
        self.assertIs(False, self.server.is_watchers(seconds=5))

    def test_no_migration(self):
        self.http.get(NOVA + '/os-migrations', json={'migrations': []})
        self.assertEqual([], self.migrations())

    def test_migrations_are_not_shown(self):
        self.refuse('GET', NOVA + '/os-migrations', 403)
        self.assertRaises(exceptions.Refused, self.migrations)


class NovaCases(AdapterCases):
    """Beside a method ``make_nova``, which makes the adapter's Nova."""

    def setUp(self):
        super().setUp()
        self.nova = self.make_nova('2.56', shared_session())
        self.know_watchers_user()
        self.newest, self.page = 2.96, 1000
        self.records = []
        self.http.get(NOVA + '/os-migrations', json=self.reply)

    def reply(self, request, context):
        """Answer as Nova does, in pages since 2.59, by status."""
        version = request.headers['OpenStack-API-Version'].split()[-1]
        if float(version) > self.newest:
            context.status_code = 406
            context.headers.update(request_id('req-2'))
            return {}
        fitting = [record for record in self.records
                   if [record['status']] == request.qs['status']]
        if float(version) < 2.59:
            return {'migrations': [dict(record, uuid=None)
                                   for record in fitting]}
        uuids = [record['uuid'] for record in fitting]
        marker, = request.qs.get('marker', [None])
        begin = uuids.index(marker) + 1 if marker else 0
        page = fitting[begin:begin + self.page]
        links = [{'rel': 'next', 'href': '%s/os-migrations?status=%s&marker=%s'
                  % (NOVA, page[-1]['status'], page[-1]['uuid'])}
                 ] if len(page) == self.page else []
        return {'migrations': page, 'migrations_links': links}

    def have(self, server_id, user='watcher', **changes):
        number = len(self.records)
        record = self.record(number, uuid='uuid-%d' % number,
                             instance_uuid=server_id, user_id=user, **changes)
        self.records.append(record)

    def servers(self):
        return self.nova.servers_being_migrated(seconds=5)

    def test_one_of_each_status(self):
        for status in ('pre-migrating', 'migrating', 'post-migrating',
                       'finished', 'confirming', 'confirmed', 'reverted',
                       'error'):
            self.have('server-' + status, status=status)
        self.assertEqual(
            ['server-confirming', 'server-finished', 'server-migrating',
             'server-post-migrating', 'server-pre-migrating'],
            self.servers())
        self.assert_asked_at('2.80')

    def test_each_server_once(self):
        self.have('1', status='migrating')
        self.have('1', status='finished')
        self.assertEqual(['1'], self.servers())

    def test_another_users(self):
        self.have('1', user='olga')
        self.assertEqual([], self.servers())

    def test_whose_is_unknown(self):
        """The look at the server shows it."""
        self.have('1', user=None)
        self.assertEqual(['1'], self.servers())

    def test_resize(self):
        self.have('1', migration_type='resize')
        self.assertEqual([], self.servers())

    def test_pages(self):
        self.page = 2
        for number in range(5):
            self.have(str(number))
        self.assertEqual(list('01234'), self.servers())

    def test_older_nova_with_pages(self):
        self.page, self.newest = 2, 2.79
        for number in range(5):
            self.have(str(number))
        self.assertEqual(list('01234'), self.servers())
        self.assert_asked_at('2.59')

    def test_older_nova_without_pages(self):
        self.newest = 2.56
        self.have('1')
        self.assertEqual(['1'], self.servers())
        self.assert_asked_at('2.56')

    def test_too_old_a_nova(self):
        self.newest = 2.53
        refusal = self.assertRaises(exceptions.Refused, self.servers)
        self.assertEqual(406, refusal.code)

    def test_not_shown(self):
        self.refuse('GET', NOVA + '/os-migrations', 403)
        self.assertRaises(exceptions.Refused, self.servers)


class LogInCases(AdapterCases):
    """Keystone is asked for a token first."""

    def setUp(self):
        super().setUp()
        self.show()
        self.auth = v3.Password(
            KEYSTONE, username='watcher', password='secret',
            user_domain_id='default', project_name='service',
            project_domain_id='default')
        self.server = self.make_server('2.56', shared_session(self.auth))
        self.catalog(public=NOVA)

    def catalog(self, **urls):
        """Have Keystone give a token with this in its catalogue."""
        self.token = ksa_fixture.V3Token()
        self.token.set_project_scope()
        self.token.add_service('compute').add_standard_endpoints(**urls)
        self.reply(json=self.token, headers=TOKEN)

    def reply(self, **reply):
        self.http.post(TOKENS, **reply)

    def assert_barred(self, words):
        obstacle = self.assertRaises(exceptions.NoAccess, self.look)
        self.assertIn(words, str(obstacle))
        self.assertNotIn('secret', str(obstacle))

    def assert_passing(self):
        self.assertRaises(exceptions.Unavailable, self.look)

    def test_logged_in(self):
        self.assertEqual('ACTIVE', self.look().status)
        self.look()
        self.assertEqual(1, self.times_asked(TOKENS))

    def test_time_limit_of_the_login(self):
        self.look(seconds=3)
        first, *_ = self.http.request_history
        self.assertEqual(TOKENS, first.url)
        self.assertAlmostEqual(3, first.timeout, delta=0.2)

    def test_others_log_in(self):
        """They may wait for Keystone for as long as it is silent."""
        self.look()
        self.server._session.auth.invalidate()
        self.auth._lock = mock.MagicMock()
        self.auth._lock.__enter__.side_effect = AssertionError('it is locked')
        self.assertEqual('ACTIVE', self.look().status)

    def test_token_of_the_shared_session(self):
        self.auth.get_token(shared_session(self.auth))
        self.server = self.make_server('2.56', shared_session(self.auth))
        self.look()
        self.assertEqual(1, self.times_asked(TOKENS))

    def test_time_limit_of_each_login(self):
        """A token that expires soon is replaced whenever it is needed."""
        self.look()
        self.server._session.auth.invalidate()
        self.token.expires = (datetime.datetime.now(datetime.timezone.utc) +
                              datetime.timedelta(seconds=60))
        self.reply(json=self.token, headers=TOKEN)
        before = self.http.call_count
        self.look(seconds=3)
        requests = self.http.request_history[before:]
        self.assertIn(TOKENS, [request.url for request in requests])
        for request in requests:
            self.assertIsNotNone(request.timeout, request.url)

    def test_login_is_refused(self):
        for code in (401, 403):
            self.reply(status_code=code, json={
                'error': {'code': code, 'message': 'no', 'title': 'no'}})
            self.assert_barred('HTTP %s' % code)
        self.assertEqual(2, self.times_asked(TOKENS))

    def test_page_of_a_proxy_before_keystone(self):
        for code in (401, 403):
            self.reply(status_code=code, text='<html>Forbidden</html>')
            self.assert_passing()

    def test_no_answer_of_keystone(self):
        for reply in ({'status_code': 500}, {'status_code': 503},
                      {'status_code': 429}, {'status_code': 404},
                      {'exc': requests_exceptions.ConnectionError('refused')},
                      {'exc': requests_exceptions.ReadTimeout('slow')},
                      {'exc': requests_exceptions.SSLError('cut off')},
                      {'text': 'garbage'}):
            self.reply(**reply)
            self.assert_passing()

    def test_not_in_the_catalogue(self):
        self.catalog(internal=NOVA)
        self.assert_barred('endpoint for compute service')

    def test_certificate_is_not_trusted(self):
        error = requests_exceptions.SSLError('self-signed certificate')
        error.__cause__ = ssl.SSLCertVerificationError()
        self.reply(exc=error)
        self.assert_barred('self-signed certificate')

    def test_token_has_expired(self):
        """The session logs in again."""
        self.http.get(SERVER, [
            {'status_code': 401},
            {'json': {'server': {'id': UUID, 'status': 'ACTIVE'}}}])
        self.assertEqual('ACTIVE', self.look().status)
        self.assertEqual(2, self.times_asked(TOKENS))

    def test_nova_does_not_know_any_token(self):
        self.http.get(SERVER, status_code=401)
        self.assert_passing()

    def test_login_counts(self):
        """A request and the login before it have one time limit."""
        now = [0]
        self.useFixture(fixtures.MockPatchObject(
            transport, 'time', mock.Mock(monotonic=lambda: now[0])))

        def take_two_seconds(request, context):
            now[0] += 2
            return self.token

        self.look()
        self.server._session.auth.invalidate()
        self.reply(json=take_two_seconds, headers=TOKEN)
        self.look(seconds=3)
        self.assertEqual(1, self.http.last_request.timeout)


class WhatWentWrongCases(AdapterCases):

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
        self.assertEqual(NO_VALID_HOST, self.what_went_wrong('req-1'))
        self.assertEqual('req-1', self.asked())

    def test_unknown_request(self):
        self.have_actions(self.event('5', details=NO_VALID_HOST))
        self.what_went_wrong('req-of-the-middleware')
        self.assertEqual('req-2', self.asked())

    def what_went_wrong_at(self, configured):
        self.server = self.make_server(configured, shared_session())
        self.have_actions(self.event('5', details=NO_VALID_HOST))
        self.what_went_wrong('req-1')

    def test_version_with_details(self):
        self.what_went_wrong_at('2.56')
        self.assert_asked_at('2.84')

    def test_configured_newer_version(self):
        self.what_went_wrong_at('2.90')
        self.assert_asked_at('2.90')

    def what_went_wrong_without_details(self, *lines):
        self.have_actions(self.event(
            '5', traceback='\n'.join(['  File "x", line 1, in f', *lines]),
            event='compute_prep_resize'))
        newer = {'OpenStack-API-Version': 'compute 2.84'}
        self.http.get(ACTIONS, request_headers=newer, status_code=406,
                      headers=request_id('req-2'))
        return self.what_went_wrong('req-1')

    def test_nova_without_details(self):
        self.assertEqual('NoHost: full', self.what_went_wrong_without_details(
            '    raise NoHost()', 'NoHost: full', ''))

    def test_nova_20_names_the_class(self):
        self.assertEqual('NoHost', self.what_went_wrong_without_details(
            '    raise exception.NoHost(reason=why)', ''))

    def test_nova_20_names_no_class(self):
        self.assertEqual(
            'Nova does not say why compute_prep_resize failed',
            self.what_went_wrong_without_details('    raise exc', ''))

    def test_not_finished_yet(self):
        self.have_actions(self.event(None, None, details=None))
        self.assertIsNone(self.what_went_wrong('req-1'))

    def test_failed_though_one_is_never_finished(self):
        """Nova reschedules, and leaves the second event of a name open."""
        self.have_actions(self.event(None, None, details=None),
                          self.event('4', details='disk full'))
        self.assertEqual('disk full', self.what_went_wrong('req-1'))

    def test_nothing_failed(self):
        self.have_actions(self.event('5', 'Success', details=None))
        self.assertEqual('', self.what_went_wrong('req-1'))

    def test_failed_without_a_message(self):
        self.have_actions(self.event('5', details=None))
        self.assertEqual('', self.what_went_wrong('req-1'))

    def test_actions_are_not_shown(self):
        self.refuse('GET', ACTIONS, 403)
        self.assertRaises(exceptions.Refused,
                          self.what_went_wrong, 'req-1')

    def test_no_action(self):
        self.http.get(ACTIONS, json={'instanceActions': []})
        self.assertRaises(exceptions.Unavailable,
                          self.what_went_wrong, 'req-1')
