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


"""What a call does, returns and logs, by scripts of what Nova shows.

A script says what Nova shows from which second on, counted from the request
that it is about. A look more or less, or a little later, changes no outcome.
"""

import itertools
import logging
import sys
from unittest import mock

import fixtures
from oslotest import base

from watcher.common.cold_migration import exceptions
from watcher.common.cold_migration import migration
from watcher.common.cold_migration import states
from watcher.common.cold_migration import waiting

REQUEST = 'req-1'
BY_HAND = 'openstack server resize confirm uuid'


def view(status, task_state=None, host='a', fault=None, **changes):
    return states.View(status, task_state, host, fault,
                       'small')._replace(**changes)


AT_REST = view('ACTIVE', updated='2026-11-22T10:18:00Z')
PREPARING = view('RESIZE', 'resize_prep')
WORKING = view('RESIZE', 'resize_migrating')
WAITING = view('VERIFY_RESIZE', host='b')
MOVED = view('ACTIVE', host='b')
REVERTING = view('REVERT_RESIZE', 'resize_reverting', 'b')
IN_PLACE = view('VERIFY_RESIZE')
GONE = None

RECORD = states.Record(12, 'migration', 'finished', 'a', 'b',
                       '2026-11-22T10:18:36.552105')
CONFIRMING = RECORD._replace(status='confirming')
CONFIRMED = RECORD._replace(status='confirmed')
FAILED = RECORD._replace(status='error', destination=None)

LOST = exceptions.Unavailable('connection reset')
NO_ACCESS = exceptions.NoAccess('wrong password')
# No reply comes, for as long as is waited for it.
HANGS = exceptions.Unavailable('timed out')


def refused(code, words='Nova says no'):
    return exceptions.Refused(words, code, 'req-2')


class Script:
    """A server, and a clock: it shows what the script says.

    :ivar asked: the names of the requests

    ``first`` is what Nova shows from the start, ``migrate``, ``confirm`` and
    ``revert`` what it shows after accepting that request: pairs of seconds
    since then and a view, or an exception. ``records`` are such pairs for the
    migration records, with seconds since the start; by default they fit the
    views. ``replies`` has the replies to each request, by its name, in turn;
    after them it is accepted. One with a ``True`` behind it reaches Nova
    nevertheless. ``confirms`` is the status of the record that a confirmation
    ends, None for one that is not shown. ``takes`` has the seconds of requests
    that take long, by their names.
    """

    id = 'uuid'
    LATENCY = 0.02
    # More requests than any script is for.
    PATIENCE = 10000

    def __init__(self, first, records=None, replies=(), reasons=('',),
                 confirms='finished', takes=(), **after):
        self.now = 0.0
        self._takes = dict(takes)
        self.asked = []
        self.slept = []
        self._asked_since_pause = []
        self._shown, self._since = first, 0.0
        self._records = records
        self._replies = {name: list(those)
                         for name, those in dict(replies).items()}
        self._after = after
        self._words = itertools.chain(reasons, itertools.repeat(reasons[-1]))
        self._confirms = confirms
        self._is_confirming = False

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds
        self._asked_since_pause = []

    def _at(self, pairs, since):
        shown = [what for seconds, what in pairs
                 if self.now - since >= seconds][-1]
        return self._replied(shown)

    def _replied(self, reply):
        if reply is HANGS:
            self.now += self._patience
        if isinstance(reply, Exception):
            raise reply
        return reply

    def _ask(self, name, seconds):
        self._patience = seconds
        assert seconds > 0 and len(self.asked) < self.PATIENCE
        # What explains a failure may have been asked for before.
        most = 1 if name == 'look' else 2
        assert self._asked_since_pause[-most:] != [name] * most, 'no pause'
        self._asked_since_pause.append(name)
        self.asked.append(name)
        self.now += self._takes.get(name, self.LATENCY)

    def look(self, seconds):
        self._ask('look', seconds)
        return self._at(self._shown, self._since)

    def migrations(self, seconds):
        self._ask('records', seconds)
        if self._records is not None:
            records = self._at(self._records, 0)
            return records and list(map(self._as_confirmed, records))
        shown = self._at(self._shown, self._since)
        if shown == WAITING:
            return [CONFIRMING if self._is_confirming else RECORD]
        return [CONFIRMED] if shown == MOVED else []

    def _as_confirmed(self, record):
        has_ended = self._is_confirming and self._at(
            self._shown, self._since).status != 'VERIFY_RESIZE'
        return record._replace(status='confirmed') if (
            has_ended and record.status == self._confirms) else record

    def what_went_wrong(self, request_id, seconds):
        self._ask('why', seconds)
        words = next(self._words)
        if isinstance(words, Exception):
            raise words
        return words

    def _post(self, name, seconds):
        self._ask(name, seconds)
        reply, is_taken = None, True
        if self._replies.get(name):
            reply, is_taken = self._replies[name].pop(0), False
            if isinstance(reply, tuple):
                reply, is_taken = reply
        if is_taken:
            self._shown, self._since = self._after[name], self.now
            self._is_confirming = name == 'confirm'
        return self._replied(reply) or REQUEST

    def migrate(self, host, seconds):
        self.wanted = host
        return self._post('migrate', seconds)

    def confirm(self, seconds):
        self._post('confirm', seconds)

    def revert(self, seconds):
        self._post('revert', seconds)


# What Nova shows of a migration that goes well.
MOVES = [(0, PREPARING), (1, WORKING), (4, WAITING)]
ENDS = [(0, WAITING), (0.3, MOVED)]


class ExceptionHandled(logging.Handler):
    """Sees what is being handled while a line is logged.

    oslo.log appends that to the line, by the name of its class.
    """

    def __init__(self, level):
        super().__init__(level)
        self.seen = []

    def emit(self, record):
        if sys.exc_info()[0]:
            self.seen.append((sys.exc_info()[0], record.getMessage()))


