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

It stands in for the adapter. Time is its own: it goes on when Watcher asks,
and when it sleeps. What happens meanwhile comes from a schedule of beats, one
for each question and each sleep; when it has ended, Nova goes on undisturbed.
"""

import typing

from watcher.common.cold_migration import exceptions
from watcher.common.cold_migration import states

HOSTS = ('a', 'b', 'c')
SMALL, LARGE = 'small', 'large'

# More questions than any call may need.
PATIENCE = 2000


class Beat(typing.NamedTuple):
    """What happens at one question or sleep.

    :ivar steps: how many steps Nova does
    :ivar act: what somebody else does, one of ``ACTS``, or None
    :ivar fault: what becomes of a request, one of ``FAULTS``
    :ivar outcome: what comes of what Nova begins, one of ``OUTCOMES``
    """

    steps: int = 1
    act: typing.Optional[str] = None
    fault: typing.Optional[str] = None
    outcome: str = 'good'


FAULTS = (None, None, None, 'request lost', 'reply lost', 'slow', 'too slow')
OUTCOMES = ('good', 'good', 'good', 'no valid host', 'rolled back',
            'source fails', 'destination fails', 'same host')
ACTS = (None, None, None, 'confirm', 'revert', 'stop', 'start', 'reboot',
        'resize', 'migrate elsewhere', 'migrate', 'delete', 'host dies',
        'host lives', 'clock stands', 'clock leaps', 'killed')

UNDISTURBED = Beat()


class Killed(BaseException):
    """The caller was killed."""


class Violation(AssertionError):
    """A promise is broken."""


class Record:
    """A migration record, as it changes."""

    def __init__(self, number, kind, source, destination, created):
        self.id = number
        self.type = kind
        self.status = 'pre-migrating'
        self.source = source
        self.destination = destination
        self.created = created


class Nova:
    """Nova with one server, through the adapter's methods.

    :param schedule: the :class:`Beat`\\ s
    :param status: the server's status at the start
    :param shows_records: whether Watcher may see the records
    """

    id = 'uuid'

    def __init__(self, schedule, status='ACTIVE', shows_records=True):
        self._shows_records = shows_records
        self._schedule = iter(schedule)
        self.status = status
        self.task_state = None
        self.host = 'a'
        self.flavor = SMALL
        self.exists = True
        self.records = []
        self.now = 1000.0
        self.changed = 0.0
        self._coming = []
        self._moving_from = None
        self._alive = True
        self._outcome = 'good'
        self._seconds = None
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
        self.had_arrived = False
        self.looks_after_the_end = 0
        self._has_seen_the_end = self._has_seen_it_wait = False
        self.known_records = len(self.records)
        self.spent = self.paused = 0.0
        self.started = self.now

    def end_schedule(self):
        """Let Nova go on undisturbed, to the end of what it is at."""
        self._schedule = iter(())
        self._alive = True
        while self._coming and self.exists:
            self._step()

    def is_being_resized(self):
        """Tell whether the newest record is of a resize."""
        return bool(self.records) and self.records[-1].type == 'resize'

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
        if self._coming and self._alive and self.exists:
            self._coming.pop(0)()
            self.changed = self.now

    def _set(self, status, task_state=None, host=None, record=None):
        """Make the step that sets these."""
        def step():
            self.status, self.task_state = status, task_state
            self.host = host or self.host
            if record is not None:
                self.records[-1].status = record
        return step

    def _begin(self, kind, destination):
        """Begin a migration or a resize, as the API does before its 202."""
        outcome, source, before = self._outcome, self.host, self.status
        self._before, self._moving_from = before, source
        if outcome == 'same host' and destination is None:
            destination = source
        chosen = destination or next(
            host for host in HOSTS if host != source)
        self._set('RESIZE', 'resize_prep')()
        self.changed = self.now

        def write():
            self.records.append(Record(len(self.records) + 1, kind, source,
                                       None, self.now))

        def choose():
            self.records[-1].destination = chosen

        def finish():
            self._set('RESIZE', 'resize_finish', chosen)()
            if kind == 'resize':
                self._change_flavor()

        def break_it():
            self._set('ERROR', None, None, 'error')()
            if kind == 'resize':
                self._change_flavor()

        migrate = [write, choose,
                   self._set('RESIZE', 'resize_migrating', None, 'migrating'),
                   self._set('RESIZE', 'resize_migrated', chosen,
                             'post-migrating'),
                   finish, self._set('VERIFY_RESIZE', None, None, 'finished')]
        self._coming = {
            'no valid host': [write, self._set(before, None, None, 'error')],
            'rolled back': migrate[:3] + [
                self._set(before, None, None, 'error')],
            'source fails': migrate[:3] + [
                self._set('ERROR', None, None, 'error')],
            'destination fails': migrate[:5] + [break_it],
        }.get(outcome, migrate)

    def _confirm(self):
        self.records[-1].status = 'confirming'
        self._coming = [self._set(self._before, None, None, 'confirmed')]
        if self._outcome == 'source fails':
            self._coming = [self._set('ERROR', None, None, 'error')]

    def _revert(self):
        record = self.records[-1]
        record.status = 'reverting'
        self._set('REVERT_RESIZE', 'resize_reverting')()
        self._coming = [
            self._set('REVERT_RESIZE', 'resize_reverting', record.source,
                      'reverted'),
            self._set(self._before)]
        if record.type == 'resize':
            self._change_flavor()

    def _change_flavor(self):
        self.flavor = LARGE if self.flavor == SMALL else SMALL

    def _is_at_rest(self):
        return self.status in ('ACTIVE', 'SHUTOFF') and not self.task_state

    def _waits(self):
        return (self.status == 'VERIFY_RESIZE' and
                self.records[-1].status == 'finished')

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
        elif self.exists:
            self._change(act)

    def _change(self, act):
        if act == 'delete':
            self.exists = False
        elif act == 'confirm' and self._waits():
            self._confirm()
        elif act == 'revert' and self._waits():
            self._revert()
        elif self._is_at_rest():
            if act == 'stop':
                self.status = 'SHUTOFF'
            elif act == 'start':
                self.status = 'ACTIVE'
            elif act == 'reboot' and self.status == 'ACTIVE':
                self.status, self.task_state = 'REBOOT', 'rebooting'
                self._coming = [self._set('ACTIVE')]
            elif act == 'resize':
                self._begin('resize', None if self.wanted == self.host
                            else self.wanted)
            elif act == 'migrate elsewhere':
                self._begin('migration', next(
                    host for host in HOSTS
                    if host not in (self.host, self.wanted)))
            elif act == 'migrate' and self.wanted != self.host:
                self._begin('migration', self.wanted)
        self.changed = self.now

    # The adapter.

    def allow(self, seconds):
        """Limit the requests from now on."""
        self._seconds = seconds

    def _request(self, name, handle, steps):
        """Make a request: what happens before it, and what becomes of it."""
        self.asked.append(name)
        beat = self._next_beat()
        self._happen(beat._replace(steps=min(beat.steps, steps))
                     if beat is not UNDISTURBED else beat)
        if beat.fault == 'request lost':
            raise exceptions.Unavailable('request lost')
        if beat.fault == 'too slow':
            self._take(self._seconds)
            raise exceptions.Unavailable('too slow')
        if beat.fault == 'slow':
            self._take(min(2, self._seconds))
        answer = handle()
        if beat.fault == 'reply lost':
            raise exceptions.Unavailable('reply lost')
        return answer

    def _refuse(self, code=409):
        # To be late with a confirmation decides nothing.
        self.is_refused = (code == 404 or
                           self.asked[-1] not in ('confirm', 'revert'))
        raise exceptions.Refused('while it is %s' % self.status, code, 'req')

    def _must_exist(self):
        if not self.exists:
            self._refuse(404)

    def look(self):
        """Show the server."""
        def show():
            if not self.exists:
                return None
            return states.View(
                self.status, self.task_state, self.host,
                'broken' if self.status == 'ERROR' else None, self.flavor,
                _time(self.changed))
        view = self._request('look', show, steps=3)
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
        self.first_view, self.source = view, self.host
        if view is not None and view.status in ('RESIZE', 'VERIFY_RESIZE'):
            self.source = self._moving_from

    @staticmethod
    def _has_ended(view):
        return view is None or view.status in ('ACTIVE', 'SHUTOFF', 'ERROR')

    def migrate(self, host):
        """Take a migrate request."""
        def handle():
            self._must_exist()
            if not self._is_at_rest():
                self._refuse()
            if host == self.host:
                self._refuse(400)
            self.accepted.append('migrate')
            if self.accepted.count('migrate') > 1:
                raise Violation('P3: two migrations')
            self.source = self.host
            self._begin('migration', host)
            return 'req-1'
        return self._request('migrate', handle, steps=1)

    def _check_ours(self, what):
        record = self.records[-1]
        if record.type != 'migration':
            raise Violation('P5: %s of a resize' % what)
        if self.wanted not in (None, record.destination):
            raise Violation('P5: %s of a migration elsewhere' % what)

    def confirm(self):
        """Take a confirmation."""
        def handle():
            self._must_exist()
            if not self._waits():
                self._refuse(400 if self.status == 'VERIFY_RESIZE' else 409)
            self._check_ours('confirmation')
            if (self.wanted is None and
                    self.records[-1].destination == self.records[-1].source):
                raise Violation('P1: confirmed where it started')
            self.accepted.append('confirm')
            self._confirm()
        return self._request('confirm', handle, steps=1)

    def revert(self):
        """Take a revert request."""
        def handle():
            self._must_exist()
            if not self._waits():
                self._refuse()
            self._check_ours('revert')
            if self.records[-1].destination != self.records[-1].source:
                raise Violation('P9: reverted what has moved')
            self.accepted.append('revert')
            self._revert()
        return self._request('revert', handle, steps=1)

    def migrations(self):
        """Show the records."""
        def show():
            if not self._shows_records:
                self._refuse(403)
            return [states.Record(record.id, record.type, record.status,
                                  record.source, record.destination,
                                  _time(record.created))
                    for record in reversed(self.records)]
        records = self._request('records', show, steps=3)
        if 'migrate' not in self.accepted and records:
            # What Watcher may take up.
            self.source = records[0].source
        self.last_records = records
        return records

    def what_went_wrong(self, request_id):
        """Say why."""
        return self._request('why', lambda: 'no valid host', steps=0)

    # The truth.

    def has_arrived(self):
        """Tell whether it sits where it is wanted, with nothing waiting."""
        return (self.exists and
                self.status in ('ACTIVE', 'SHUTOFF', 'REBOOT') and
                (self.host != self.source if self.wanted is None
                 else self.host == self.wanted))

    def may_have_been_asked(self):
        """Tell whether a migration may have begun since the first look."""
        return len(self.records) > self.known_records or any(
            _time(record.created) >= self.first_view.updated
            for record in self.records)


def _time(seconds):
    """Show a time up to the second, as Nova shows a server's."""
    return '%019d' % int(seconds)
