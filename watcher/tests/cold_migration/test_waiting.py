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

from unittest import mock

import fixtures
from oslotest import base

from watcher.common.cold_migration import exceptions
from watcher.common.cold_migration import waiting


class FakeTime:
    """A clock that only sleep, and what is told to take long, move."""

    def __init__(self, clock_stands=False):
        self.now = 0.0
        self.slept = []
        self._clock_stands = clock_stands

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(seconds)
        if not self._clock_stands:
            self.now += seconds


class WaitingTestCase(base.BaseTestCase):

    def use_time(self, **options):
        fake = FakeTime(**options)
        self.useFixture(fixtures.MockPatchObject(waiting, 'time', fake))
        return fake


class TestTimeLimit(WaitingTestCase):

    def test_all_is_left_at_first(self):
        self.use_time()
        self.assertEqual(10, waiting.TimeLimit(10, interval=3).left())

    def test_last_pause_is_what_is_left(self):
        fake = self.use_time()
        limit = waiting.TimeLimit(10, interval=3)
        while limit.left():
            limit.pause()
        self.assertEqual([3, 3, 3, 1], fake.slept)

    def test_slow_looks_count(self):
        fake = self.use_time()
        limit = waiting.TimeLimit(10, interval=3)
        fake.now += 8
        limit.pause()
        self.assertEqual([2], fake.slept)
        self.assertEqual(0, limit.left())

    def test_pauses_count_though_the_clock_stands(self):
        fake = self.use_time(clock_stands=True)
        limit = waiting.TimeLimit(6, interval=3)
        limit.pause()
        limit.pause()
        self.assertEqual(0, limit.left())
        self.assertEqual([3, 3], fake.slept)

    def test_longer_pause(self):
        fake = self.use_time()
        limit = waiting.TimeLimit(10, interval=3)
        limit.pause(at_least=4)
        limit.pause(at_least=2)
        limit.pause(at_least=20)
        self.assertEqual([4, 3, 3], fake.slept)

    def test_nothing_is_left_afterwards(self):
        fake = self.use_time()
        limit = waiting.TimeLimit(10, interval=3)
        fake.now += 11
        self.assertEqual(0, limit.left())

    def test_pauses_in_progress_are_the_interval(self):
        fake = self.use_time()
        limit = waiting.TimeLimit(10, interval=3)
        limit.pause_in_progress()
        self.assertEqual([3], fake.slept)

    def test_pace_in_progress(self):
        fake = self.use_time()
        limit = waiting.TimeLimit(10, interval=3, pace=lambda spent: 1 + spent)
        limit.pause_in_progress()
        fake.now += 2
        limit.pause()
        limit.pause_in_progress()
        self.assertEqual([1, 3, 4], fake.slept)

    def test_longer_pause_in_progress(self):
        fake = self.use_time()
        limit = waiting.TimeLimit(10, interval=3, pace=lambda spent: 1)
        limit.pause_in_progress(at_least=2)
        limit.pause_in_progress(at_least=0.5)
        limit.pause_in_progress(at_least=20)
        self.assertEqual([2, 1, 3], fake.slept)

    def test_pace_though_the_clock_stands(self):
        fake = self.use_time(clock_stands=True)
        limit = waiting.TimeLimit(10, interval=3, pace=lambda spent: 1 + spent)
        limit.pause_in_progress()
        limit.pause_in_progress()
        self.assertEqual([1, 2], fake.slept)


class TestGrowing(base.BaseTestCase):

    def test_short_at_first(self):
        self.assertEqual(waiting.FIRST_PAUSE, waiting.growing(5)(0))

    def test_grows_with_the_time_spent(self):
        pace = waiting.growing(100)
        self.assertAlmostEqual(10 * waiting.SHARE, pace(20) - pace(10))

    def test_longest(self):
        self.assertEqual(5, waiting.growing(5)(1000))
        self.assertEqual(0.01, waiting.growing(0.01)(0))


class TestWaitOut(WaitingTestCase):

    FAULT = exceptions.Unavailable('busy', retry_after=7)

    def test_time_is_left(self):
        fake = self.use_time()
        waiting.wait_out(self.FAULT, waiting.TimeLimit(10, interval=3))
        self.assertEqual([7], fake.slept)

    def test_no_time_is_left(self):
        fake = self.use_time()
        limit = waiting.TimeLimit(10, interval=3)
        fake.now += 10
        reached = self.assertRaises(exceptions.TimeLimitReached,
                                    waiting.wait_out, self.FAULT, limit)
        self.assertIs(self.FAULT, reached.fault)
        self.assertEqual([], fake.slept)


class TestWaitWhile(WaitingTestCase):

    def wait(self, seen, seconds=10):
        look = mock.Mock(side_effect=seen)
        limit = waiting.TimeLimit(seconds, interval=5)
        return waiting.wait_while(look(), 'pending'.__eq__, look, limit,
                                  limit.pause), look

    def test_nothing_is_pending(self):
        fake = self.use_time()
        seen, look = self.wait(['done'])
        self.assertEqual('done', seen)
        self.assertEqual([], fake.slept)

    def test_pauses_between_looks(self):
        fake = self.use_time()
        seen, look = self.wait(['pending', 'pending', 'done'])
        self.assertEqual('done', seen)
        self.assertEqual(3, look.call_count)
        self.assertEqual([5, 5], fake.slept)

    def test_looks_once_more_at_the_limit(self):
        fake = self.use_time()
        seen, look = self.wait(['pending', 'pending', 'done'], seconds=10)
        self.assertEqual(10, fake.now)

    def test_time_limit(self):
        fake = self.use_time()
        self.assertRaises(exceptions.TimeLimitReached, self.wait,
                          ['pending'] * 3 + ['too late'])
        self.assertEqual(10, fake.now)