class ColdMigrationTestCase(base.BaseTestCase):

    def setUp(self):
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger(
            name='watcher.common.cold_migration',
            format='%(levelname)s %(message)s'))
        handler = ExceptionHandled(logging.WARNING)
        logger = logging.getLogger('watcher.common.cold_migration')
        logger.addHandler(handler)
        self.addCleanup(logger.removeHandler, handler)
        self.addCleanup(lambda: self.assertEqual([], handler.seen))

    def run_script(self, first=AT_REST, migrate=MOVES, confirm=ENDS,
                   wanted='b', limit=40, interval=5, fixed=False, chance=0.5,
                   left=None, **more):
        """Run a script; returns the verdict.

        :param chance: the wait for others, as a share of the longest
        :param left: the view and the records of a migration to begin with
        """
        if not isinstance(first, list):
            first = [(0, first)]
        self.script = Script(first, migrate=migrate, confirm=confirm, **more)
        self.uniform = mock.Mock(
            side_effect=lambda least, most: least + (most - least) * chance)
        adopted = self.log.output.count('adopting')
        with mock.patch.object(waiting, 'time', self.script), \
                mock.patch.object(migration, 'time', self.script), \
                mock.patch.object(migration, '_CHANCE',
                                  mock.Mock(uniform=self.uniform)):
            self.cold_migration = migration.ColdMigration(
                self.script, wanted, waiting.TimeLimit(
                    limit, interval,
                    None if fixed else waiting.Pace(interval)),
                lambda cold_migration, status: cold_migration.confirm())
            if left:
                self.cold_migration.adopt(*left)
            verdict = self.cold_migration.run()
        # Only who adopts gives way, and only once.
        self.assertLessEqual(self.uniform.call_count,
                             self.log.output.count('adopting') - adopted)
        return verdict

    def lines(self, level):
        return [line for line in self.log.output.splitlines()
                if line.startswith(level)]

    def assert_posted(self, *names):
        """Check that these, and nothing else, were posted."""
        self.assertEqual(list(names), [
            name for name in self.script.asked
            if name in ('migrate', 'confirm', 'revert')])

    def assert_succeeds(self, *posts, **script):
        self.assertIs(True, self.run_script(**script))
        self.assertEqual([], self.lines('ERROR'))
        self.assert_posted(*posts)

    def assert_fails(self, words, *posts, **script):
        """Check the verdict, and the one line that says why."""
        self.assertIs(False, self.run_script(**script))
        error = self.lines('ERROR')[-1]
        for some in ['server uuid'] + (
                [words] if isinstance(words, str) else list(words)):
            self.assertIn(some, error)
        self.assert_posted(*posts)


class TestMoves(ColdMigrationTestCase):

    def test_running_server(self):
        self.assert_succeeds('migrate', 'confirm')
        self.assertEqual('b', self.script.wanted)

    def test_stopped_server(self):
        self.assert_succeeds(
            'migrate', 'confirm', first=view('SHUTOFF'),
            confirm=[(0, WAITING), (1, view('SHUTOFF', host='b'))])

    def test_host_of_the_schedulers_choice(self):
        self.assert_succeeds('migrate', 'confirm', wanted=None)
        self.assertIsNone(self.script.wanted)

    def test_faster_than_a_look(self):
        self.assert_succeeds('migrate', 'confirm', migrate=[(0, WAITING)],
                             confirm=[(0, MOVED)])

    def test_lines(self):
        self.run_script()
        accepted, *changes, moved, success = self.lines('INFO')
        for words in ('from a to b', REQUEST, BY_HAND):
            self.assertIn(words, accepted)
        self.assertIn('VERIFY_RESIZE, task_state None, on host b',
                      changes[-1])
        self.assertIn('ACTIVE', moved)
        self.assertIn('from a to b succeeded after', success)
        self.assertEqual([], self.lines('WARNING'))

    def test_one_line_a_change(self):
        self.run_script(migrate=[(0, PREPARING), (30, WAITING)])
        self.assertEqual(2, self.log.output.count('is now VERIFY') +
                         self.log.output.count('is now RESIZE'))

    def test_ended_by_the_function_that_was_given(self):
        confirm = mock.Mock()
        self.script = Script([(0, AT_REST)], migrate=[(0, WAITING)])
        with mock.patch.object(waiting, 'time', self.script), \
                mock.patch.object(migration, 'time', self.script):
            cold_migration = migration.ColdMigration(
                self.script, 'b', waiting.TimeLimit(20, 5), confirm)
            self.assertIs(True, cold_migration.run())
        confirm.assert_called_once_with(cold_migration, 'ACTIVE')
        self.assert_posted('migrate')

    def test_killed(self):
        class Killed(BaseException):
            pass

        with mock.patch.object(Script, 'look', autospec=True,
                               side_effect=Killed):
            self.assertRaises(Killed, self.run_script)


