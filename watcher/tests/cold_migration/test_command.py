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

"""The command line: what it takes, shows and returns."""

import io
import json
import os
from unittest import mock

import fixtures
from oslo_config import cfg
from oslotest import base

from watcher.common.cold_migration import __main__ as program
from watcher.common.cold_migration import command
from watcher.common.cold_migration import exceptions
from watcher.common.cold_migration import finishing
from watcher.common.cold_migration import left_over
from watcher.common.cold_migration import options
from watcher.common.cold_migration import states

Verdict = finishing.Verdict

RECORD = states.Record(12, 'migration', 'finished', 'a', 'b', '2026')
LEFT = left_over.Seen('left', states.View('VERIFY_RESIZE', None, 'b',
                                          age=300), [RECORD], True)
PLANNED = LEFT._replace(server='planned', plan='plan')
PERSONS = LEFT._replace(server='persons', is_watchers=False,
                        records=[RECORD._replace(person='olga')])
AT_REST = left_over.Seen('at rest', states.View('ACTIVE', None, 'a'))
GONE = left_over.Seen('gone', None)
UNSEEN = left_over.Seen('unseen', None, obstacle='connection reset')
SEEN = {one.server: one for one in (LEFT, PLANNED, PERSONS, AT_REST, GONE)}


class CommandTestCase(base.BaseTestCase):

    def setUp(self):
        super().setUp()
        self.write('[watcher_clients_auth]\nauth_type = password\n')
        self.helper = self.useFixture(fixtures.MockPatchObject(
            command.nova_helper, 'NovaHelper')).mock
        self.setup_log = self.useFixture(fixtures.MockPatchObject(
            command.log, 'setup')).mock
        self.logging = self.useFixture(fixtures.MockPatchObject(
            command, 'logging')).mock
        self.servers = self.patch('servers', return_value=list(SEEN))
        self.patch('look', lambda servers: [SEEN[one] for one in servers])
        self.finish = self.patch('finish', lambda servers: [
            finishing.Outcome(SEEN[one], Verdict.FINISHED,
                              left_over.Standing.LEFT_OVER)
            for one in servers])

    def patch(self, method, side_effect=None, **options):
        return self.useFixture(fixtures.MockPatchObject(
            finishing.Finisher, method, side_effect=side_effect,
            **options)).mock

    def write(self, text):
        self.path = os.path.join(self.useFixture(fixtures.TempDir()).path,
                                 'watcher.conf')
        with open(self.path, 'w') as file:
            file.write(text)

    def run_command(self, *arguments):
        """Run it; returns the status, and has the output afterwards."""
        self.conf = cfg.ConfigOpts()
        self.conf.register_opt(cfg.StrOpt('auth_type'),
                               group='watcher_clients_auth')
        options.register(self.conf)
        if self.path:
            arguments = ['--config-file', self.path, *arguments]
        with mock.patch('sys.stdout', new_callable=io.StringIO) as output, \
                mock.patch('sys.stderr', new_callable=io.StringIO) as errors, \
                mock.patch.object(command, 'CONF', self.conf):
            try:
                return command.main(arguments)
            except SystemExit as exc:
                return exc.code
            finally:
                self.output = output.getvalue()
                self.errors = errors.getvalue()

    def have_unseen(self):
        patch = mock.patch.dict(SEEN, unseen=UNSEEN)
        patch.start()
        self.addCleanup(patch.stop)
        self.servers.return_value = list(SEEN)

    def results(self):
        return {row['Server']: row['Result']
                for row in json.loads(self.output)}

    def assert_cannot_begin(self, words, *arguments):
        self.assertEqual(2, self.run_command(*arguments))
        line = self.errors.splitlines()[-1]
        self.assertIn('error: ', line)
        self.assertIn(words, line)
        self.assertNotIn('Traceback', self.errors)
        self.assertEqual('', self.output)


class TestList(CommandTestCase):

    def test_only_watchers(self):
        self.assertEqual(0, self.run_command('list', '-f', 'json'))
        self.assertEqual(
            {'left': None, 'planned': 'plan'},
            {row['Server']: row['Action Plan']
             for row in json.loads(self.output)})

    def test_one_that_is_not_shown(self):
        self.have_unseen()
        self.assertEqual(1, self.run_command('list', '-f', 'json'))
        self.assertEqual(
            'not shown: connection reset',
            {row['Server']: row['Status']
             for row in json.loads(self.output)}['unseen'])

    def test_table_is_the_default(self):
        self.assertEqual(0, self.run_command('list'))
        self.assertTrue(self.output.startswith('+--'))
        self.assertEqual('', self.errors)


