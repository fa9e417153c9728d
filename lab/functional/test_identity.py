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

"""Keystone, as in production: tokens, outages, passwords, catalogue, TLS."""

import logging

import fixtures
from keystoneauth1 import exceptions as ksa_exc
from keystoneauth1 import session
import testtools

from lab.functional import base
from lab.nova import process
from lab.support import accounts
from lab.support import waiting

AUTH = 'watcher_clients_auth'
WORK = 'migrate_disk_and_power_off'
NO_WAY = 'no access to Nova'


class IdentityTestCase(base.OneServerTestCase):

    def setUp(self):
        super().setUp()
        self.keystone = self.nova.keystone
        # Starting a Keystone takes a while.
        self.configure(nova={'migration_max_retries': 600})
        # All lines of all libraries.
        self.all_logs = self.useFixture(fixtures.FakeLogger(
            level=logging.DEBUG))
        self.addCleanup(self.assert_no_password)

    def assert_no_password(self):
        for account in (accounts.WATCHER, accounts.OWNER):
            self.assertNotIn(account.password, self.all_logs.output)

    def assert_no_reply(self, *words):
        """Check that it failed at that limit, without a reply."""
        self.assertLess(self.seconds, base.WORK_LIMIT + base.SOON)
        self.assert_explained(
            self.server_id, 'time limit of %s s' % base.WORK_LIMIT,
            'no reply from Nova', *words)

    def start_call(self):
        return self.start(self.calling(self.server_id, self.destination))

    def begin(self):
        """Begin to migrate, and let the source host be at work."""
        self.hold(self.source, WORK)
        verdict = self.start_call()
        self.cloud.wait_for_task(self.server_id, 'resize_migrating')
        return verdict

    def let_it_move(self):
        self.cloud.clear_fault(self.source, WORK)

    def kill_keystone(self):
        """Let Keystone be down, at most until the end."""
        self.keystone.kill()
        self.addCleanup(self.start_keystone)

    def start_keystone(self):
        if not self.keystone.is_running():
            self.keystone.start()
            self.keystone.wait_until_ready()

    def freeze_keystone(self):
        """Let Keystone never answer, at most until the end."""
        self.keystone.freeze()
        self.addCleanup(self.keystone.thaw)

    def assert_moved_at_last(self, verdict):
        self.assertIs(True, verdict())
        self.assert_is_moved(self.server_id, self.destination)
        self.assertEqual([], self.lines('ERROR'))

    def change_watcher(self, **changes):
        """Change what Keystone knows of Watcher's user."""
        self.cloud.change_user(accounts.WATCHER, **changes)

    def assert_barred(self, *words):
        """Check that the method fails soon, and for a reason."""
        self.assertIs(False, self.call(self.server_id, self.destination))
        self.assertLess(self.seconds, base.SOON)
        error = self.assert_explained(self.server_id, NO_WAY, *words)
        self.assertEqual([], self.posts(self.server_id))
        self.assertEqual(self.source, self.cloud.host(self.server_id))
        return error


class TestTokenExpires(IdentityTestCase):
    """Each request of Watcher's has a new token, which is soon too old."""

    NOVA = ('--no-token-cache', '--token-lifetime=4')

    def wait_for_expiry(self):
        """Wait until a token issued now has expired."""
        auth = self.keystone.auth(accounts.ADMIN)
        token = session.Session(auth=auth).get_token()
        nobody = self.nova.session(None)

        def expired():
            return nobody.get(
                self.nova.url + '/v2.1/servers', raise_exc=False,
                headers={'X-Auth-Token': token}).status_code == 401
        waiting.wait_until(expired, 'a token has expired')

    def assert_asked_again(self, action, answer):
        self.hold_requests(self.server_id, method='POST', action=action)
        verdict = self.start_call()
        self.wait_for_held_request(self.server_id)
        self.wait_for_expiry()
        self.cloud.fix_replies()
        self.assert_moved_at_last(verdict)
        self.assertEqual(
            [401, answer], [status for posted, status
                            in self.posts(self.server_id) if posted == action])

    def test_on_the_way_to_migrate(self):
        self.assert_asked_again('migrate', 202)

    def test_on_the_way_to_confirm(self):
        self.assert_asked_again('confirmResize', 204)

    def test_while_it_moves(self):
        verdict = self.begin()
        self.wait_for_expiry()
        self.let_it_move()
        self.assert_moved_at_last(verdict)


