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


class TimeLimit:
    """A time limit that begins now, and the pauses until it is reached.

    Both the clock and the pauses taken count, whichever says more: looks
    that take long shorten the waiting, and a clock that was set back, or a
    pause that returned at once, doesn't lengthen it.

    :param seconds: how long the waiting may take altogether
    :param pause: seconds between two looks

    :ivar seconds: how long the waiting may take altogether
    :ivar interval: seconds between two looks
    """

    def __init__(self, seconds, pause):
        self.seconds = seconds
        self.interval = pause
        self._paused = 0.0
        self._start = time.monotonic()

    def left(self):
        """Tell how many seconds are left, at least 0."""
        spent = max(self._paused, time.monotonic() - self._start)
        return max(self.seconds - spent, 0)

    def pause(self, at_least=0):
        """Sleep for one pause, or for what is left where that is less.

        :param at_least: seconds to sleep where a pause is shorter
        """
        seconds = min(max(self.interval, at_least), self.left())
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


def wait_while(seen, pending, look, limit):
    """Look until something is seen that is not pending any more.

    :param seen: what has been seen just now
    :param pending: function that tells whether what was seen is still pending
    :param look: function that looks once, and returns what it saw
    :param limit: the :class:`TimeLimit`
    :returns: the first thing seen that is not pending
    :raises ~.exceptions.TimeLimitReached: if what is seen at the time limit
        is still pending
    """
    while pending(seen):
        if not limit.left():
            raise exceptions.TimeLimitReached()
        limit.pause()
        seen = look()
    return seen
