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

import time

from oslo_log import log

from watcher.common.cold_migration import exceptions
from watcher.common.cold_migration import states
from watcher.common.cold_migration import waiting

LOG = log.getLogger(__name__)

Meaning = states.Meaning

# Seconds that Nova may take to end what comes after the move, and seconds
# between two looks at it.
CONFIRM_LIMIT = 60
CONFIRM_PAUSE = 1

# The same for Nova's writing down why it gave a migration up.
WORDS_LIMIT = 1
WORDS_PAUSE = 0.25

# What Nova answers to a confirmation when somebody else was faster.
_TOO_LATE = frozenset([400, 409])

_MOVING = frozenset([Meaning.UNDER_WAY])
_CONFIRMING = frozenset([Meaning.UNDER_WAY, Meaning.MOVED])
_REVERTING = frozenset([Meaning.UNDER_WAY, Meaning.NEVER_LEFT])

_WHY_NOT = {
    Meaning.GONE: 'the server was deleted',
    Meaning.BROKEN: 'the server is in ERROR',
    Meaning.AT_SOURCE: 'the server is back where it started',
    Meaning.ELSEWHERE: 'the server is on a host that was not asked for',
    Meaning.MOVED_ELSEWHERE: 'the server waits for confirmation on a host '
                             'that was not asked for, and is left alone',
    Meaning.NEVER_LEFT: 'the migration ended on the host where it started',
}
_EXPLAINED_BY_NOVA = frozenset([Meaning.BROKEN, Meaning.AT_SOURCE])


class ColdMigration:
    """The cold migration of one server, from the first look to the verdict.

    :param server: the server, through a client library
        (:class:`.novaclient_adapter.Server`)
    :param wanted: the compute host to move it to, or None for any other
    :param limit: how long the move may take (:class:`.waiting.TimeLimit`)
    """

    def __init__(self, server, wanted, limit):
        self._server = server
        self._wanted = wanted
        self._limit = limit
        self._start = time.monotonic()
        self._source = None
        self._view = None
        self._request_id = None

    def run(self):
        """Migrate the server, and log the outcome in one line.

        :returns: True if the server is now settled where it is wanted and its
            migration is confirmed (P1 of the contract); False if it is not
        """
        try:
            self._find()
            if self._meaning() is Meaning.ARRIVED:
                LOG.info('Server %s is on host %s already, %s: there is '
                         'nothing to migrate',
                         self._server.id, self._view.host, self._view.status)
                return True
            self._ask()
            self._follow()
        except exceptions.Refused as refusal:
            self._request_id = refusal.request_id
            return self._failed('Nova refused, HTTP %s: %s' %
                                (refusal.code, refusal))
        except exceptions.NotMigrated as why:
            return self._failed(why)
        LOG.info('Cold migration of server %s from %s to %s succeeded '
                 'after %.1f s',
                 self._server.id, self._source, self._view.host,
                 self._seconds())
        return True

    def _failed(self, why):
        LOG.error('Cold migration of server %s from %s to %s failed after '
                  '%.1f s: %s (Nova request %s)',
                  self._server.id, self._source, self._destination(),
                  self._seconds(), ' '.join(str(why).split()),
                  self._request_id)
        return False

    def _find(self):
        self._view = self._server.look()
        if self._view is None:
            raise exceptions.NotMigrated('Nova knows no such server')
        self._source = self._view.host

    def _ask(self):
        status = self._view.status
        self._request_id = self._server.migrate(self._wanted)
        LOG.info('Cold migration of server %s (%s) from %s to %s: Nova took '
                 'it on as request %s', self._server.id, status,
                 self._source, self._destination(), self._request_id)

    def _follow(self):
        status = self._view.status
        seen = self._wait_while(_MOVING, self._limit)
        if seen is Meaning.MOVED:
            seen = self._confirm(status)
        elif seen is Meaning.NEVER_LEFT:
            self._take_back()
        if seen is not Meaning.ARRIVED:
            raise exceptions.NotMigrated(self._why_not(seen))

    def _confirm(self, status):
        """Confirm the migration; whoever is faster, it counts the same."""
        limit = waiting.TimeLimit(CONFIRM_LIMIT, CONFIRM_PAUSE)
        try:
            if self._server.confirm(status):
                return Meaning.ARRIVED
            limit.pause()
        except exceptions.Refused as refusal:
            if refusal.code not in _TOO_LATE:
                raise
            LOG.info('Server %s: Nova does not take the confirmation, as '
                     'after one by somebody else: %s',
                     self._server.id, refusal)
        return self._wait_while(_CONFIRMING, limit)

    def _take_back(self):
        """Revert what ended on its source; a resize is not ours to touch."""
        record = self._server.newest_migration()
        if record is None or record.migration_type != 'migration':
            raise exceptions.NotMigrated(
                'the server waits for the confirmation of something else '
                'than a migration, and is left alone (%s)' % (self._view,))
        self._server.revert()
        self._wait_while(_REVERTING,
                         waiting.TimeLimit(CONFIRM_LIMIT, CONFIRM_PAUSE))
        raise exceptions.NotMigrated(
            '%s, and was taken back (%s)' %
            (_WHY_NOT[Meaning.NEVER_LEFT], self._view))

    def _wait_while(self, pending, limit):
        """Watch the server while it means one of these; return what's next."""
        try:
            return waiting.wait_while(pending.__contains__, self._look, limit)
        except exceptions.TimeLimitReached:
            raise exceptions.NotMigrated(self._still_at_it(limit)) from None

    def _still_at_it(self, limit):
        record = self._server.newest_migration()
        return ('Nova is still at it after the time limit of %s s (%s); when '
                'migration %s waits in VERIFY_RESIZE, confirm it with: '
                'openstack server resize confirm %s' %
                (limit.seconds, self._view, record and record.id,
                 self._server.id))

    def _look(self):
        before, self._view = self._view, self._server.look()
        if self._view is not None and self._view[:2] != before[:2]:
            LOG.info('Server %s is now %s, after %.1f s',
                     self._server.id, self._view, self._seconds())
        return self._meaning()

    def _meaning(self):
        return states.meaning(self._view, self._source, self._wanted)

    def _why_not(self, seen):
        why = '%s (%s)' % (_WHY_NOT[seen], self._view or 'not found')
        if seen in _EXPLAINED_BY_NOVA:
            why += ': %s' % (self._view.fault or self._words_of_nova() or
                             'Nova does not say why')
        return why

    def _words_of_nova(self):
        limit = waiting.TimeLimit(WORDS_LIMIT, WORDS_PAUSE)
        try:
            return waiting.wait_while(
                lambda words: words is None,
                lambda: self._server.what_went_wrong(self._request_id), limit)
        except exceptions.TimeLimitReached:
            return ''

    def _destination(self):
        return self._wanted or 'a host of the scheduler\'s choice'

    def _seconds(self):
        return time.monotonic() - self._start