class KeystoneIsDown:
    """What has to hold, whoever finds that Keystone is down."""

    def test_before_the_first_look(self):
        self.kill_keystone()
        verdict = self.start_call()
        self.wait_for_refusal()
        self.start_keystone()
        self.assert_moved_at_last(verdict)

    def test_while_it_moves(self):
        verdict = self.begin()
        self.kill_keystone()
        self.wait_for_refusal()
        self.let_it_move()
        self.start_keystone()
        self.assert_moved_at_last(verdict)
        self.assertEqual(1, len(self.lines('WARNING')))

    def test_for_longer_than_the_limit(self):
        with self.limited(base.WORK_LIMIT):
            verdict = self.begin()
            self.kill_keystone()
            self.assertIs(False, verdict())
        self.assert_no_reply('Nova is still working on it')
        self.start_keystone()
        self.let_it_move()
        self.assertIs(True, self.call(self.server_id, self.destination))
        self.assert_moved_by_one_migration()

    def test_never_there(self):
        self.kill_keystone()
        with self.limited(base.WORK_LIMIT):
            self.assertIs(False, self.call(self.server_id, self.destination))
        self.assert_no_reply()
        self.start_keystone()
        self.assertEqual([], self.posts(self.server_id))

    def test_hangs(self):
        with self.limited(base.WORK_LIMIT):
            verdict = self.begin()
            self.freeze_keystone()
            self.assertIs(False, verdict())
        self.assert_no_reply()
        self.keystone.thaw()
        self.let_it_move()

    def test_hangs_from_the_beginning(self):
        self.freeze_keystone()
        with self.limited(base.WORK_LIMIT):
            self.assertIs(False, self.call(self.server_id, self.destination))
        self.assert_no_reply()


class TestKeystoneIsDownForWatcher(KeystoneIsDown, IdentityTestCase):
    """Watcher needs a new token for each request, and gets none."""

    NOVA = TestTokenExpires.NOVA


class TestKeystoneIsDownForNova(KeystoneIsDown, IdentityTestCase):
    """Watcher has a token, and Nova cannot tell whose it is."""

    NOVA = ('--no-token-cache',)


class TestUser(IdentityTestCase):
    """What Keystone, and Nova's policy, say to Watcher's user."""

    NOVA = TestKeystoneIsDownForNova.NOVA

    def test_token_is_revoked(self):
        verdict = self.begin()
        self.hold_requests(self.server_id)
        self.wait_for_held_request(self.server_id)
        self.change_watcher(enabled=False)
        self.change_watcher(enabled=True)
        self.cloud.fix_replies()
        self.let_it_move()
        self.assert_moved_at_last(verdict)
        self.assertIn(401, [request['status'] for request
                            in self.cloud.requests(self.server_id)])

    def test_wrong_password(self):
        self.configure(**{AUTH: {'password': 'nonsense'}})
        error = self.assert_barred('HTTP 401')
        self.assertNotIn('nonsense', error)
        self.assertNotIn('nonsense', self.all_logs.output)

    def test_wrong_password_and_the_action(self):
        """Watcher's action asks for the server first, and fails at that."""
        self.configure(**{AUTH: {'password': 'nonsense'}})
        action = self.action(self.server_id, self.destination)
        self.assertRaises(ksa_exc.Unauthorized, self._timed, action.execute)
        self.assertEqual([], self.posts(self.server_id))

    def test_no_such_project(self):
        self.configure(**{AUTH: {'project_name': 'nonsense'}})
        self.assert_barred('HTTP 401')

    def test_password_is_changed_while_it_moves(self):
        verdict = self.begin()
        self.change_watcher(password=self.id())
        self.addCleanup(self.change_watcher,
                        password=accounts.WATCHER.password)
        self.assertIs(False, verdict())
        self.assertLess(self.seconds, base.SOON)
        self.assert_explained(self.server_id, NO_WAY, 'HTTP 401',
                              'Nova is still working on it')
        self.change_watcher(password=accounts.WATCHER.password)
        self.let_it_move()
        self.assertIs(True, self.call(self.server_id, self.destination))
        self.assert_moved_by_one_migration()

    def test_administrator_of_another_project(self):
        """Watcher's user is not in the project of the server's owner."""
        self.assertNotEqual(accounts.WATCHER.project,
                            accounts.OWNER.project)
        self.assertIs(True, self.migrate(self.server_id, self.destination))
        shown = self.cloud.show(self.server_id)
        self.assertEqual(
            (accounts.OWNER.project, accounts.OWNER.user),
            (self.cloud.name('project', shown['tenant_id']),
             self.cloud.name('user', shown['user_id'])))

    def fail_as(self, account, *words, posts):
        self.configure(**{AUTH: account.credentials})
        self.assertIs(False, self.call(self.server_id, self.destination))
        self.assertLess(self.seconds, base.SOON)
        self.assert_explained(self.server_id, *words)
        self.assertEqual(posts, [
            request['status'] for request
            in self.cloud.requests(self.server_id)
            if request['who'] == account.user and request['action']])
        self.assertEqual(self.source, self.cloud.host(self.server_id))

    def test_ordinary_user(self):
        """Nova's policy does not show its host, nor let it migrate."""
        self.fail_as(accounts.OWNER,
                     'Nova does not show which host the server is on',
                     posts=[])

    def test_ordinary_user_of_another_project(self):
        self.fail_as(accounts.STRANGER, 'was deleted, or never existed',
                     posts=[])