class TestAlreadyThere(ColdMigrationTestCase):
    """P6: nothing is posted."""

    def test_at_rest(self):
        for status in ('ACTIVE', 'SHUTOFF'):
            self.assert_succeeds(first=view(status), wanted='a')
        self.assertIn('is already on host a', self.lines('INFO')[0])

    def test_busy(self):
        self.assert_succeeds(first=[
            (0, view('ACTIVE', 'powering-off')), (7, view('SHUTOFF'))],
            wanted='a')
        self.assertGreater(self.script.now, 7)

    def test_busy_for_long(self):
        self.assert_succeeds(first=view('ACTIVE', 'image_uploading'),
                             wanted='a')

    def test_leaving(self):
        self.assert_fails(
            'left alone', first=[(0, view('ACTIVE', 'rebooting')),
                                 (2, PREPARING)],
            records=[(0, []), (2, [RECORD._replace(type='resize')])],
            wanted='a')

    def test_never_confirmed(self):
        self.assert_fails(['nobody has confirmed migration 12', 'both hosts'],
                          first=MOVED, records=[(0, [RECORD])])

    def test_never_confirmed_and_another_has_failed_since(self):
        """The line names the one to be freed."""
        since = RECORD._replace(id=13, source='b', destination='c',
                                status='error')
        self.assert_fails('nobody has confirmed migration 12 (finished)',
                          first=MOVED, records=[(0, [since, RECORD])])

    def test_came_by_a_migration_that_failed_long_ago(self):
        self.assert_succeeds(first=MOVED, records=[
            (0, [RECORD._replace(status='error')])])

    def test_records_are_not_shown(self):
        self.assert_succeeds(first=MOVED, records=[(0, refused(403))])

    def test_being_confirmed(self):
        self.assert_succeeds(first=MOVED, records=[
            (0, [CONFIRMING]), (7, [CONFIRMED])])
        self.assertGreater(self.script.now, 7)

    def test_being_confirmed_for_ever(self):
        self.assert_fails('time limit of 40 s exceeded', first=MOVED,
                          records=[(0, [CONFIRMING])])


class TestGivenUp(ColdMigrationTestCase):
    """P2, P8: as soon as Nova knows, in Nova's words."""

    def test_no_valid_host(self):
        self.assert_fails(['back where it started', 'No valid host', REQUEST],
                          'migrate', migrate=[(0, PREPARING), (1, AT_REST)],
                          reasons=['No valid\nhost'])
        self.assertLess(self.script.now, 2)

    def test_for_no_known_reason(self):
        self.assert_fails('Nova does not say why', 'migrate',
                          migrate=[(0, AT_REST)])

    def test_the_reason_comes_later(self):
        self.assert_fails('No valid host', 'migrate', migrate=[(0, AT_REST)],
                          reasons=[None, LOST, 'No valid host'])

    def test_the_reason_never_comes(self):
        for words in (None, LOST):
            self.assert_fails('Nova does not say why', 'migrate',
                              migrate=[(0, AT_REST)], reasons=[words])
            self.assertLess(self.script.now, 4)

    def test_the_reason_is_not_shown(self):
        for obstacle in (refused(403), NO_ACCESS):
            self.assert_fails('Nova does not say why', 'migrate',
                              migrate=[(0, AT_REST)], reasons=[obstacle])
            self.assertEqual(1, self.script.asked.count('why'))

    def test_broken(self):
        self.assert_fails(
            'in ERROR (ERROR, task_state None, on host b): no such image',
            'migrate', migrate=[(0, PREPARING), (1, view(
                'ERROR', host='b', fault='no such image'))])

    def test_broken_and_the_fault_comes_later(self):
        broken = view('ERROR', 'resize_finish', host='b')
        self.assert_fails(
            'in ERROR (ERROR, task_state resize_finish, on host b): disk full',
            'migrate', reasons=[None, 'NovaException'], migrate=[
                (0, PREPARING), (1, broken),
                (1.1, broken._replace(fault='disk full'))])

    def test_ended_on_the_source(self):
        """As drivers do that hide several hosts behind one."""
        self.assert_fails(
            ['on the host where it started', 'ACTIVE'], 'migrate', 'revert',
            wanted=None, migrate=[(0, PREPARING), (1, IN_PLACE)],
            revert=[(0, REVERTING), (1, AT_REST)],
            records=[(0, [RECORD._replace(destination='a')])])


class TestRefused(ColdMigrationTestCase):

    def refuse(self, code=409, **script):
        return dict({'replies': {'migrate': [refused(code)]}}, **script)

    def test_for_good(self):
        for code in (403, 406):
            self.assert_fails(['HTTP %s: Nova says no' % code, 'req-2'],
                              'migrate', **self.refuse(code))
            self.assertEqual(['look', 'migrate'], self.script.asked)

    def test_and_still_there(self):
        for code in (400, 409):
            self.assert_fails('HTTP %s' % code, 'migrate', **self.refuse(code))
        self.assertNotIn('had changed', self.log.output)

    def test_a_look(self):
        self.assert_fails('HTTP 403', first=refused(403))

    def test_since_it_is_deleted(self):
        self.assert_fails('deleted', 'migrate', **self.refuse(
            404, first=[(0, AT_REST), (0.03, GONE)]))

    def test_since_another_applier_was_faster(self):
        self.assert_succeeds('migrate', 'confirm', **self.refuse(
            first=[(0, AT_REST), (0.03, PREPARING), (4, WAITING)],
            records=[(0, [RECORD._replace(status='migrating')]),
                     (4, [RECORD])]))
        self.assertIn('something had changed', self.log.output)

    def test_since_somebody_else_has_moved_it(self):
        self.assert_succeeds('migrate', **self.refuse(
            400, first=[(0, AT_REST), (0.03, MOVED)]))

    def test_since_somebody_else_does_something_else(self):
        self.assert_fails('left alone', 'migrate', **self.refuse(
            first=[(0, AT_REST), (0.03, PREPARING)],
            records=[(0, [RECORD._replace(destination='c')])]))

    def test_records_are_not_shown(self):
        self.assert_fails('left alone', 'migrate', **self.refuse(
            first=[(0, AT_REST), (0.03, PREPARING)],
            records=[(0, refused(403))]))

    def test_since_another_applier_was_faster_and_it_fails(self):
        self.assert_fails('Nova refused, HTTP 409: Nova says no', 'migrate',
                          **self.refuse(first=[(0, AT_REST), (0.03, PREPARING),
                                               (1, AT_REST)],
                                        records=[(0, [])]))

    def test_not_on_record_yet(self):
        self.assert_succeeds('migrate', 'confirm', **self.refuse(
            first=[(0, AT_REST), (0.03, PREPARING), (4, WAITING)],
            records=[(0, []), (1, [RECORD])]))