class TestFinish(CommandTestCase):

    def test_all(self):
        self.assertEqual(0, self.run_command('finish', '--all', '-f', 'json'))
        self.assertEqual({'left': 'finished', 'planned': 'left alone'},
                         self.results())
        self.finish.assert_called_once_with(['left'])

    def test_all_but_one_that_is_not_shown(self):
        self.have_unseen()
        self.assertEqual(1, self.run_command('finish', '--all', '-f', 'json'))
        self.assertEqual({'left': 'finished', 'planned': 'left alone',
                          'unseen': 'failed'}, self.results())
        self.assertIn('connection reset', self.output)

    def test_upper_case(self):
        self.run_command('finish', 'LEFT', 'left', '-f', 'json')
        self.assertEqual({'left': 'finished'}, self.results())
        self.finish.assert_called_once_with(['left'])

    def test_named(self):
        self.assertEqual(0, self.run_command('finish', 'left', 'at rest',
                                             'left', '--format=json'))
        self.assertEqual({'left': 'finished', 'at rest': 'left alone'},
                         self.results())
        self.assertFalse(self.servers.called)

    def test_named_and_refused(self):
        self.assertEqual(1, self.run_command('finish', 'planned', 'persons',
                                             'left', '-f', 'json'))
        self.assertEqual({'planned': 'refused', 'persons': 'refused',
                          'left': 'finished'}, self.results())
        self.finish.assert_called_once_with(['left'])

    def test_dry_run(self):
        self.assertEqual(0, self.run_command('finish', '--all', '--dry-run',
                                             '-f', 'json'))
        self.assertEqual({'left': 'would be finished',
                          'planned': 'left alone'}, self.results())
        self.assertFalse(self.finish.called)

    def test_older_than(self):
        for seconds, result in (('299', 'would be finished'),
                                ('301', 'left alone')):
            self.run_command('finish', 'left', '--dry-run', '-f', 'json',
                             '--older-than', seconds)
            self.assertEqual({'left': result}, self.results())

    def test_one_failed(self):
        self.finish.side_effect = lambda servers: [finishing.Outcome(
            LEFT, Verdict.FAILED, left_over.Standing.LEFT_OVER, 'broke')]
        self.assertEqual(1, self.run_command('finish', '--all'))
        self.assertIn('broke', self.output)

    def test_nothing_to_finish(self):
        self.servers.return_value = []
        self.assertEqual(0, self.run_command('finish', '--all'))
        self.assertEqual('There is nothing to finish.\n', self.output)

    def test_progress_is_not_in_between_json(self):
        stream = mock.Mock()
        command._progress_to(stream)(LEFT)
        (line,), _ = stream.write.call_args
        self.assertTrue(line.endswith('from a to b\n'))

    def test_interrupted(self):
        self.finish.side_effect = KeyboardInterrupt
        self.assertEqual(130, self.run_command('finish', '--all'))
        self.assertIn('interrupted', self.errors)


class TestCannotBegin(CommandTestCase):

    def test_wrong_arguments(self):
        for words, arguments in (
                ('command', []),
                ('invalid choice', ['lst']),
                ('either --all or servers', ['finish']),
                ('either --all or servers', ['finish', '--all', 'left']),
                ('invalid float', ['finish', '--all', '--older-than', 'x']),
                ('invalid choice', ['list', '-f', 'xml'])):
            self.assert_cannot_begin(words, *arguments)

    def test_no_such_server(self):
        self.assert_cannot_begin('no such server: gone', 'finish', 'left',
                                 'gone')
        self.assertFalse(self.finish.called)

    def test_no_file(self):
        self.path = self.path + '.not'
        self.assert_cannot_begin(self.path, 'list')

    def test_no_file_by_default(self):
        self.path = None
        self.useFixture(fixtures.MockPatchObject(
            cfg, 'find_config_files', return_value=[]))
        self.assert_cannot_begin('name one with --config-file', 'list')

    def test_broken_file(self):
        self.write('no section')
        self.assert_cannot_begin(self.path, 'list')

    def test_no_section(self):
        self.write('[DEFAULT]\n')
        self.assert_cannot_begin('[watcher_clients_auth]', 'list')
        self.assertIn(self.path, self.errors)

    def test_no_client(self):
        self.helper.side_effect = ValueError('Invalid api_version')
        self.assert_cannot_begin('Invalid api_version', 'list')

    def test_negative_interval(self):
        self.write('[watcher_clients_auth]\nauth_type = password\n'
                   '[nova]\nmigration_interval = -1\n')
        self.assert_cannot_begin('must not be negative', 'list')

    def test_no_reply(self):
        for words, error in (
                ('no access to Nova', exceptions.NoAccess('HTTP 401')),
                ('no reply from Nova', exceptions.Unavailable('refused')),
                ('Nova refused, HTTP 403',
                 exceptions.Refused('policy', 403, 'req-1')),
                ("Watcher's database", exceptions.NoDatabase('no table'))):
            self.servers.side_effect = error
            for arguments in (['list'], ['finish', '--all']):
                self.assert_cannot_begin(words, *arguments)
                self.assertIn(str(error), self.errors)


class TestProgram(base.BaseTestCase):

    def test_exit_status(self):
        with mock.patch.object(command, 'main', autospec=True,
                               return_value=1):
            self.assertEqual(1, program.main())

    def test_interrupted(self):
        """Python is not taken down beneath threads that are at work."""
        with mock.patch.object(command, 'main', autospec=True,
                               return_value=130), \
                mock.patch.object(program.os, '_exit', autospec=True) as end:
            program.main()
        end.assert_called_once_with(130)


class TestLog(CommandTestCase):

    def test_to_where_watchers_goes(self):
        self.write('[DEFAULT]\nlog_dir = /var/log/watcher\n'
                   '[watcher_clients_auth]\nauth_type = password\n')
        self.run_command('list')
        self.setup_log.assert_called_once_with(self.conf, 'watcher')
        self.assertFalse(self.logging.basicConfig.called)
        self.assertEqual('watcher-cold-migration.log', self.conf.log_file)

    def test_to_a_file_that_is_named(self):
        self.write('[DEFAULT]\nlog_dir = /var/log/watcher\nlog_file = it\n'
                   '[watcher_clients_auth]\nauth_type = password\n')
        self.run_command('list')
        self.assertEqual('it', self.conf.log_file)

    def test_warnings_where_watcher_has_no_log(self):
        self.run_command('list')
        self.assertFalse(self.setup_log.called)
        self.assertTrue(self.logging.basicConfig.call_args[1]['force'])
        self.logging.getLogger.assert_called_once_with(
            'watcher.common.cold_migration')
        handler = self.logging.StreamHandler.return_value
        handler.setLevel.assert_called_once_with(self.logging.WARNING)
