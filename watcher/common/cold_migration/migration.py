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

"""One cold migration: ask Nova, watch it, confirm it, and tell the outcome."""

from oslo_log import log

from watcher.common.cold_migration import conversation
from watcher.common.cold_migration import exceptions
from watcher.common.cold_migration import states
from watcher.common.cold_migration import waiting

LOG = log.getLogger(__name__)

Meaning = states.Meaning
Whose = states.Whose

# Seconds that no migration takes less than: it goes from Nova's API to its
# scheduler and to two hosts.
FIRST_LOOK = 0.25

# Seconds that Nova may take to end what comes after the move, and seconds to
# wait before it is asked once more.
CONFIRM_LIMIT = 60
CONFIRM_PAUSE = 1

# Seconds, at most, that whoever asked for an adopted migration is given to
# confirm it first. They count neither for the move nor for the confirmation.
HEAD_START = 30

# Seconds that it may take to tell why it did not migrate a server, and seconds
# between two questions.
WORDS_LIMIT = 2
WORDS_PAUSE = 0.25

# What Nova answers, among other things, when somebody else was faster.
_TOO_LATE = frozenset([400, 404, 409])

_ANOTHER_WAITS = ('the server waits for the confirmation of another migration '
                  'by now, and is left alone')
_WHY_NOT = {
    Meaning.GONE: 'the server was deleted',
    Meaning.HIDDEN: 'Nova does not show which host the server is on, and it '
                    'is left alone',
    Meaning.BROKEN: 'the server is in ERROR',
    Meaning.AT_SOURCE: 'the server is back where it started',
    Meaning.ELSEWHERE: 'the server is on a host that was not asked for',
    Meaning.MOVED_ELSEWHERE: 'the server waits for confirmation on a host '
                             'that was not asked for, and is left alone',
    Meaning.NEVER_LEFT: _ANOTHER_WAITS,
    Meaning.RESIZED: 'the server was resized by somebody, waits for '
                     'confirmation, and is left alone',
}
# Whatever else goes on, nothing is asked of Nova any more.
_HOPELESS = frozenset([Meaning.GONE, Meaning.HIDDEN])
_EXPLAINED_BY_NOVA = frozenset([Meaning.BROKEN, Meaning.AT_SOURCE])


