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

"""The server moves, and its migration is confirmed (P1, P6, P8, P9)."""

import re

import testtools

from lab.functional import base
from lab.support import accounts
from lab.support import waiting


class TestMoved(base.TestCase):

    def assert_moves(self, server_id, destination):
        before = self.cloud.show(server_id)
        source = self.cloud.host(server_id)
        self.assertIs(True, self.migrate(server_id, destination))
        after = self.cloud.show(server_id)
        for name in ('id', 'status', 'tenant_id', 'user_id', 'name',
                     'OS-EXT-STS:vm_state', 'flavor'):
            self.assertEqual(before[name], after[name], name)
        self.assert_same_ports(server_id)
        host = self.cloud.host(server_id)
        if destination is None:
            self.assertNotEqual(source, host)
        else:
            self.assertEqual(destination, host)
        record, = self.cloud.migrations(server_id)
        self.assertEqual(
            ('confirmed', 'migration', source, host),
            (record['status'], record['migration_type'],
             record['source_compute'], record['dest_compute']))
        self.assertEqual([('migrate', 202), ('confirmResize', 204)],
                         self.posts(server_id))
        self.assertEqual([], self.lines('ERROR'))
        self.assertIn('from %s to %s succeeded after' % (source, host),
                      self.last_line('INFO'))

    def test_running_server_to_a_host(self):
        server_id = self.boot()
        self.assert_moves(server_id, self.other_host(server_id))
        self.assertEqual('ACTIVE', self.cloud.show(server_id)['status'])

    def test_stopped_server_to_a_host(self):
        server_id = self.boot(running=False)
        self.assert_moves(server_id, self.other_host(server_id))
        self.assertEqual('SHUTOFF', self.cloud.show(server_id)['status'])

    def test_running_server_by_the_scheduler(self):
        self.assert_moves(self.boot(), None)

    def test_stopped_server_by_the_scheduler(self):
        self.assert_moves(self.boot(running=False), None)

    def test_locked_server(self):
        """An administrator may, whoever locked it."""
        for who in (self.cloud.owner, self.cloud.admin):
            server_id = self.boot()
            who.servers.lock(server_id)
            self.assert_moves(server_id, self.other_host(server_id))
            self.assertTrue(self.cloud.show(server_id)['locked'])

    def test_rescheduled(self):
        """The scheduler's first choice fails, Nova takes its second one."""
        server_id = self.boot()
        # A part of the claim that a host makes before the server leaves.
        method = 'update_provider_tree'
        others = set(self.cloud.hosts) - {self.cloud.host(server_id)}
        for host in others:
            self.hold(host, method)
        moved = self.start(lambda: self.assert_moves(server_id, None))
        first, = waiting.wait_until(lambda: self.hosts_tried(server_id),
                                    'a host is asked to take the server')
        self.cloud.set_fault(first, method, 'fail')
        second, = others - {first}
        self.cloud.clear_fault(second, method)
        moved()
        self.assertEqual(second, self.cloud.host(server_id))
        self.assertEqual(others, self.hosts_tried(server_id))

    def assert_asked_at(self, microversion):
        server_id = self.boot()
        self.assert_moves(server_id, self.other_host(server_id))
        asked, = (request for request in self.cloud.requests(server_id)
                  if request['action'] == 'migrate')
        self.assertEqual('compute ' + microversion, asked['microversion'])

    def test_microversion(self):
        self.assert_asked_at('2.56')

    def test_configured_newer_microversion(self):
        self.configure(nova_client={'api_version': '2.60'})
        self.assert_asked_at('2.60')

    def test_a_line_for_each_change(self):
        server_id = self.boot()
        destination = self.other_host(server_id)
        self.hold(destination, 'finish_migration')
        verdict = self.start(self.action(server_id, destination).execute)
        self.cloud.wait_for_task(server_id, 'resize_finish')
        seen = len(self.cloud.requests(server_id))
        # It goes on looking, and has nothing new to say.
        waiting.wait_until(
            lambda: len(self.cloud.requests(server_id)) > seen + 5,
            'five more looks')
        self.cloud.clear_fault(destination, 'finish_migration')
        self.assertIs(True, verdict())
        states = [re.search('is now ([A-Z_]+), task_state ([a-z_]+|None)',
                            line).groups()
                  for line in self.lines('INFO') if 'is now' in line]
        self.assertIn(('RESIZE', 'resize_finish'), states)
        self.assertIn(('VERIFY_RESIZE', 'None'), states)
        self.assertEqual(('ACTIVE', 'None'), states[-1])
        self.assertEqual(len(set(states)), len(states))

    def test_no_credential_in_any_line(self):
        server_id = self.boot()
        self.migrate(server_id, self.other_host(server_id))
        self.migrate(server_id, 'nowhere')
        self.assertIn('nowhere', self.log.output)
        self.assertNotIn(accounts.WATCHER.password, self.log.output)
        # What Keystone's tokens begin with.
        self.assertNotIn('gAAAA', self.log.output)

    def test_already_there(self):
        for running in (True, False):
            server_id = self.boot(running)
            self.assertIs(True, self.migrate(
                server_id, self.cloud.host(server_id)))
            self.assertEqual([], self.cloud.migrations(server_id))
            self.assertNotIn('migrate', dict(self.posts(server_id)))
        self.assertIn('already', self.last_line('INFO'))

    @testtools.skipIf(base.WATCHER_RELEASE < 5,
                      'The action of Watcher 3 and 4 reverts nothing')
    def test_roll_back(self):
        """Watcher's revert moves it back; a second one finds it there."""
        server_id = self.boot()
        action = self.action(server_id, self.other_host(server_id))
        source = self.cloud.host(server_id)
        self.assertIs(True, action.execute())
        self.assertIs(True, action.revert())
        self.assertEqual(source, self.cloud.host(server_id))
        self.assertIs(True, action.revert())
        self.assertEqual(2, len(self.cloud.migrations(server_id)))