class TestConfirmation(ColdMigrationTestCase):

    def test_by_somebody_else_before(self):
        self.assert_succeeds('migrate', migrate=[(0, PREPARING), (1, MOVED)])

    def test_by_somebody_else_at_the_same_time(self):
        for code in (400, 409):
            self.assert_succeeds(
                'migrate', 'confirm', migrate=[(0, WAITING), (1, MOVED)],
                records=[(0, [RECORD]), (0.37, [CONFIRMING]),
                         (1, [CONFIRMED])],
                replies={'confirm': [refused(code)]})
        self.assertIn('something had changed', self.log.output)

    def test_by_somebody_else_right_before(self):
        """What the record says counts (P11)."""
        self.assert_succeeds(
            'migrate', migrate=[(0, WAITING), (2, MOVED)],
            records=[(0, [CONFIRMING]), (2, [CONFIRMED])])

    def test_forbidden(self):
        self.assert_fails(
            ['HTTP 403: Nova says no; the server stays in VERIFY_RESIZE '
             '(VERIFY_RESIZE', 'migration 12 is confirmed with', BY_HAND],
            'migrate', 'confirm',
            replies={'confirm': [refused(403)]})

    def test_refused_and_nobody_else_is_at_it(self):
        self.assert_fails('Nova refused, HTTP 409', 'migrate', 'confirm',
                          replies={'confirm': [refused(409)]})
        self.assertLess(self.script.now, 5)
        self.assertNotIn('had changed', self.log.output)

    def test_refused_and_records_are_not_shown(self):
        """Somebody else may be at it."""
        script = {'records': [(0, refused(403))],
                  'replies': {'confirm': [refused(409, 'it is locked')]}}
        self.assert_succeeds(
            'migrate', 'confirm', migrate=[(0, WAITING), (30, MOVED)],
            **script)
        self.assert_fails(
            ['time limit of 60 s exceeded; Nova refused, HTTP 409: it is '
             'locked; the server stays in VERIFY_RESIZE', BY_HAND, 'req-2'],
            'migrate', 'confirm', **script)

    def test_takes_too_long(self):
        self.assert_fails(
            ['time limit of 60 s', 'host a has yet to confirm migration 12'],
            'migrate', 'confirm', confirm=[(0, WAITING)])
        self.assertLess(self.script.now, 4 + 60 + 5)

    def test_records_are_not_shown(self):
        self.assert_succeeds('migrate', 'confirm', records=[(0, refused(403))])
        self.assertEqual(1, self.log.output.count('are not shown'))

    def test_records_have_no_hosts(self):
        self.assert_succeeds('migrate', 'confirm', records=[(0, None)])
        self.assertIn('they have no hosts', self.log.output)

    def test_state_was_reset(self):
        """P1: the record has the last word."""
        self.assert_fails(
            ['nobody has confirmed migration 12 (finished)', 'both hosts'],
            'migrate', migrate=[(0, PREPARING), (1, MOVED)],
            records=[(0, [RECORD])])

    def test_nova_has_confirmed_another_one(self):
        """As it does where one before was never confirmed."""
        before = CONFIRMED._replace(id=11, source='c', destination='a')
        self.assert_fails(
            'nobody has confirmed migration 12 (finished)', 'migrate',
            'confirm', confirms=None, records=[(0, [RECORD, before])])

    def test_stopped_by_its_owner_afterwards(self):
        self.assert_succeeds('migrate', 'confirm', confirm=[
            (0, view('ACTIVE', 'powering-off', 'b'))])

    def test_reverted_by_somebody_else(self):
        self.assert_fails('back where it started', 'migrate',
                          migrate=[(0, REVERTING), (1, AT_REST)])

    def test_another_migration_by_now(self):
        for other in ({'type': 'resize'}, {'source': 'c'},
                      {'person': 'olga'}):
            self.assert_fails(
                'another migration', 'migrate',
                records=[(0, [RECORD._replace(**other)])])

    def test_moved_elsewhere(self):
        self.assert_fails('not asked for', 'migrate', migrate=[
            (0, view('VERIFY_RESIZE', host='c'))])

    def test_elsewhere_for_good(self):
        self.assert_fails('not asked for', 'migrate', migrate=[
            (0, view('ACTIVE', host='c'))])

    def test_resized_by_somebody(self):
        self.assert_fails('left alone', 'migrate', migrate=[
            (0, WAITING._replace(flavor='large'))])

    def test_deleted(self):
        for gone in (GONE, view('SOFT_DELETED')):
            self.assert_fails('deleted', 'migrate', migrate=[(0, gone)])

    def test_takes_its_turn_in_its_process(self):
        """Other threads do not confirm meanwhile (P11)."""
        post, is_locked = Script.confirm, []

        def confirm(script, seconds):
            is_locked.append(waiting._turns['uuid'].locked())
            post(script, seconds)

        with mock.patch.object(Script, 'confirm', autospec=True,
                               side_effect=confirm):
            self.assert_succeeds('migrate', 'confirm')
        self.assertEqual([True], is_locked)


class TestOvertaken(ColdMigrationTestCase):

    def test_by_another_migration_in_place(self):
        self.assert_fails('another migration', 'migrate', 'confirm',
                          confirm=[(0, WAITING), (1, IN_PLACE)])