class TestCatalogue(IdentityTestCase):
    """Region and interface are what watcher.conf says."""

    NOVA = TestKeystoneIsDownForNova.NOVA

    def look_for_nova(self, **options):
        self.configure(nova_client=dict(
            {'region_name': accounts.REGION,
             'endpoint_type': accounts.INTERNAL}, **options))

    def test_another_interface(self):
        """Nothing of it comes in at the port of the internal one."""
        self.refuse_connections()
        self.look_for_nova(endpoint_type=accounts.PUBLIC)
        self.assertIs(True, self.call(self.server_id, self.destination))
        self.assert_moved(self.server_id, self.destination)

    def test_no_such_interface(self):
        self.look_for_nova(endpoint_type='admin')
        self.assert_barred('admin', 'endpoint for compute service in '
                           'RegionOne region not found')

    def test_no_such_region(self):
        self.look_for_nova(region_name='Nowhere')
        self.assert_barred('endpoint for compute service in Nowhere region '
                           'not found')

    def test_region_where_nobody_answers(self):
        with self.limited(base.WORK_LIMIT, nova_client={
                'region_name': process.OTHER_REGION}):
            self.assertIs(False, self.call(self.server_id, self.destination))
        self.assert_no_reply('Unable to establish connection')


class TestTLS(IdentityTestCase):
    """Keystone and Nova have certificates of a private authority."""

    NOVA = ('--tls',)

    def test_authority_is_known(self):
        self.assertIs(True, self.migrate(self.server_id, self.destination))
        self.assert_moved_by_one_migration()

    def test_authority_is_not_known(self):
        self.configure(**{AUTH: {'cafile': ''}})
        self.assert_barred('certificate verify failed')

    def test_authority_is_not_known_and_the_action(self):
        self.configure(**{AUTH: {'cafile': ''}})
        action = self.action(self.server_id, self.destination)
        self.assertRaises(ksa_exc.SSLError, action.execute)
        self.assertEqual([], self.posts(self.server_id))


class TestReason(base.OneServerTestCase):
    """The reason of a failure comes by the id of Watcher's own request."""

    @testtools.skipIf(base.NOVA_RELEASE < 21, 'Nova 20 records no message')
    def test_of_the_right_one_of_two_failures(self):
        self.configure(nova={'migration_max_retries': 600})
        self.hold(self.source, WORK)
        verdict = self.start_migrating()
        self.cloud.wait_for_task(self.server_id, 'resize_migrating')
        self.hold_requests(self.server_id)
        self.wait_for_held_request(self.server_id)
        self.cloud.set_fault(self.source, WORK, 'roll_back',
                             message='disk full')
        self.wait_until_failed(times=1)
        for host in self.cloud.hosts:
            self.disable(host)
        self.cloud.admin.servers.migrate(self.server_id)
        self.wait_until_failed(times=2)
        self.cloud.fix_replies()
        self.assertIs(False, verdict())
        error = self.assert_explained(self.server_id, 'disk full')
        self.assertNotIn('No valid host', error)
        newer, older = [
            action.request_id for action in sorted(
                self.cloud.admin.instance_action.list(self.server_id),
                key=lambda action: action.start_time, reverse=True)
            if action.action == 'migrate']
        self.assertIn('(Nova request %s)' % older, error)

    def wait_until_failed(self, times):
        waiting.wait_until(
            lambda: self.cloud.is_idle(self.server_id) and [
                record['status']
                for record in self.cloud.migrations(self.server_id)
            ] == ['error'] * times and self.cloud.task(self.server_id) is None,
            'it has failed')
