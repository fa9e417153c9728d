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
import weakref

# The seconds of a pause while Nova shows progress:
# min(FIRST_PAUSE + SHARE * time so far, LONGEST_FIRST_PAUSE)
# + SHARE_OF_PHASE * time since the last change.
# So each phase begins with a short pause, shorter in a short migration.
FIRST_PAUSE = 0.12
SHARE = 0.07
LONGEST_FIRST_PAUSE = 0.5
SHARE_OF_PHASE = 0.16

_turns = weakref.WeakValueDictionary()
_guard = threading.Lock()


def growing(longest):
    """Make a pace whose pauses grow with each phase of a migration.

    :param longest: how many seconds a pause takes at most
    :returns: function that gives the seconds of the next pause, from the
        seconds so far, and those since the last change
    """
    def pace(spent, unchanged):
        first = min(FIRST_PAUSE + SHARE * spent, LONGEST_FIRST_PAUSE)
        return min(first + SHARE_OF_PHASE * unchanged, longest)
    return pace


class TimeLimit:
    """A time limit that begins now, and the pauses until it is reached.

    The time by the clock counts, or the sum of the pauses if that is more:
    slow looks shorten the waiting, and a clock that stands still or a pause
    that returns early does not lengthen it.

    :param seconds: how long the waiting may take altogether
    :param interval: seconds between two looks
    :param pace: function that gives the same while Nova shows progress, as
        :func:`growing` makes it; None for the interval

    :ivar seconds: how long the waiting may take altogether
    :ivar interval: seconds between two looks
    :ivar pace: function that gives the same while Nova shows progress
    """

    def __init__(self, seconds, interval, pace=None):
        self.seconds = seconds
        self.interval = interval
        self.pace = pace or (lambda spent, unchanged: interval)
        self._paused = self._changed = 0.0
        self._start = time.monotonic()

    def _spent(self):
        return max(self._paused, time.monotonic() - self._start)

    def left(self):
        """Give the seconds that are left, at least 0."""
        return max(self.seconds - self._spent(), 0)

    def note_change(self):
        """Begin a new phase: the pauses are short again."""
        self._changed = self._spent()

    def pause(self, at_least=0):
        """Sleep for an interval, or for what is left if that is less.

        :param at_least: seconds to sleep at least
        """
        self._sleep(max(self.interval, at_least))

    def pause_in_progress(self, at_least=0):
        """Sleep at the pace, or for what is left if that is less.

        :param at_least: seconds to sleep at least, up to an interval
        """
        spent = self._spent()
        self._sleep(max(self.pace(spent, spent - self._changed),
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
