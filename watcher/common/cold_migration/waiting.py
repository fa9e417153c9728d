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

"""Waiting: how long, how often. What is waited for is decided elsewhere."""

import time

from watcher.common.cold_migration import exceptions


# While something is seen to go on, the first pause, in seconds, and what is
# added to it: this share of the time that it has taken so far. What is waited
# for is noticed late by half a pause on the average.
FIRST_PAUSE = 0.05
SHARE = 0.25


def growing(longest):
    """Make a pace whose pauses grow with the time that it takes.

    :param longest: how many seconds a pause takes at most
    :returns: function that gives the seconds of the next pause, after so many
        seconds
    """
    return lambda spent: min(FIRST_PAUSE + SHARE * spent, longest)


class TimeLimit:
    """A time limit that begins now, and the pauses until it is reached.

    Both the clock and the pauses taken count, whichever says more: looks
    that take long shorten the waiting, and a clock that was set back, or a
    pause that returned at once, doesn't lengthen it.

    :param seconds: how long the waiting may take altogether
    :param interval: seconds between two looks
    :param pace: such as :func:`growing` makes: function that gives the same
        for where something is seen to go on, after so many seconds; None for
        the interval

    :ivar seconds: how long the waiting may take altogether
    :ivar interval: seconds between two looks
    :ivar pace: function that gives the same for where something is seen to go
        on
    """

    def __init__(self, seconds, interval, pace=None):
        self.seconds = seconds
        self.interval = interval
        self.pace = pace or (lambda spent: interval)
        self._paused = 0.0
        self._start = time.monotonic()

    def _spent(self):
        return max(self._paused, time.monotonic() - self._start)

    def left(self):
        """Tell how many seconds are left, at least 0."""
        return max(self.seconds - self._spent(), 0)

    def pause(self, at_least=0):
        """Sleep for an interval, or for what is left where that is less.

        :param at_least: seconds to sleep where an interval is shorter
        """
        self._sleep(max(self.interval, at_least))

    def pause_in_progress(self, at_least=0):
        """Sleep as the pace is, or for what is left where that is less.

        :param at_least: seconds to sleep where that is shorter; but no longer
            than an interval
        """
        self._sleep(max(self.pace(self._spent()),
                        min(at_least, self.interval)))

    def _sleep(self, seconds):
        seconds = min(seconds, self.left())
        time.sleep(seconds)
        self._paused += seconds


def wait_out(fault, limit):
    """Pause after a fault that may pass.

    :param fault: the :class:`~.exceptions.Unavailable`
    :param limit: the :class:`TimeLimit`
    :raises ~.exceptions.TimeLimitReached: if no time is left
    """
    if not limit.left():
        raise exceptions.TimeLimitReached(fault) from fault
    limit.pause(at_least=fault.retry_after)


def wait_while(seen, pending, look, limit, pause):
    """Look until something is seen that is not pending any more.

    :param seen: what has been seen just now
    :param pending: function that tells whether what was seen is still pending
    :param look: function that looks once, and returns what it saw
    :param limit: the :class:`TimeLimit`
    :param pause: function that pauses between two looks
    :returns: the first thing seen that is not pending
    :raises ~.exceptions.TimeLimitReached: if what is seen at the time limit
        is still pending
    """
    while pending(seen):
        if not limit.left():
            raise exceptions.TimeLimitReached()
        pause()
        seen = look()
    return seen
