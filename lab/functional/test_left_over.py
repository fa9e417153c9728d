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

"""What a dead applier left is listed and finished by the command."""

import json
import os
import signal
import subprocess
import sys

import fixtures

from lab.functional import base
from lab.support import processes
from lab.support import waiting

NOTHING = 'no cold migration of it is under way or to be confirmed'
NO_SERVER = '00000000-0000-4000-8000-000000000000'

# Makes Watcher's database and a plan in it that an applier is at, or was; then
# what the applier does when it starts.
DATABASE = '''
import datetime
import sys
_, conf, state, heartbeat, restart, *migrations = sys.argv
from lab.watcher import action_plan
from oslo_config import cfg
from oslo_utils import timeutils
from watcher.applier import sync
from watcher import objects
made = action_plan.ActionPlan(conf, [one.split(':') for one in migrations])
context = made._context
plan = objects.ActionPlan.get_by_uuid(context, made.uuid, eager=True)
plan.hostname = cfg.CONF.host
plan.state = state
plan.save()
for action in objects.Action.list(context, eager=True):
    action.state = 'ONGOING'
    action.save()
applier = objects.Service(context)
applier.name, applier.host = 'watcher-applier', cfg.CONF.host
applier.last_seen_up = timeutils.utcnow() - datetime.timedelta(
    seconds=int(heartbeat))
applier.create()
if restart:
    sync.Syncer().sync()
print(made.uuid)
'''