class TestRevert(ColdMigrationTestCase):
    """P9: only what Nova ended where it started."""

    SCRIPT = {'wanted': None, 'migrate': [(0, PREPARING), (1, IN_PLACE)]}
    ENDED = RECORD._replace(destination='a')

    def test_forbidden(self):
        self.assert_fails(
            ['HTTP 403', 'openstack server resize revert uuid'], 'migrate',
            'revert', records=[(0, [self.ENDED])],
            replies={'revert': [refused(403)]}, **self.SCRIPT)

    def test_refused_and_nobody_else_is_at_it(self):
        self.assert_fails('HTTP 409', 'migrate', 'revert',
                          records=[(0, [self.ENDED])],
                          replies={'revert': [refused(409)]}, **self.SCRIPT)
        self.assertLess(self.script.now, 5)

    def test_takes_too_long(self):
        self.assert_fails('Nova has yet to revert migration 12', 'migrate',
                          'revert', records=[(0, [self.ENDED])],
                          revert=[(0, REVERTING)], **self.SCRIPT)

    def test_does_not_begin(self):
        self.assert_fails('time limit of 60 s exceeded', 'migrate', 'revert',
                          records=[(0, [self.ENDED])],
                          revert=[(0, IN_PLACE)], **self.SCRIPT)

    def test_one_thread_at_a_time(self):
        with mock.patch.object(waiting, 'turn', autospec=True,
                               side_effect=waiting.turn) as turn:
            self.assert_fails('reverted', 'migrate', 'revert',
                              records=[(0, [self.ENDED])],
                              revert=[(0, REVERTING), (1, AT_REST)],
                              **self.SCRIPT)
        turn.assert_called_once_with('uuid', migration.TURN_LIMIT)

    def test_moved_by_somebody_else_at_last(self):
        self.assert_succeeds(
            'migrate', 'revert', records=[(0, [self.ENDED]),
                                          (3, [CONFIRMED])],
            revert=[(0, REVERTING), (1, AT_REST), (1, MOVED)], **self.SCRIPT)

    def test_not_what_nobody_knows(self):
        for records in ([self.ENDED._replace(type='resize')],
                        [self.ENDED._replace(person='olga')], refused(403)):
            self.assert_fails('left alone', 'migrate',
                              records=[(0, records)], **self.SCRIPT)


class TestAdopts(ColdMigrationTestCase):
    """P5: what Watcher has requested before."""

    FOUND = {'first': [(0, WORKING), (4, WAITING)],
             'records': [(0, [RECORD._replace(status='migrating')]),
                         (4, [RECORD])]}

    def test_under_way(self):
        for wanted in ('b', None):
            self.assert_succeeds('confirm', wanted=wanted, **self.FOUND)
        adopted = self.lines('INFO')[0]
        for words in ('from a to b', 'adopting migration 12 (migrating)',
                      BY_HAND):
            self.assertIn(words, adopted)
        self.assertIn('from a to b succeeded', self.log.output)

    def test_waiting(self):
        self.assert_succeeds('confirm', first=WAITING,
                             records=[(0, [RECORD])])

    def test_gives_way_first(self):
        """P11: for a random time, with a limit of its own (P7)."""
        for interval, longest in ((5, 20), (60, 20), (0.1, 0.4)):
            for chance in (0, 0.5, 1):
                self.assert_succeeds(
                    'confirm', first=WAITING, interval=interval,
                    limit=interval, confirm=[(0, WAITING), (55, MOVED)],
                    records=[(0, [RECORD])], chance=chance)
                (least, most), _ = self.uniform.call_args
                self.assertEqual((0, longest), (least, round(most, 6)))
                self.assertAlmostEqual(chance * longest, self.script.slept[0])

    def test_confirmed_while_it_gives_way(self):
        self.assert_succeeds(first=[(0, WAITING), (8, MOVED)],
                             records=[(0, [RECORD]), (8, [CONFIRMED])])

    def test_ended_where_it_started(self):
        self.assert_fails(
            'on the host where it started', 'revert', wanted=None,
            first=IN_PLACE, records=[(0, [RECORD._replace(destination='a')])],
            revert=[(0, AT_REST)])

    def test_when_it_is_on_record(self):
        before = RECORD._replace(id=11, status='reverted')
        self.assert_succeeds(
            'confirm', first=[(0, PREPARING), (4, WAITING)],
            records=[(0, []), (1, [before]), (2, [RECORD, before])])

    def test_never_on_record(self):
        self.assert_fails('time limit of 40 s exceeded (RESIZE',
                          first=PREPARING, records=[(0, [])])

    def test_confirmed_before_it_is_on_record(self):
        for wanted in ('b', None):
            for first in (WAITING, PREPARING):
                self.assert_succeeds(
                    first=[(0, first), (0.05, MOVED)],
                    records=[(0, [CONFIRMED])], wanted=wanted)
        # The records showed the last one when it was over.
        self.assertIn('is already on host b', self.lines('INFO')[-1])
        self.assertLess(self.script.now, 1)

    def test_confirmed_before_the_records_are_shown(self):
        arriving = view('RESIZE', 'resize_finish', 'b')
        for wanted in ('b', None):
            self.assert_succeeds(
                first=[(0, arriving), (4, MOVED)],
                records=[(0, LOST), (4, [CONFIRMED])], wanted=wanted)

    def test_reverted_before_it_is_on_record(self):
        for wanted in ('b', None):
            self.assert_succeeds(
                'migrate', 'confirm', wanted=wanted,
                first=[(0, WAITING), (0.5, AT_REST)],
                records=[(0, [RECORD._replace(type='resize',
                                              status='reverted')]),
                         (4, [RECORD])])

    def test_not_what_had_ended_before(self):
        """What is seen is not on record yet, and an old one led here."""
        before = CONFIRMED._replace(id=11, source='c', destination='a')
        self.assert_succeeds(
            'migrate', 'confirm', wanted=None,
            first=[(0, PREPARING), (0.1, AT_REST)],
            records=[(0, [before]), (2, [RECORD, before])])

    def test_deleted_before_it_is_on_record(self):
        self.assert_fails('deleted', first=[(0, PREPARING), (0.5, GONE)],
                          records=[(0, [])])

    def test_not_what_is_something_else(self):
        for other in ({'type': 'resize'}, {'destination': 'c'},
                      {'status': 'reverting'}):
            for found in (WORKING, WAITING._replace(
                    host=other.get('destination', 'b'))):
                self.assert_fails('left alone', first=found, records=[
                    (0, [RECORD._replace(**other)])])
        self.assert_fails('left alone', first=REVERTING)

    def test_not_a_persons(self):
        for found, status in ((WORKING, 'migrating'), (WAITING, 'finished')):
            self.assert_fails(
                ['user olga requested migration 12', 'left alone'],
                first=found, records=[
                    (0, [RECORD._replace(status=status, person='olga')])])

    def test_a_persons_who_confirms_it(self):
        self.assert_succeeds(
            first=[(0, WAITING), (2, MOVED)], records=[
                (0, [CONFIRMING._replace(person='olga')]),
                (2, [CONFIRMED._replace(person='olga')])])

    def test_records_are_not_shown(self):
        self.assert_fails('left alone', first=WAITING,
                          records=[(0, refused(403, 'not allowed'))])
        self.assertIn('not shown: not allowed', self.log.output)
        self.assertEqual(['look', 'records'], self.script.asked)

    def test_another_one_since(self):
        later = RECORD._replace(id=13, type='resize')
        self.assert_fails('another migration', first=WAITING, records=[
            (0, [RECORD]), (0.05, [later, RECORD])])


