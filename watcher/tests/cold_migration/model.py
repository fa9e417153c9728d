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

"""A model of Nova, by its documented behaviour, and of what else may happen.

It stands in for the adapter, and for the clock: time passes when Watcher makes
a request, and when it sleeps. A schedule has a beat for each of these, which
says what happens meanwhile. After the last one, Nova goes on undisturbed.
"""

import typing

from watcher.common.cold_migration import exceptions
from watcher.common.cold_migration import states
from watcher.tests.cold_migration import machine

# More requests and sleeps than any call may need.
PATIENCE = 2000


class Beat(typing.NamedTuple):
    """What happens at one request or sleep.

    :ivar steps: how many steps Nova does
    :ivar act: what somebody else does, one of ``ACTS``, or None
    :ivar fault: what happens to the request, one of ``FAULTS``
    :ivar outcome: how what Nova begins ends, one of ``OUTCOMES``
    """

    steps: int = 1
    act: typing.Optional[str] = None
    fault: typing.Optional[str] = None
    outcome: str = 'good'


FAULTS = (None, None, None, 'request lost', 'reply lost', 'slow', 'too slow')
OUTCOMES = ('good', 'good') + machine.OUTCOMES
ACTS = (None, None, None) + machine.ACTS + (
    'host dies', 'host lives', 'clock stands', 'clock leaps', 'killed')

UNDISTURBED = Beat()


class Killed(BaseException):
    """The caller was killed."""


class Violation(AssertionError):
    """A promise is broken."""


