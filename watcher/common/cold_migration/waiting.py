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

"""Waiting: how long, how often, and for whom."""

import contextlib
import threading
import time
import typing
import weakref

# A pause takes FIRST_PAUSE seconds right after a change.
FIRST_PAUSE = 0.16


class Step(typing.NamedTuple):
    """How long the pauses are in a step of a migration.

    :ivar growth: a pause grows by this share of the time since the last change
    :ivar least: it takes at least this share of the time that PREPARATION took
    """

    growth: float
    least: float


# In this task_state Nova chooses a host and claims its resources. Where that
# takes long, Nova's other steps do, too.
PREPARATION = 'resize_prep'
# A migration succeeds in none of these, so they are looked at less often.
STEPS = {
    PREPARATION: Step(growth=0.7, least=0),
    'resize_migrating': Step(growth=0.18, least=0.5),
    'resize_migrated': Step(growth=0.18, least=0.5),
}
LAST_STEP = Step(growth=0.12, least=0.08)

_turns = weakref.WeakValueDictionary()
_guard = threading.Lock()


class Pace:
    """The pauses between two looks at a server while Nova shows progress.

    They are short after each change, grow until the next one, and are shorter
    where a migration can succeed.

    :param longest: how many seconds a pause takes at most
    :param first: seconds of a pause after a change
    """

    def __init__(self, longest, first=FIRST_PAUSE):
        self._longest = longest
        self._first = first
        self._preparation = 0.0

    def pause(self, task_state, unchanged):
        """Give the seconds of the next pause.

        :param task_state: the server's task_state
        :param unchanged: seconds since the last change
        """
        step = STEPS.get(task_state, LAST_STEP)
        return min(max(self._first + step.growth * unchanged,
                       step.least * self._preparation), self._longest)

    def note_change(self, task_state, lasted):
        """Note how long Nova took for a step.

        :param task_state: the server's task_state until now
        :param lasted: seconds
        """
        if task_state == PREPARATION:
            self._preparation = lasted


class TimeLimit:
    """A time limit that begins now, and the pauses until it is reached.

    The time by the clock counts, or the sum of the pauses if that is more:
    slow looks shorten the waiting, and a clock that stands still or a pause
    that returns early does not lengthen it.

    :param seconds: how long the waiting may take altogether
    :param interval: seconds between two looks
    :param pace: the :class:`Pace` while Nova shows progress; None for one
        whose pauses are the interval

    :ivar seconds: how long the waiting may take altogether
    :ivar interval: seconds between two looks
    :ivar pace: the :class:`Pace` while Nova shows progress
    """

    def __init__(self, seconds, interval, pace=None):
        self.seconds = seconds
        self.interval = interval
        self.pace = pace or Pace(interval, first=interval)
        self._paused = self._changed = 0.0
        self._start = time.monotonic()

    def _spent(self):
        return max(self._paused, time.monotonic() - self._start)

    def left(self):
        """Give the seconds that are left, at least 0."""
        return max(self.seconds - self._spent(), 0)

    def note_change(self, task_state):
        """Begin with short pauses again.

        :param task_state: the server's task_state until now
        """
        spent = self._spent()
        self.pace.note_change(task_state, spent - self._changed)
        self._changed = spent

    def pause(self, at_least=0):
        """Sleep for an interval, or for what is left if that is less.

        :param at_least: seconds to sleep at least
        """
        self._sleep(max(self.interval, at_least))

    def pause_in_progress(self, task_state, at_least=0):
        """Sleep at the pace, or for what is left if that is less.

        :param task_state: the server's task_state
        :param at_least: seconds to sleep at least, up to an interval
        """
        unchanged = self._spent() - self._changed
        self._sleep(max(self.pace.pause(task_state, unchanged),
                        min(at_least, self.interval)))

    def _sleep(self, seconds):
        seconds = min(seconds, self.left())
        time.sleep(seconds)
        self._paused += seconds


@contextlib.contextmanager
def turn(name, seconds):
    """Let one thread of this process at a time into the block.

    :param name: what they take turns at, such as a server's id
    :param seconds: how long to wait for the others before entering anyway
    """
    with _guard:
        lock = _turns.setdefault(name, threading.Lock())
    is_ours = lock.acquire(timeout=seconds)
    try:
        yield
    finally:
        if is_ours:
            lock.release()