class TestBeginsWithWhatIsOnRecord(ColdMigrationTestCase):
    """What was left is finished, and nothing is requested."""

    MIGRATING = RECORD._replace(status='migrating')

    def test_to_be_confirmed(self):
        self.assert_succeeds('confirm', first=WAITING,
                             left=(WAITING, [RECORD]))
        self.assertIsNone(self.cold_migration.why)
        adopted, *_ = self.lines('INFO')
        self.assertIn('from a to b: adopting migration 12 (finished)',
                      adopted)

    def test_under_way(self):
        self.assert_succeeds('confirm', first=[(0, WORKING), (3, WAITING)],
                             left=(WORKING, [self.MIGRATING]))

    def test_destination_not_chosen_yet(self):
        self.assert_succeeds(
            'confirm', first=[(0, PREPARING), (3, WAITING)], wanted=None,
            left=(PREPARING, [self.MIGRATING._replace(destination=None)]))

    def test_ended_since(self):
        self.assert_succeeds(first=MOVED, left=(WAITING, [RECORD]))

    def test_given_up_since(self):
        self.assert_fails('back where it started', first=AT_REST,
                          left=(WORKING, [self.MIGRATING]))
        self.assertIn(self.cold_migration.why, self.lines('ERROR')[0])

    def test_anothers_since(self):
        self.assert_fails(
            'another migration', first=WAITING, left=(WAITING, [RECORD]),
            records=[(0, [RECORD._replace(id=13, person='olga')])])

    def test_broken_since(self):
        self.assert_fails('in ERROR', first=view('ERROR', fault='disk'),
                          left=(WORKING, [self.MIGRATING]))


class TestTransientErrors(ColdMigrationTestCase):
    """P4: a transient error is no verdict."""

    def test_of_a_look(self):
        self.assert_succeeds(
            'migrate', 'confirm', first=[(0, LOST), (12, AT_REST)],
            migrate=[(0, PREPARING), (1, LOST), (8, WORKING), (9, WAITING)],
            confirm=[(0, LOST), (8, MOVED)])
        # Each outage is one line, however long.
        self.assertEqual(3, len(self.lines('WARNING')))

    def test_of_the_records(self):
        self.assert_succeeds('migrate', 'confirm', records=[
            (0, LOST), (20, [RECORD])])
        self.assertEqual(1, len(self.lines('WARNING')))

    def test_never_a_reply(self):
        self.assert_fails(['time limit of 40 s exceeded',
                           'no reply from Nova: connection reset'],
                          first=LOST)
        self.assertEqual([5] * 7, self.script.slept[:7])

    def test_retry_after(self):
        self.assert_succeeds(first=[
            (0, exceptions.Unavailable('busy', retry_after=9)), (9, MOVED)])
        self.assertEqual(9, self.script.slept[0])

    def test_retry_after_the_time_limit(self):
        self.assert_fails('busy', first=exceptions.Unavailable(
            'busy', retry_after=900))
        self.assertAlmostEqual(40, sum(self.script.slept), delta=0.1)

    def test_of_the_confirmation(self):
        self.assert_succeeds(
            'migrate', 'confirm', 'confirm',
            replies={'confirm': [LOST]})

    def test_of_the_confirmation_that_nova_has_got(self):
        self.assert_succeeds('migrate', 'confirm',
                             replies={'confirm': [(LOST, True)]})

    def test_of_each_confirmation(self):
        self.assertIs(False, self.run_script(
            replies={'confirm': [LOST] * 99}))
        error, = self.lines('ERROR')
        for words in ('time limit of 60 s', 'connection reset'):
            self.assertIn(words, error)
        self.assertEqual(1, len(self.lines('WARNING')))

    def test_of_one_request_that_hangs(self):
        """There is time left to retry it."""
        self.assert_succeeds(
            'migrate', 'confirm',
            migrate=[(0, PREPARING), (1, HANGS), (10, WAITING)],
            confirm=[(0, WAITING), (0.1, HANGS), (0.5, MOVED)])
        self.assert_succeeds('migrate', 'confirm', 'confirm',
                             replies={'confirm': [HANGS]})
        self.assert_succeeds('migrate', 'migrate', 'confirm',
                             records=[(0, []), (28, [RECORD])],
                             replies={'migrate': [HANGS]})
        self.assertNotIn('up to 0.0 s', self.log.output)

    def test_error_that_retrying_cannot_fix(self):
        self.assert_fails('no access to Nova: wrong password',
                          first=NO_ACCESS)
        self.assertEqual([], self.script.slept)

    def test_the_same_after_it_has_begun(self):
        self.assert_fails(
            ['no access to Nova: wrong password; Nova is still working on it '
             '(RESIZE', BY_HAND], 'migrate',
            migrate=[(0, PREPARING), (1, NO_ACCESS)])