class Nova:
    """Nova with one server, through the adapter's methods.

    :param schedule: the :class:`Beat`\\ s
    :param status: the server's status at the start
    :param shows_records: whether Watcher may see the records
    :param records: the :class:`.machine.Record`\\ s of before
    """

    id = 'uuid'

    def __init__(self, schedule, status='ACTIVE', shows_records=True,
                 records=()):
        self._shows_records = shows_records
        self._schedule = iter(schedule)
        self.server = machine.Server(status=status, rest=status,
                                     records=records)
        self.now = 1000.0
        self._alive = True
        self._outcome = 'good'
        self._beats = 0
        self.clock_stands = False
        self.start_call(None)

    # What the tests ask.

    def start_call(self, wanted):
        """Begin to count what one call of Watcher's does."""
        self.wanted = wanted
        self.asked = []
        self.accepted = []
        self.is_refused = False
        self.first_view = self.last_view = None
        self.last_records = []
        self.source = None
        self.had_arrived = self.had_arrived_on_record = False
        self.looks_after_the_end = 0
        self._has_seen_the_end = self._has_seen_it_wait = False
        self.known_records = len(self.server.records)
        self._ended = {record.id for record in self.server.records
                       if record.status in machine.ENDED}
        self.spent = self.paused = 0.0
        self.started = self.now

    def end_schedule(self):
        """Let Nova finish its work undisturbed."""
        self._schedule = iter(())
        self._alive = True
        while self.server.coming and self.server.exists:
            self._step()

    def is_being_resized(self):
        """Tell whether the newest record is of a resize."""
        records = self.server.records
        return bool(records) and records[-1].type == 'resize'

    # Time.

    def monotonic(self):
        """Stand in for time.monotonic."""
        return self.now

    def sleep(self, seconds):
        """Stand in for time.sleep."""
        beat = self._next_beat()
        self.spent += seconds
        if not self._has_seen_it_wait:
            self.paused += seconds
        if not self.clock_stands:
            self.now += seconds
        self._happen(beat)

    def _take(self, seconds):
        self.spent += seconds
        self.now += seconds

    def _next_beat(self):
        self._beats += 1
        if self._beats > PATIENCE:
            raise Violation('P7: it never ends')
        return next(self._schedule, UNDISTURBED)

    def _happen(self, beat):
        self._outcome = beat.outcome
        if beat is UNDISTURBED:
            self._alive = True
        for _ in range(beat.steps):
            self._step()
        if beat.act is not None:
            self._act(beat.act)

    # What Nova does.

    def _step(self):
        if self.server.coming and self._alive and self.server.exists:
            self._become(machine.step(self.server, self.now))

    def _become(self, server, what='step'):
        """Take the machine's new state.

        :param server: the :class:`.machine.Server`
        :param what: ``step``, what Watcher requests, or one of the acts
        """
        self.server = server

    # What others do.

    def _act(self, act):
        if act == 'killed':
            raise Killed()
        if act == 'clock leaps':
            self.now += 30
        elif act == 'clock stands':
            self.clock_stands = True
        elif act in ('host dies', 'host lives'):
            self._alive = act == 'host lives'
        else:
            server = machine.act(self.server, act, self.wanted, self._outcome,
                                 self.now)
            if server != self.server:
                self._become(server, act)

    # The adapter.

    def _request(self, name, handle, steps, seconds):
        """Make a request: what happens before it, and its outcome."""
        self.asked.append(name)
        beat = self._next_beat()
        self._happen(beat._replace(steps=min(beat.steps, steps))
                     if beat is not UNDISTURBED else beat)
        if beat.fault == 'request lost':
            raise exceptions.Unavailable('request lost')
        if beat.fault == 'too slow':
            self._take(seconds)
            raise exceptions.Unavailable('too slow')
        if beat.fault == 'slow':
            self._take(min(2, seconds))
        answer = handle()
        if beat.fault == 'reply lost':
            raise exceptions.Unavailable('reply lost')
        return answer

    def _refuse(self, code=409):
        # A confirmation that comes too late decides nothing.
        self.is_refused = (code == 404 or
                           self.asked[-1] not in ('confirm', 'revert'))
        raise exceptions.Refused('while it is %s' % self.server.status, code,
                                 'req')

    def _must_exist(self):
        if not self.server.exists:
            self._refuse(404)

    def look(self, seconds):
        """Show the server."""
        def show():
            server = self.server
            if not server.exists:
                return None
            return states.View(
                server.status, server.task_state, server.host,
                'broken' if server.status == 'ERROR' else None, server.flavor,
                _time(server.changed), age=self.now - server.changed)
        view = self._request('look', show, 3, seconds)
        if self.first_view is None:
            self._remember_source(view)
        elif self._has_seen_the_end:
            self.looks_after_the_end += 1
        self._has_seen_the_end = bool(self.accepted) and self._has_ended(view)
        if not self._has_seen_the_end:
            self.looks_after_the_end = 0
        self._has_seen_it_wait |= (view is not None and
                                   view.status == 'VERIFY_RESIZE')
        self.last_view = view
        self.had_arrived = self.has_arrived()
        return view

    def _remember_source(self, view):
        self.first_view, self.source = view, self.server.host
        if view is not None and view.status in ('RESIZE', 'VERIFY_RESIZE'):
            self.source = self.server.source

    @staticmethod
    def _has_ended(view):
        return view is None or view.status in ('ACTIVE', 'SHUTOFF', 'ERROR')

    def migrate(self, host, seconds):
        """Take a migrate request."""
        def handle():
            self._must_exist()
            if not self.server.is_at_rest:
                self._refuse()
            if host == self.server.host:
                self._refuse(400)
            self.accepted.append('migrate')
            if self.accepted.count('migrate') > 1:
                raise Violation('P3: two migrations')
            self.source = self.server.host
            self._become(machine.begin(self.server, 'migration', host, None,
                                       self._outcome, self.now), 'migration')
            return 'req-1'
        return self._request('migrate', handle, 1, seconds)

    def _check_ours(self, what):
        record = self.server.records[-1]
        if record.type != 'migration':
            raise Violation('P5: %s of a resize' % what)
        if record.person is not None and self._shows_records:
            raise Violation('P5: %s of a person\'s migration' % what)
        if self.wanted not in (None, record.destination):
            raise Violation('P5: %s of a migration elsewhere' % what)

    def confirm(self, seconds):
        """Take a confirmation."""
        def handle():
            self._must_exist()
            server = self.server
            if not server.is_waiting:
                self._refuse(400 if server.status == 'VERIFY_RESIZE' else 409)
            self._check_ours('confirmation')
            record = server.records[-1]
            if self.wanted is None and record.destination == record.source:
                raise Violation('P1: confirmed where it started')
            self.accepted.append('confirm')
            self._become(machine.confirm(server, self._outcome, self.now),
                         'confirmation')
        return self._request('confirm', handle, 1, seconds)

    def revert(self, seconds):
        """Take a revert request."""
        def handle():
            self._must_exist()
            server = self.server
            if not server.is_waiting:
                self._refuse()
            self._check_ours('revert')
            if server.records[-1].destination != server.records[-1].source:
                raise Violation('P9: reverted what has moved')
            self.accepted.append('revert')
            self._become(machine.revert(server, self.now), 'revert')
        return self._request('revert', handle, 1, seconds)

    def migrations(self, seconds):
        """Show the records."""
        def show():
            if not self._shows_records:
                self._refuse(403)
            return [states.Record(*record)._replace(
                        created=_time(record.created))
                    for record in reversed(self.server.records)]
        records = self._request('records', show, 3, seconds)
        if 'migrate' not in self.accepted and records and (
                records[0].id not in self._ended):
            # What Watcher may adopt.
            self.source = records[0].source
        self.last_records = records
        self.had_arrived_on_record = self.has_arrived()
        return records

    def what_went_wrong(self, request_id, seconds):
        """Give Nova's reason."""
        return self._request('why', lambda: 'no valid host', 0, seconds)

    # The truth.

    def has_arrived(self):
        """Tell whether it is on the wanted host, its migration confirmed."""
        server = self.server
        return (server.exists and
                server.status in ('ACTIVE', 'SHUTOFF', 'REBOOT') and
                (server.host != self.source if self.wanted is None
                 else server.host == self.wanted) and
                not self.is_unconfirmed())

    def is_unconfirmed(self):
        """Tell whether it is there by a migration that nobody confirmed."""
        host = self.server.host
        record = next((record for record in reversed(self.server.records)
                       if record.source != record.destination == host), None)
        # Where it may not see the records, it has no way to know.
        if not (record and self._shows_records and
                record.type == 'migration'):
            return False
        if record.status in ('error', 'reverted'):
            # What has failed long ago is not this call's.
            return self.first_view.host != host
        return record.status != 'confirmed'

    def may_have_been_asked(self):
        """Tell whether a migration may have begun since the first look."""
        records = self.server.records
        return len(records) > self.known_records or any(
            _time(record.created) >= self.first_view.updated
            for record in records)


def _time(seconds):
    """Show a time to the second, as Nova shows a server's."""
    return '%019d' % int(seconds)
