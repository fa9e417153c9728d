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

"""One cold migration: look, decide, act, until there is a verdict."""

import functools
import random
import time

from oslo_log import log

from watcher.common.cold_migration import decision
from watcher.common.cold_migration import exceptions
from watcher.common.cold_migration import sentences
from watcher.common.cold_migration import states
from watcher.common.cold_migration import waiting

LOG = log.getLogger(__name__)

Do = decision.Do
Reply = decision.Reply
Stage = decision.Stage
Why = sentences.Why

# Seconds that one request may take: no more than half of what is left of the
# time limit, since it may get no reply, but at least LAST_REQUEST_LIMIT.
REQUEST_LIMIT = 60
LAST_REQUEST_LIMIT = 1

# Seconds that any migration takes at least: it goes from Nova's API to its
# scheduler and to two hosts.
FIRST_LOOK = 0.25

# Seconds that Nova may take to confirm or to revert, and seconds to wait
# before a retry.
CONFIRM_LIMIT = 60
CONFIRM_PAUSE = 1

# Others may be about to end an adopted migration, too. Each caller lets them
# go first for a random time, up to so many intervals and so many seconds.
GIVE_WAY_INTERVALS = 4
GIVE_WAY_LIMIT = 20
# Forked processes share the state of other generators.
_CHANCE = random.SystemRandom()
# Seconds to wait for other threads of this process that end the same one.
TURN_LIMIT = 10
# Seconds that a call takes at most after the server has moved (P7).
END_LIMIT = GIVE_WAY_LIMIT + TURN_LIMIT + CONFIRM_LIMIT

# Seconds that Nova may take to record why it did not migrate a server, and
# seconds between two requests for that.
WORDS_LIMIT = 2
WORDS_PAUSE = 0.25

# With another status that is Nova's own, somebody else may have been faster: a
# look shows whether.
_FORBIDDEN = frozenset([403, 406])