class LeftOverTestCase(base.DyingApplierTestCase):

    # A database without a running plan, as bytes: it takes a while to make.
    _empty = None

    def configure(self, nova=None, **options):
        """Have a watcher.conf, and in it a database that is yet to be made."""
        self.folder = self.useFixture(fixtures.TempDir()).path
        super().configure(nova, database={
            'connection': 'sqlite:///%s/watcher.sqlite' % self.folder},
            **options)

    def have_database(self):
        """Have Watcher's database, without a running plan."""
        path = os.path.join(self.folder, 'watcher.sqlite')
        if LeftOverTestCase._empty is None:
            self.have_plan()
            with open(path, 'rb') as file:
                LeftOverTestCase._empty = file.read()
        with open(path, 'wb') as file:
            file.write(LeftOverTestCase._empty)

    def have_plan(self, *servers, state='ONGOING', heartbeat=0,
                  restart=False):
        """Have Watcher's database, and in it a plan with these servers.

        :param heartbeat: seconds since its applier was last alive
        :param restart: whether the applier has been started again
        :returns: the plan's UUID
        """
        made = subprocess.run(
            [sys.executable, '-W', 'ignore', '-c', DATABASE, self.conf_path,
             state, str(heartbeat), 'yes' if restart else '',
             *('%s:%s:%s' % (server_id, self.source, self.destination)
               for server_id in servers)],
            cwd=processes.ROOT, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        self.assertEqual(0, made.returncode, made.stderr)
        return made.stdout.split()[-1]

    def run_command(self, *arguments):
        """Run the command; returns its exit status, and keeps its output."""
        command = self.start_command(*arguments)
        self.output, self.errors = command.communicate()
        self.assertNotIn('Traceback', self.errors)
        return command.returncode

    def start_command(self, *arguments):
        command = subprocess.Popen(
            [sys.executable, '-m', 'watcher.common.cold_migration',
             '--config-file', self.conf_path, *arguments],
            cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, preexec_fn=processes.heed_interrupts)
        self.addCleanup(command.communicate)
        self.addCleanup(command.kill)
        return command

    def listed(self):
        """Give what ``list`` shows, by the servers' ids."""
        self.assertEqual(0, self.run_command('list', '-f', 'json'),
                         self.errors)
        return {row['Server']: row for row in json.loads(self.output)}

    def finish(self, *arguments):
        """Run ``finish``; returns exit status, results and reasons."""
        status = self.run_command('finish', '-f', 'json', *arguments)
        return status, {row['Server']: (row['Result'], row['Reason'])
                        for row in json.loads(self.output or '[]')}

    def assert_finished(self, *servers, arguments=('--all',)):
        self.assertEqual((0, {server: ('finished', '')
                              for server in servers}),
                         self.finish(*arguments))

    def leave(self):
        """Leave the server to be confirmed, as a dead applier does."""
        self.leave_other(self.server_id, self.destination)

    def leave_other(self, server_id, destination):
        self.cloud.applier.servers.migrate(server_id, host=destination)
        self.cloud.wait_for(server_id, 'VERIFY_RESIZE')

    def assert_confirmed(self):
        self.assert_is_moved(self.server_id, self.destination)

    def assert_left_alone(self):
        self.assertEqual('VERIFY_RESIZE',
                         self.cloud.show(self.server_id)['status'])
        self.assertEqual([], [action for action, _ in self.posts(
            self.server_id) if action != 'migrate'])

    def kill_in_resize_migrating(self):
        self.hold(self.source, 'migrate_disk_and_power_off')
        self.kill_at_task('resize_migrating')

    def let_go(self):
        self.cloud.clear_fault(self.source, 'migrate_disk_and_power_off')


class TestLeftOver(LeftOverTestCase):

    def test_killed_and_finished_twice(self):
        self.have_plan(self.server_id, restart=True)
        self.kill_in_resize_migrating()
        self.let_go()
        self.cloud.wait_for(self.server_id, 'VERIFY_RESIZE')
        row = self.listed()[self.server_id]
        self.assertEqual(
            (self.cloud.owners_session.get_project_id(), self.source,
             self.destination, 'VERIFY_RESIZE', None),
            (row['Project'], row['From'], row['To'], row['Status'],
             row['Action Plan']))
        self.assert_finished(self.server_id)
        self.assert_confirmed()
        self.assertEqual({}, self.listed())
        self.assertEqual((0, {}), self.finish('--all'))
        self.assertEqual(
            (0, {self.server_id: ('left alone', NOTHING)}),
            self.finish(self.server_id))
        self.assert_confirmed()

    def test_followed_while_under_way(self):
        self.have_database()
        self.kill_in_resize_migrating()
        self.assertEqual('RESIZE (resize_migrating)',
                         self.listed()[self.server_id]['Status'])
        command = self.start_command('finish', self.server_id)
        self.assertIn('adopting migration', command.stdout.readline())
        self.let_go()
        output, errors = command.communicate()
        self.assertEqual(0, command.returncode, errors)
        self.assertIn('Server %s: finished\n' % self.server_id, output)
        self.assert_confirmed()

    def test_given_up_under_way(self):
        """Nothing is requested again."""
        self.have_database()
        self.kill_in_resize_migrating()
        command = self.start_command('finish', self.server_id)
        self.assertIn('adopting migration', command.stdout.readline())
        self.cloud.set_fault(self.source, 'migrate_disk_and_power_off',
                             'roll_back')
        output, _ = command.communicate()
        self.assertEqual(1, command.returncode)
        self.assertIn('failed: the server is back where it started', output)
        self.assert_sits_on(self.server_id, self.source)
        self.assertEqual(1, self.posts(self.server_id).count(
            ('migrate', 202)))

    def test_interrupted_and_run_again(self):
        self.have_database()
        self.kill_in_resize_migrating()
        command = self.start_command('finish', '--all')
        self.assertIn('adopting migration', command.stdout.readline())
        command.send_signal(signal.SIGINT)
        _, errors = command.communicate(timeout=base.SOON)
        self.assertEqual(130, command.returncode)
        line, = errors.splitlines()
        self.assertIn('interrupted', line)
        self.let_go()
        self.assert_finished(self.server_id)
        self.assert_confirmed()

    def test_died_while_it_was_confirmed(self):
        self.have_database()
        self.hold(self.source, 'confirm_migration')
        self.kill_at(lambda: ('confirmResize', 204) in self.posts(
            self.server_id), 'the confirmation')
        command = self.start_command('finish', '--all')
        self.assertIn('(confirming)', command.stdout.readline())
        self.cloud.clear_fault(self.source, 'confirm_migration')
        command.communicate()
        self.assertEqual(0, command.returncode)
        self.assert_confirmed()
        self.assertEqual(1, self.posts(self.server_id).count(
            ('confirmResize', 204)))

    def test_several(self):
        self.have_database()
        servers = [self.server_id, self.boot(), self.boot(running=False)]
        destinations = {server_id: self.other_host(server_id)
                        for server_id in servers}
        for server_id, destination in destinations.items():
            self.leave_other(server_id, destination)
        self.assertEqual(set(servers), set(self.listed()))
        self.assert_finished(*servers)
        for server_id, destination in destinations.items():
            self.assert_is_moved(server_id, destination)

    def test_one_that_is_not_shown(self):
        self.have_database()
        self.leave()
        hidden = self.boot()
        self.leave_other(hidden, self.other_host(hidden))
        self.break_replies(
            hidden, method='GET', times=None, status=403,
            headers={'Content-Type': 'application/json'}, body=json.dumps(
                {'forbidden': {'code': 403, 'message': 'not yours'}}))
        self.assertEqual(1, self.run_command('list', '-f', 'json'))
        rows = {row['Server']: row for row in json.loads(self.output)}
        self.assertEqual('VERIFY_RESIZE', rows[self.server_id]['Status'])
        self.assertIn('not yours', rows[hidden]['Status'])
        status, results = self.finish('--all')
        self.assertEqual(
            (1, 'finished', 'failed'),
            (status, results[self.server_id][0], results[hidden][0]))
        self.assert_confirmed()

    def test_dry_run(self):
        self.have_database()
        self.leave()
        status, results = self.finish('--all', '--dry-run')
        self.assertEqual((0, 'would be finished'),
                         (status, results[self.server_id][0]))
        self.assert_left_alone()

    def test_older_than(self):
        self.have_database()
        self.leave()
        for which in ('--all', self.server_id):
            status, results = self.finish('--older-than', '600', which)
            self.assertEqual((0, 'left alone'),
                             (status, results[self.server_id][0]))
            self.assertIn('Nova changed it', results[self.server_id][1])
        self.assert_left_alone()
        waiting.wait_until(
            lambda: self.finish('--older-than', '1', '--all')[1].get(
                self.server_id) == ('finished', ''), 'it is old enough')
        self.assert_confirmed()


class TestOthers(LeftOverTestCase):

    def assert_none_of_its_business(self, words):
        self.assertEqual({}, self.listed())
        self.assertEqual((0, {}), self.finish('--all'))
        status, results = self.finish(self.server_id)
        result, reason = results[self.server_id]
        self.assertEqual((1, 'refused'), (status, result))
        self.assertIn(words, reason)
        self.assert_left_alone()

    def test_persons_migration(self):
        self.have_database()
        self.cloud.admin.servers.migrate(self.server_id,
                                         host=self.destination)
        self.cloud.wait_for(self.server_id, 'VERIFY_RESIZE')
        self.assert_none_of_its_business(
            'user %s requested' % self.cloud.admins_session.get_user_id())

    def test_owners_resize(self):
        self.have_database()
        self.cloud.owner.servers.resize(self.server_id, self.cloud.flavor(96))
        self.cloud.wait_for(self.server_id, 'VERIFY_RESIZE')
        self.assert_none_of_its_business('resized')

    def test_hosts_are_not_shown(self):
        self.have_database()
        self.leave()
        self.forbid('os_compute_api:os-migrations:index:host')
        self.assert_none_of_its_business("Nova's policy hides its migrations")

    def test_running_plan(self):
        plan = self.have_plan(self.server_id)
        self.leave()
        self.assertEqual(plan, self.listed()[self.server_id]['Action Plan'])
        reason = 'action plan %s is running, and has the server' % plan
        self.assertEqual((0, {self.server_id: ('left alone', reason)}),
                         self.finish('--all'))
        self.assertEqual((1, {self.server_id: ('refused', reason)}),
                         self.finish(self.server_id))
        self.assert_left_alone()

    def test_plan_that_is_being_cancelled(self):
        self.have_plan(self.server_id, state='CANCELLING')
        self.leave()
        self.assertEqual(1, self.finish(self.server_id)[0])
        self.assert_left_alone()

    def test_plan_of_a_dead_applier(self):
        self.have_plan(self.server_id, heartbeat=100)
        self.leave()
        self.assertIsNone(self.listed()[self.server_id]['Action Plan'])
        self.assert_finished(self.server_id)
        self.assert_confirmed()


class TestOlderNova(LeftOverTestCase):
    """Its migration records have no users and come in one page."""

    NOVA = ('--max-microversion=2.56',)

    def test_only_watchers(self):
        self.have_database()
        self.leave()
        persons = self.boot()
        self.cloud.admin.servers.migrate(persons,
                                         host=self.other_host(persons))
        self.cloud.wait_for(persons, 'VERIFY_RESIZE')
        self.assertEqual([self.server_id], list(self.listed()))
        self.assert_finished(self.server_id)
        self.assert_confirmed()
        status, results = self.finish(persons)
        self.assertEqual((1, 'refused'), (status, results[persons][0]))
        self.assertIn('user %s requested' %
                      self.cloud.admins_session.get_user_id(),
                      results[persons][1])


class TestCannotBegin(LeftOverTestCase):

    def assert_cannot_begin(self, words, *arguments):
        self.assertEqual(2, self.run_command(*arguments))
        line, = self.errors.splitlines()
        for word in ('error:', words):
            self.assertIn(word, line)
        self.assertNotIn('password-of', line)

    def test_no_such_server(self):
        self.have_database()
        self.leave()
        self.assert_cannot_begin('no such server: ' + NO_SERVER, 'finish',
                                 self.server_id, NO_SERVER)
        self.assert_left_alone()

    def test_no_reply_from_nova(self):
        self.refuse_connections()
        self.assert_cannot_begin('no reply from Nova', 'list')

    def test_no_database(self):
        self.leave()
        self.assert_cannot_begin("Watcher's database", 'finish', '--all')
        self.assert_left_alone()

    def test_wrong_password(self):
        self.configure(watcher_clients_auth={'password': 'wrong'})
        self.assert_cannot_begin('HTTP 401', 'list')

    def test_no_section(self):
        path = os.path.join(self.folder, 'watcher.conf')
        with open(path, 'w') as file:
            file.write('[DEFAULT]\n')
        self.conf_path = path
        self.assert_cannot_begin('[watcher_clients_auth]', 'list')

    def test_migrations_are_not_shown(self):
        self.forbid('os_compute_api:os-migrations:index')
        self.assert_cannot_begin('HTTP 403', 'list')