class ColdMigration:
    """The cold migration of one server, from the first look to the verdict.

    :param server: the server, through a client library
        (:class:`.server.Server`)
    :param wanted: the compute host to move it to, or None for any other
    :param limit: how long the move may take (:class:`.waiting.TimeLimit`)
    :param confirm: function that is called when the server has moved, with
        this object and the status that the server started with, and does
        what :meth:`confirm` does
    """

    def __init__(self, server, wanted, limit, confirm):
        self._server = server
        self._nova = conversation.Conversation(server, limit)
        self._wanted = wanted
        self._confirm = confirm
        self._before = None
        self._is_asked = False
        self._is_taken_up = False
        self._is_lost = False
        self._request_id = None

    @property
    def _view(self):
        return self._nova.view

    def run(self):
        """Migrate the server, and log the outcome in one line.

        :returns: True if the server is now settled where it is wanted and its
            migration is confirmed (P1 of the contract); False if it is not
        """
        try:
            self._find()
            self._begin()
            if not self._is_asked:
                LOG.info('Server %s is on host %s already, %s: there is '
                         'nothing to migrate',
                         self._server.id, self._view.host, self._view.status)
                return True
            self._follow()
        except exceptions.Refused as refusal:
            self._request_id = refusal.request_id
            return self._failed(self._refused(refusal))
        except exceptions.NoAccess as obstacle:
            return self._failed(self._unfinished(
                'there is no way to Nova: %s' % obstacle))
        except exceptions.TimeLimitReached as reached:
            return self._failed(self._out_of_time(reached.fault))
        except exceptions.NotMigrated as why:
            return self._failed(why)
        LOG.info('Cold migration of server %s from %s to %s succeeded '
                 'after %.1f s',
                 self._server.id, self._before.host, self._view.host,
                 self._nova.seconds())
        return True

    def confirm(self):
        """Confirm the migration of the server, which has moved.

        Whoever is faster, it counts the same.

        :returns: True if the server has settled where it is wanted
        :raises ~.exceptions.NotMigrated: if it did not
        :raises ~.exceptions.Refused: if Nova refuses
        :raises ~.exceptions.NoAccess: if there is no way to Nova
        :raises ~.exceptions.TimeLimitReached: if it takes longer than
            ``CONFIRM_LIMIT`` seconds
        """
        seen = self._finish(self._server.confirm, Meaning.MOVED)
        if seen is not Meaning.ARRIVED:
            self._give_up(seen)
        return True

    def _find(self):
        seen = self._look()
        if self._view is None:
            raise exceptions.NotMigrated('Nova knows no such server')
        self._go_on(seen)

    def _look_again(self):
        self._go_on(self._look())

    def _go_on(self, seen):
        if seen in _HOPELESS:
            self._give_up(seen)

    def _begin(self):
        """Take up the migration, or ask for it; neither if it is there."""
        while not self._is_asked:
            if states.may_be_migrating(self._view):
                self._take_up()
            elif self._is_lost and self._has_begun():
                # What began after the last look is taken up, too.
                self._is_asked = not states.may_be_migrating(self._view)
            elif self._meaning() is not Meaning.ARRIVED:
                self._ask()
            elif states.is_settled(self._view) or not self._nova.limit.left():
                return
            else:
                # What is being done to it may take it away.
                self._pause()
                self._look_again()

    def _take_up(self):
        """Take up what is under way or waits, or leave it alone (P5)."""
        def look():
            self._look_again()
            return self._whose()

        whose, records = waiting.wait_while(
            self._whose(), lambda found: found[0] is Whose.UNKNOWN, look,
            self._nova.limit, self._pause)
        if whose is Whose.OTHERS:
            if records is not None or not self._is_lost:
                raise exceptions.NotMigrated(
                    'something else is being done to the server, which is '
                    'left alone (%s)' % (self._view,))
            # Where it leads, and with which flavor, tells what it is.
            self._go_along_with('what has begun since it was asked for',
                                self._before.host)
        elif whose is Whose.OURS:
            self._adopt(records[0])
        elif not self._is_lost:
            # Such as a resize that was taken back since the first look.
            self._before = self._view

    def _whose(self):
        if not (self._wanted is None or states.may_be_migrating(self._view)):
            return Whose.NOBODYS, None
        records = self._nova.migrations()
        return states.whose(self._view, records, self._wanted), records

    def _adopt(self, record):
        # Even where a reply was lost: Nova has HTTP 500 for the slower of two
        # who ask at once.
        self._is_taken_up = True
        # Whether it is still this one has to be seen before it is ended.
        self._nova.was_interrupted = True
        self._go_along_with(
            'migration %s (%s)' % (record.id, record.status), record.source)
        self._before = self._before._replace(host=record.source)
        self._look_again()
        self._before = self._before._replace(flavor=self._view.flavor)

    def _go_along_with(self, what, source):
        self._is_asked = True
        LOG.info('Cold migration of server %s from %s to %s: taking up %s, '
                 'with the server %s; if Watcher ends first, confirm it with: '
                 'openstack server resize confirm %s', self._server.id, source,
                 self._destination(), what, self._view, self._server.id)

    def _ask(self):
        """Ask Nova for the migration; if that fails, look (P3)."""
        self._before = self._view
        try:
            self._request_id = self._nova.once(
                self._server.migrate, self._wanted)
        except exceptions.Unavailable as fault:
            self._is_lost = True
            self._nova.wait_out(fault, 'to migrate')
            self._look_again()
        except exceptions.Refused as refusal:
            if refusal.code not in _TOO_LATE or not self._is_overtaken():
                raise
            LOG.info('Server %s: somebody else was faster, Nova says: %s',
                     self._server.id, refusal)
        else:
            self._is_asked = True
            LOG.info('Cold migration of server %s (%s) from %s to %s: '
                     'Nova took it on as request %s; if Watcher ends first, '
                     'confirm it with: openstack server resize confirm %s',
                     self._server.id, self._before.status, self._before.host,
                     self._destination(), self._request_id, self._server.id)
            if self._meaning() is not Meaning.UNDER_WAY:
                # It has begun just now: there is nothing to see yet.
                self._nova.limit.pause_in_progress(at_least=FIRST_LOOK)
            self._look()

    def _is_overtaken(self):
        """Tell whether there is, after a refusal, no more need to ask."""
        self._look_again()
        return (states.may_be_migrating(self._view) or
                self._meaning() is Meaning.ARRIVED or
                self._is_lost and self._has_begun())

    def _has_begun(self):
        """Tell whether Nova got a request whose answer was lost."""
        if self._meaning() is Meaning.ARRIVED:
            return True
        records = self._nova.migrations()
        if records is None:
            raise exceptions.NotMigrated(
                "the answer to the request was lost, and the server's "
                "migrations are not shown: whether Nova has begun is not "
                "known (%s)" % (self._view,))
        if not states.is_any_newer(records, self._before, self._wanted):
            return False
        # It may have begun after the last look.
        self._look_again()
        return True

    def _follow(self):
        seen = self._wait_while(self._meaning(), Meaning.UNDER_WAY)
        if seen is Meaning.MOVED:
            self._confirm(self, self._before.status)
        elif seen is Meaning.NEVER_LEFT:
            self._take_back()
        elif seen is not Meaning.ARRIVED:
            self._give_up(seen)

    def _take_back(self):
        """Revert what ended on its source; a resize is not ours to touch."""
        if not states.is_to_its_source(self._nova.migrations(), self._wanted):
            raise exceptions.NotMigrated(
                'the server waits for the confirmation of something else '
                'than a migration, and is left alone (%s)' % (self._view,))
        seen = self._finish(self._server.revert, Meaning.NEVER_LEFT)
        if seen is not Meaning.ARRIVED:
            raise exceptions.NotMigrated(
                'the migration ended on the host where it started; the '
                'server is now %s' % (self._view or 'gone',))

    def _finish(self, post, waiting_for_it):
        """Post what ends a migration, and wait until it has ended.

        :returns: the first meaning after it
        """
        move = self._nova.limit
        if self._is_taken_up:
            # Nova breaks a server that two confirm at once: whoever asked for
            # this may be there, and gets the time for another look.
            waiting.TimeLimit(HEAD_START,
                              move.interval + CONFIRM_PAUSE).pause()
        self._nova.limit = waiting.TimeLimit(CONFIRM_LIMIT, CONFIRM_PAUSE,
                                             move.pace)
        seen = self._look() if self._is_taken_up else waiting_for_it
        is_answered = False
        while seen is waiting_for_it and not is_answered:
            if self._nova.was_interrupted and not self._is_ours_still():
                raise exceptions.NotMigrated(
                    '%s (%s)' % (_ANOTHER_WAITS, self._view))
            is_answered = self._post(post, waiting_for_it)
            seen = self._look()
        return self._wait_while(seen, Meaning.UNDER_WAY, waiting_for_it)

    def _post(self, post, waiting_for_it):
        """Post it once; tell whether Nova, or somebody else, saw to it."""
        try:
            self._nova.once(post)
        except exceptions.Unavailable as fault:
            self._nova.wait_out(fault, 'to end the migration')
            return False
        except exceptions.Refused as refusal:
            if refusal.code not in _TOO_LATE or (
                    self._look() is waiting_for_it and
                    states.is_waiting(self._nova.migrations())):
                raise
            LOG.info('Server %s: somebody else was faster, Nova says: %s',
                     self._server.id, refusal)
        else:
            self._nova.limit.pause_in_progress()
        return True

    def _is_ours_still(self):
        """Tell whether what waits is still what was there before a fault."""
        self._nova.was_interrupted = False
        return states.is_still(self._nova.migrations(), self._before.host,
                               self._view.host)

    def _wait_while(self, seen, *pending):
        """Watch the server while it means one of these; return what's next."""
        return waiting.wait_while(
            seen, pending.__contains__, self._look, self._nova.limit,
            self._pause)

    def _pause(self):
        if states.shows_progress(self._view):
            self._nova.limit.pause_in_progress()
        else:
            self._nova.limit.pause()

    def _look(self):
        self._nova.look()
        if self._before is None:
            self._before = self._view
        return self._meaning()

    def _meaning(self):
        return states.meaning(self._view, self._before, self._wanted)

    def _failed(self, why):
        LOG.error('Cold migration of server %s from %s to %s failed after '
                  '%.1f s: %s (Nova request %s)',
                  self._server.id,
                  self._before and self._before.host or 'no known host',
                  self._destination(), self._nova.seconds(),
                  conversation.one_line(why), self._request_id)
        return False

    def _out_of_time(self, fault):
        why = 'the time limit of %s s is reached' % self._nova.limit.seconds
        if fault is not None:
            why += '; no answer of Nova: %s' % fault
        return self._unfinished(why)

    def _unfinished(self, why):
        """Add what is known of a migration that is left as it is."""
        if self._is_lost and not self._is_asked:
            why += '; whether Nova has begun is not known'
        if not self._is_asked:
            return '%s (%s)' % (why, self._view) if self._view else why
        return '%s; Nova is still at it (%s); %s' % (
            why, self._view, self._what_is_left_to_do())

    def _refused(self, refusal):
        why = 'Nova refused, HTTP %s: %s' % (refusal.code, refusal)
        if not self._is_asked:
            return why
        return '%s (%s); %s' % (why, self._view, self._what_is_left_to_do())

    def _what_is_left_to_do(self):
        records = self._nova.explain(self._server.migrations)
        name = 'migration %s' % (records[0].id if records else 'of it')
        if states.is_being_reverted(self._view):
            return 'Nova has yet to revert %s' % name
        if records and states.is_being_confirmed(records):
            return 'host %s has yet to confirm %s' % (self._before.host, name)
        end = ('revert' if self._meaning() is Meaning.NEVER_LEFT
               else 'confirm')
        return ('when %s waits in VERIFY_RESIZE, %s it with: openstack server '
                'resize %s %s' % (name, end, end, self._server.id))

    def _give_up(self, seen):
        why = '%s (%s)' % (_WHY_NOT[seen], self._view or 'not found')
        if seen in _EXPLAINED_BY_NOVA:
            words = self._view.fault or self._nova.explain(self._words_of_nova)
            why += ': %s' % (words or 'Nova does not say why')
        if seen is Meaning.HIDDEN and self._is_asked:
            why += '; %s' % self._what_is_left_to_do()
        raise exceptions.NotMigrated(why)

    def _words_of_nova(self):
        def ask():
            try:
                return self._server.what_went_wrong(self._request_id)
            except exceptions.Unavailable as fault:
                LOG.debug('Server %s: no explanation yet: %s',
                          self._server.id, conversation.one_line(fault))
                return None

        limit = waiting.TimeLimit(WORDS_LIMIT, WORDS_PAUSE)
        return waiting.wait_while(
            ask(), lambda words: words is None, ask, limit, limit.pause)

    def _destination(self):
        return self._wanted or 'a host of the scheduler\'s choice'