class ColdMigration:
    """The cold migration of one server, from the first look to the verdict.

    :param server: the server, through a client library
        (:class:`.server.Server`)
    :param wanted: the compute host to move it to, or None for any other
    :param limit: how long the move may take (:class:`.waiting.TimeLimit`)
    :param confirm: function that is called when the server has moved, with
        this object and the status that the server started with, and does
        what :meth:`confirm` does

    :ivar why: why it failed, in the words of the ERROR line; None before
    """

    def __init__(self, server, wanted, limit, confirm):
        self._server = server
        self._wanted = wanted
        self._limit = limit
        self._confirm = confirm
        self._start = time.monotonic()
        self._memory = decision.Memory()
        self._view = self._meaning = None
        self._records = []
        self._story = states.Story.UNREAD
        self._request_id = self._lost = None
        self._refusal = None
        self._purposes = set()
        self.why = None

    @property
    def host(self):
        """The host that the server was last seen on; None before a look."""
        return self._view and self._view.host

    def adopt(self, view, records):
        """Begin with what is on record: :meth:`run` then requests nothing.

        What is adopted has to be Watcher's own (P5 of the contract).

        :param view: the latest :class:`~.states.View` of the server
        :param records: its :class:`~.states.Record` list, the newest first,
            read after that
        """
        self._view, self._records = view, records
        self._memory = self._memory._replace(stage=Stage.ADOPTED)
        self._adopt()

    def run(self):
        """Migrate the server, and log the outcome in one line (P8).

        :returns: True if the server is now where it is wanted and its
            migration is confirmed (P1 of the contract); False if it is not
        """
        failure = self._failure()
        # Not while an exception is handled: oslo.log would add its class.
        if failure:
            return self._failed(failure.why, failure.cause)
        LOG.info(sentences.SUCCEEDED if decision.is_requested(self._memory)
                 else sentences.ALREADY_THERE, self._known())
        return True

    def _failure(self):
        """Migrate; returns the Failed that ended it, or None."""
        try:
            self._look()
            self._go_on()
        except exceptions.Refused as refusal:
            return exceptions.Failed(Why.REFUSED, refusal)
        except exceptions.NoAccess as obstacle:
            return exceptions.Failed(Why.NO_ACCESS, obstacle)
        except exceptions.Failed as failure:
            return failure
        return None

    def confirm(self):
        """Confirm or revert the migration of the server, which has moved.

        If somebody else does so first, the outcome is the same.

        :returns: True if the server is then where it is wanted
        :raises ~.exceptions.Failed: if it is not, or if it takes longer than
            ``CONFIRM_LIMIT`` seconds (P7)
        :raises ~.exceptions.Refused: if Nova does not show the server
        :raises ~.exceptions.NoAccess: if there is no access to Nova
        """
        with waiting.turn(self._server.id, TURN_LIMIT):
            self._limit = waiting.TimeLimit(CONFIRM_LIMIT, CONFIRM_PAUSE,
                                            self._limit.pace)
            self._go_on()
        return True

    def _go_on(self):
        """Decide and act, until it has succeeded."""
        while True:
            step, self._memory = decision.decide(
                self._memory, self._meaning, self._story)
            self._log_overtaken(step)
            if step.do is Do.FAIL:
                raise exceptions.Failed(step.why, self._refusal if
                                        step.why is Why.REFUSED else None)
            if step.do is Do.SUCCEED or (
                    step.do is Do.LINGER and not self._limit.left()):
                return
            if step.do is Do.END:
                self._end()
                return
            self._ACTS[step.do](self)

    # Actions.

    def _look(self):
        before = self._view
        self._view = view = self._retry_until_reply(Do.LOOK, self._server.look)
        if before and view and view[:2] != before[:2]:
            self._limit.note_change(before.task_state)
            LOG.info(sentences.CHANGED, self._known())
        self._memory = decision.look(self._memory, view)
        self._interpret()

    def _interpret(self):
        self._meaning = states.meaning(self._view, self._memory.origin,
                                       self._wanted)
        self._story = states.Story.UNREAD

    def _wait(self):
        if not self._limit.left():
            raise exceptions.Failed(Why.TIME_LIMIT, self._refusal)
        if states.shows_progress(self._view):
            self._limit.pause_in_progress(self._view.task_state)
        else:
            self._limit.pause()
        self._look()

    def _read(self):
        try:
            records = self._retry_until_reply(Do.READ, self._server.migrations)
        except exceptions.Refused as refusal:
            records, why_not = None, refusal
        else:
            why_not = sentences.NO_HOSTS
        if records is None and self._records is not None:
            LOG.info(sentences.NOT_SHOWN, self._known(reply=why_not))
        self._records = records
        self._story = decision.read(self._memory, self._meaning, self._view,
                                    records, self._wanted)

    def _adopt(self):
        self._memory = decision.adopt(self._memory, self._view,
                                      self._record())
        LOG.info(sentences.ADOPTED, self._known())
        self._interpret()

    def _follow(self):
        LOG.info(sentences.FOLLOWED, self._known())
        self._look()

    def _give_way(self):
        longest = min(GIVE_WAY_INTERVALS * self._limit.interval,
                      GIVE_WAY_LIMIT)
        waiting.TimeLimit(longest, _CHANCE.uniform(0, longest)).pause()
        self._look()

    def _end(self):
        if self._memory.stage is Stage.CONFIRM:
            # Watcher's own tests count this call (nova_helper.py).
            self._confirm(self, self._memory.origin.status)
        else:
            self.confirm()

    def _post(self, do, post):
        if not self._limit.left():
            raise exceptions.Failed(Why.TIME_LIMIT, self._lost)
        try:
            request_id = post(seconds=self._seconds_for_a_request())
        except exceptions.Unavailable as exc:
            reply, self._lost = Reply.LOST, exc
        except exceptions.Refused as refusal:
            reply = (Reply.FORBIDDEN if refusal.code in _FORBIDDEN
                     else Reply.REFUSED)
            self._refusal = refusal
        else:
            reply = Reply.ACCEPTED
            self._request_id = self._request_id or request_id
        step, self._memory = decision.on_reply(self._memory, do, reply)
        if step.do is Do.FAIL:
            raise exceptions.Failed(step.why, self._refusal)
        if reply is Reply.LOST:
            self._warn(do, self._lost)
            self._limit.pause(at_least=self._lost.retry_after)
        elif reply is Reply.ACCEPTED:
            self._let_nova_begin(do)
        # Past the time limit, too: it shows the outcome of the request.
        self._look()

    def _request(self):
        self._post(Do.REQUEST,
                   functools.partial(self._server.migrate, self._wanted))

    def _post_confirmation(self):
        self._post(Do.CONFIRM, self._server.confirm)

    def _post_revert(self):
        self._post(Do.REVERT, self._server.revert)

    _ACTS = {Do.LOOK: _look, Do.WAIT: _wait, Do.LINGER: _wait, Do.READ: _read,
             Do.REQUEST: _request, Do.ADOPT: _adopt, Do.FOLLOW: _follow,
             Do.GIVE_WAY: _give_way, Do.CONFIRM: _post_confirmation,
             Do.REVERT: _post_revert}

    def _let_nova_begin(self, do):
        """Pause after Nova has accepted a request."""
        task_state = self._view.task_state
        self._limit.note_change(task_state)
        if do is not Do.REQUEST:
            self._limit.pause_in_progress(task_state)
            return
        LOG.info(sentences.ACCEPTED, self._known())
        if self._meaning not in decision.AT_WORK:
            self._limit.pause_in_progress(task_state, at_least=FIRST_LOOK)

    # Requests and retries.

    def _seconds_for_a_request(self):
        return max(LAST_REQUEST_LIMIT,
                   min(REQUEST_LIMIT, self._limit.left() / 2))

    def _retry_until_reply(self, do, ask):
        """Retry a request until Nova replies (P4)."""
        while True:
            try:
                reply = ask(seconds=self._seconds_for_a_request())
            except exceptions.Unavailable as exc:
                fault = exc
            else:
                self._purposes.discard(sentences.PURPOSES[do.name])
                return reply
            self._warn(do, fault)
            if not self._limit.left():
                raise exceptions.Failed(Why.TIME_LIMIT, fault)
            self._limit.pause(at_least=fault.retry_after)

    def _warn(self, do, fault):
        """Log a transient error, once while it lasts."""
        purpose = sentences.PURPOSES[do.name]
        if purpose not in self._purposes:
            self._purposes.add(purpose)
            LOG.warning(sentences.RETRYING, self._known(
                purpose=purpose, reply=fault, left=self._limit.left()))

    def _explain(self, ask, *args, otherwise=None):
        """Ask once for an explanation; None if it may still come."""
        try:
            return ask(*args, seconds=LAST_REQUEST_LIMIT)
        except exceptions.Unavailable as exc:
            fault, reply = exc, None
        except (exceptions.Refused, exceptions.NoAccess) as exc:
            fault, reply = exc, otherwise
        LOG.debug(sentences.UNEXPLAINED, self._known(reply=fault))
        return reply

    # Log lines.

    def _record(self):
        """Give the migration record that counts, or None."""
        if not self._records:
            return None
        return (self._view and states.deciding(self._records, self._view) or
                self._records[0])

    def _known(self, **more):
        """Give the values that fill in the sentences."""
        record = self._record()
        origin, view = self._memory.origin, self._view
        return dict(
            {name: _one_line(value) if isinstance(value, Exception) else value
             for name, value in more.items()},
            server=self._server.id, seconds=time.monotonic() - self._start,
            source=origin and origin.host or sentences.NO_HOST,
            destination=self._wanted or sentences.ANY_HOST,
            view=view or sentences.NOT_FOUND, host=view and view.host,
            status=view and view.status, request=self._request_id,
            limit=self._limit.seconds,
            migration=record.id if record else sentences.NO_ID,
            migration_status=record and record.status,
            user=record and record.person)

    def _log_overtaken(self, step):
        """Log a refusal that has turned out to be no verdict."""
        if (self._refusal and step.do not in (Do.READ, Do.WAIT) and
                step.why is not Why.REFUSED):
            LOG.info(sentences.OVERTAKEN, self._known(reply=self._refusal))
            self._refusal = None

    def _failed(self, why, cause=None):
        """Log why it failed; returns the verdict."""
        sentence = why.value
        if isinstance(cause, exceptions.Refused):
            self._request_id = cause.request_id
            obstacle = sentences.REFUSAL
        else:
            obstacle = sentences.NO_REPLY if cause else ''
        words = self._novas_words() if 'novas_words' in sentence else None
        to_do = self._to_do(why) if 'to_do' in sentence else ''
        known = self._known(reply=cause, code=getattr(cause, 'code', None))
        known.update(novas_words=words, to_do=to_do % known,
                     obstacle=obstacle % known)
        self.why = _one_line(sentence % known)
        LOG.error(sentences.FAILED, dict(known, why=self.why))
        return False

    def _novas_words(self):
        if self._view.fault:
            return self._view.fault
        words, limit = None, waiting.TimeLimit(WORDS_LIMIT, WORDS_PAUSE)
        while words is None and limit.left():
            words = self._explain(self._server.what_went_wrong,
                                  self._request_id, otherwise='')
            if words is None:
                limit.pause()
        if self._meaning is states.Meaning.BROKEN:
            # By now Nova shows the fault, in full.
            view = self._explain(self._server.look)
            words = view and view.fault or words
        return words or sentences.NO_WORDS

    def _to_do(self, why):
        """Give the sentence about what is left to do."""
        stage = self._memory.stage
        if self._view is None:
            return ''
        if not decision.is_followed(self._memory):
            return (sentences.PERHAPS_BEGUN
                    if stage is Stage.LOST or (
                        stage is Stage.LATE and why is not Why.REFUSED)
                    else sentences.NOTHING_BEGUN)
        self._records = self._explain(self._server.migrations)
        if self._meaning is states.Meaning.REVERTING:
            return sentences.BEING_REVERTED
        if self._records and self._records[0].status == 'confirming':
            return sentences.BEING_CONFIRMED
        if self._meaning is states.Meaning.NEVER_LEFT:
            return sentences.LEFT_TO_REVERT
        if self._meaning is states.Meaning.MOVED:
            return sentences.LEFT_TO_CONFIRM
        return sentences.TO_CONFIRM


def _one_line(text):
    """Join the lines of a text, such as Nova's, into one."""
    return ' '.join(str(text).split())