class TestLostReplies(ColdMigrationTestCase):
    """P3: look before it is requested again."""

    def assert_adopted(self, **script):
        self.assert_succeeds('migrate', 'confirm', **dict(
            {'replies': {'migrate': [(LOST, True)]}}, **script))
        self.assertIn('adopting', self.log.output)
        self.assertIn(BY_HAND, self.log.output)

    def test_and_the_request_too(self):
        self.assert_succeeds('migrate', 'migrate', 'migrate', 'confirm',
                             replies={'migrate': [LOST, LOST]})
        self.assertEqual(1, len(self.lines('WARNING')))

    def test_and_nova_is_at_it(self):
        self.assert_adopted(
            migrate=[(0, PREPARING), (20, WAITING)],
            records=[(0, [RECORD._replace(status='migrating')]),
                     (20, [RECORD])])

    def test_and_it_has_moved(self):
        self.assert_adopted(migrate=[(0, WAITING)])

    def test_and_it_is_confirmed(self):
        for wanted in ('b', None):
            self.assert_succeeds(
                'migrate', migrate=[(0, MOVED)], wanted=wanted,
                replies={'migrate': [(LOST, True)]})

    # The request takes longer than the time limit. One more look shows what
    # came of it.

    def test_and_the_time_is_up_and_nova_is_at_it(self):
        self.assert_fails(
            ['time limit of 40 s exceeded; Nova is still working on it '
             '(RESIZE', 'confirm migration 12 with', BY_HAND],
            'migrate', takes={'migrate': 50}, migrate=[(0, WORKING)],
            records=[(0, [RECORD._replace(status='migrating')])],
            replies={'migrate': [(LOST, True)]})

    def test_and_the_time_is_up_and_it_has_moved(self):
        self.assert_adopted(takes={'migrate': 50}, migrate=[(0, WAITING)])

    def test_and_the_time_is_up_and_nothing_has_begun(self):
        self.assert_fails(
            ['time limit of 40 s exceeded; no reply from Nova: connection',
             'whether Nova has begun is unknown (ACTIVE'], 'migrate',
            takes={'migrate': 50}, replies={'migrate': [LOST]})

    def test_and_given_up(self):
        self.assert_fails(
            'No valid host', 'migrate', migrate=[(0, AT_REST)],
            reasons=['No valid host'], records=[(0, [FAILED])],
            replies={'migrate': [(LOST, True)]})

    def test_after_one_that_was_given_up(self):
        """The server has not changed since: it is of before."""
        before = FAILED._replace(created='2026-11-22T10:18:00.120000')
        self.assert_succeeds(
            'migrate', 'migrate', 'confirm',
            first=[(0, AT_REST._replace(age=60))],
            records=[(0, [before]), (6, [RECORD, before])],
            replies={'migrate': [LOST]})

    def test_and_deleted(self):
        self.assert_fails('deleted', 'migrate', migrate=[(0, GONE)],
                          replies={'migrate': [(LOST, True)]})

    def test_and_the_request_is_late(self):
        self.assert_succeeds(
            'migrate', 'migrate', 'confirm',
            first=[(0, AT_REST), (5.08, PREPARING), (9, WAITING)],
            records=[(0, []), (5.1, [RECORD]), (50, [CONFIRMED])],
            replies={'migrate': [LOST, refused(409)]})

    def test_and_the_request_is_later_than_the_look(self):
        self.assert_adopted(
            migrate=[(0, AT_REST), (5.05, PREPARING), (9, WAITING)],
            records=[(0, [RECORD])])

    def test_and_refused_because_it_was_given_up(self):
        self.assert_fails(
            'back where it started', 'migrate', 'migrate',
            records=[(0, []), (5.08, [FAILED])],
            replies={'migrate': [LOST, refused(409)]})

    def test_and_given_up_in_the_second_of_the_last_change(self):
        """In doubt, it is not repeated (P3)."""
        self.assert_fails(
            'back where it started', 'migrate',
            first=[(0, AT_REST._replace(updated=FAILED.created[:19] + 'Z'))],
            records=[(0, [FAILED])], replies={'migrate': [LOST]})

    def test_and_refused_for_another_reason(self):
        self.assert_fails('HTTP 400', 'migrate', 'migrate',
                          records=[(0, [])],
                          replies={'migrate': [LOST, refused(400)]})

    def test_and_somebody_else_resizes(self):
        self.assert_fails(
            'left alone', 'migrate', migrate=[(0, PREPARING)],
            records=[(0, [RECORD._replace(type='resize')])],
            replies={'migrate': [(LOST, True)]})

    def test_and_a_resize_was_reverted(self):
        self.assert_succeeds(
            'migrate', 'migrate', 'confirm',
            first=[(0, AT_REST), (5, PREPARING), (6, AT_REST)],
            records=[(0, []), (10, [RECORD]), (40, [CONFIRMED])],
            replies={'migrate': [LOST]})

    def test_and_records_are_not_shown(self):
        for wanted in ('b', None):
            self.assert_adopted(
                wanted=wanted, migrate=[(0, PREPARING), (9, WAITING)],
                records=[(0, refused(403))])

    def test_and_nothing_tells_whether_nova_has_begun(self):
        self.assert_fails(
            'whether Nova has begun is unknown (ACTIVE', 'migrate',
            records=[(0, refused(403))], replies={'migrate': [LOST]})

    def test_and_another_one_is_not_shown(self):
        for other in (WAITING._replace(host='c'),
                      WAITING._replace(flavor='large')):
            self.assert_fails(
                'left alone', 'migrate', migrate=[(0, PREPARING), (9, other)],
                records=[(0, refused(403))],
                replies={'migrate': [(LOST, True)]})

    def test_and_no_more_replies(self):
        for obstacle in (LOST, NO_ACCESS):
            self.assert_fails(
                'whether Nova has begun is unknown', 'migrate',
                first=[(0, AT_REST), (0.03, obstacle)],
                replies={'migrate': [LOST]})


