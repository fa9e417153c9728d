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

"""Asking Nova about one server until there is an answer, or no time left."""

import time

from oslo_log import log

from watcher.common.cold_migration import exceptions
from watcher.common.cold_migration import waiting

LOG = log.getLogger(__name__)

# Seconds that one request may take. Less, where less is left of the time
# limit; but what comes at its end is still asked for.
REQUEST_LIMIT = 60
LAST_REQUEST_LIMIT = 1


def one_line(text):
    """Put a text of several lines, such as Nova's, into one."""
    return ' '.join(str(text).split())


class Conversation:
    """What Nova is asked about one server, and what it shows.

    Faults that may pass are waited out, and logged once while they last (P4,
    P8 of the contract); changes of the server are logged.

    :param server: the server, through a client library
        (:class:`.server.Server`)
    :param limit: how long it may take (:class:`.waiting.TimeLimit`)

    :ivar limit: the same; it may be replaced by another
    :ivar view: the last :class:`~.states.View`; None before there is one, and
        where Nova knows no such server
    :ivar was_interrupted: whether a fault came since this was last set
    """

    def __init__(self, server, limit):
        self.limit = limit
        self.view = None
        self.was_interrupted = False
        self._server = server
        self._start = time.monotonic()
        self._unanswered = set()

    def seconds(self):
        """Tell how many seconds it has taken so far."""
        return time.monotonic() - self._start

    def look(self):
        """Look at the server.

        :returns: the :class:`~.states.View`, or None
        :raises ~.exceptions.Refused: if Nova doesn't show it
        :raises ~.exceptions.NoAccess: if there is no way to Nova
        :raises ~.exceptions.TimeLimitReached: if there is no answer in time
        """
        before, self.view = self.view, self._insist(self._server.look)
        if before and self.view and self.view[:2] != before[:2]:
            LOG.info('Server %s is now %s, after %.1f s', self._server.id,
                     self.view, self.seconds())
        return self.view

    def migrations(self):
        """Look the migration records up.

        :returns: a list of :class:`~.states.Record`, the newest first; None
            if they, or their hosts, may not be seen
        :raises ~.exceptions.NoAccess: if there is no way to Nova
        :raises ~.exceptions.TimeLimitReached: if there is no answer in time
        """
        try:
            records = self._insist(self._server.migrations)
        except exceptions.Refused as refusal:
            why_not = refusal
        else:
            # Each has started from a host, which Nova's policy may hide.
            if all(record.source for record in records):
                return records
            why_not = 'they have no hosts'
        LOG.info('Server %s: its migrations are not shown: %s',
                 self._server.id, why_not)
        return None

    def _insist(self, ask):
        while True:
            try:
                answer = self.once(ask)
            except exceptions.Unavailable as fault:
                self.wait_out(fault, 'to show it')
            else:
                self._unanswered.discard('to show it')
                return answer

    def once(self, ask, *args):
        """Ask once, without insisting.

        :param ask: function that asks; gets the other arguments
        :returns: what that returns
        :raises ~.exceptions.Refused: if Nova refuses
        :raises ~.exceptions.NoAccess: if there is no way to Nova
        :raises ~.exceptions.Unavailable: if nobody knows what came of it
        """
        self._allow()
        return ask(*args)

    def wait_out(self, fault, purpose):
        """Pause after a fault that may pass; say so once while it lasts.

        :param fault: the :class:`~.exceptions.Unavailable`
        :param purpose: what Nova was asked for, as words for the log
        :raises ~.exceptions.TimeLimitReached: if no time is left
        """
        if purpose not in self._unanswered:
            LOG.warning('Server %s: Nova, asked %s, has no answer, and is '
                        'asked again for up to %.1f s: %s', self._server.id,
                        purpose, self.limit.left(), one_line(fault))
        self._unanswered.add(purpose)
        self.was_interrupted = True
        waiting.wait_out(fault, self.limit)

    def _allow(self):
        self._server.allow(max(LAST_REQUEST_LIMIT,
                               min(REQUEST_LIMIT, self.limit.left())))

    def explain(self, ask):
        """Ask for what only explains, at the end, without insisting.

        :param ask: function that asks
        :returns: what that returns; None if it can't be had
        """
        self._server.allow(LAST_REQUEST_LIMIT)
        try:
            return ask()
        except (exceptions.Refused, exceptions.NoAccess,
                exceptions.Unavailable,
                exceptions.TimeLimitReached) as exc:
            LOG.debug('Server %s: no explanation: %s', self._server.id,
                      one_line(exc))
            return None