class TestTimeLimit(ColdMigrationTestCase):
    """P7; the log says what to do (P8)."""

    def test_of_the_move(self):
        self.assert_fails(
            ['time limit of 40 s exceeded; Nova is still working on it '
             '(RESIZE', 'migration 12', BY_HAND], 'migrate',
            migrate=[(0, PREPARING)], records=[(0, [RECORD])])
        self.assertLess(self.script.now, 42)

    def test_without_a_record(self):
        self.assert_fails('migration (id unknown)', 'migrate',
                          migrate=[(0, PREPARING)], records=[(0, [])])

    def test_at_a_fixed_interval(self):
        self.run_script(migrate=[(0, PREPARING)], fixed=True)
        self.assertEqual([5] * 7, self.script.slept[:7])

    def test_of_the_confirmation_at_a_fixed_interval(self):
        self.assertTrue(self.run_script(
            migrate=[(0, WAITING)], confirm=[(0, WAITING), (12, MOVED)],
            fixed=True))
        self.assertEqual({5}, set(self.script.slept))

    def test_no_progress_is_looked_at_once_an_interval(self):
        """As Watcher's own tests want it."""
        live = view('MIGRATING')
        self.run_script(first=live, migrate=[(0, live)], limit=20)
        self.assertEqual([5, 5, 5], self.script.slept[:3])

    def test_last_look(self):
        """What has come at the very end is seen."""
        self.assert_succeeds('migrate', 'confirm',
                             migrate=[(0, PREPARING), (39.9, WAITING)])

    def test_host_is_not_shown(self):
        for status in ('ACTIVE', 'RESIZE', 'VERIFY_RESIZE', 'ERROR'):
            self.assert_fails('does not show which host', first=view(
                status, host=None, is_host_shown=False))
            self.assertEqual(['look'], self.script.asked)

    def test_host_is_not_shown_any_more(self):
        self.assert_fails(['does not show', BY_HAND], 'migrate', migrate=[
            (0, WAITING._replace(host=None, is_host_shown=False))])

    def test_no_such_server(self):
        self.assert_fails('never existed', first=GONE)


class TestPace(ColdMigrationTestCase):
    """What a migration costs, with the default options."""

    # Seconds of Nova's work, the most calls, and how many times as long as
    # Nova it takes, on average and at worst.
    COSTS = ((2, 16, 1.15, 1.25), (10, 24, 1.12, 1.2), (60, 36, 1.05, 1.1))
    PREPARATION, CONFIRMATION = 0.2, 0.3
    # The same for a hypervisor, where Nova waits so many seconds for a guest
    # to shut down, beside the seconds of each step.
    COSTS_OF_GUESTS = ((0, 36, 1.04, 1.08), (60, 44, 1.03, 1.05))
    STEPS = (('resize_prep', 'a', 9.2), ('resize_migrating', 'a', 5.5),
             ('resize_migrated', 'b', 3.6), ('resize_finish', 'b', 5.5))
    CONFIRMATION_OF_GUEST = 6.5

    def cost(self, migrate, confirmation):
        """Give the calls, and how many times as long as Nova it takes."""
        self.assertIs(True, self.run_script(
            limit=900, migrate=migrate,
            confirm=[(0, WAITING), (confirmation, MOVED)]))
        by_nova = migrate[-1][0] + confirmation + 6 * Script.LATENCY
        return len(self.script.asked), self.script.now / by_nova

    def assert_costs(self, what, costs, most_calls, mean, worst):
        calls, times = zip(*costs)
        self.assertLessEqual(sum(calls) / len(calls), most_calls, what)
        self.assertLess(sum(times) / len(times), mean, what)
        self.assertLess(max(times), worst, what)

    def test_calls_and_time(self):
        for work, *limits in self.COSTS:
            self.assert_costs(work, [self.cost([
                (0, PREPARING), (self.PREPARATION, WORKING),
                (self.PREPARATION + work * share / 100, WAITING)],
                self.CONFIRMATION) for share in range(80, 121, 2)], *limits)

    def test_on_a_hypervisor(self):
        for waits, *limits in self.COSTS_OF_GUESTS:
            costs = []
            for speed in range(50, 151, 2):
                spent, migrate = 0, []
                for task_state, host, seconds in self.STEPS:
                    migrate.append((spent, view('RESIZE', task_state, host)))
                    spent += seconds * speed / 100
                    if task_state == 'resize_migrating':
                        spent += waits
                costs.append(self.cost(
                    [*migrate, (spent, WAITING)],
                    self.CONFIRMATION_OF_GUEST * speed / 100))
            self.assert_costs(waits, costs, *limits)

    def test_no_call_too_many(self):
        """Nothing is looked up without need."""
        self.run_script(migrate=[(0, WAITING)], confirm=[(0, MOVED)])
        self.assertEqual(
            ['look', 'migrate', 'look', 'records', 'confirm', 'look',
             'records'],
            self.script.asked)
