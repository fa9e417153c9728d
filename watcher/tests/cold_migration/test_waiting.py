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

"""Time limits, pauses, and turns, on a clock of the tests."""

import threading

import fixtures
from oslotest import base

from watcher.common.cold_migration import waiting


class FakeTime:
    """A clock that moves by sleeping only, or by the test."""

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


class Pace:
    """A pace of a second, and of the time since the last change."""

    def __init__(self):
        self.changes = []

    def pause(self, task_state, unchanged):
        return 1 + unchanged

    def note_change(self, task_state, lasted):
        self.changes.append((task_state, lasted))


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
        limit.pause_in_progress('resize_prep')
        limit.note_change('resize_prep')
        limit.pause_in_progress(None, at_least=1)
        self.assertEqual([3, 3], fake.slept)

    def test_pace_in_progress(self):
        fake = self.use_time()
        limit = waiting.TimeLimit(10, interval=3, pace=Pace())
        limit.pause_in_progress(None)
        fake.now += 2
        limit.pause()
        limit.pause_in_progress(None)
        self.assertEqual([1, 3, 4], fake.slept)

    def test_longer_pause_in_progress(self):
        fake = self.use_time()
        limit = waiting.TimeLimit(10, interval=3, pace=waiting.Pace(1))
        limit.pause_in_progress(None, at_least=2)
        limit.pause_in_progress(None, at_least=0.25)
        limit.pause_in_progress(None, at_least=20)
        self.assertEqual([2, 0.4, 3], fake.slept)

    def test_pace_though_the_clock_stands(self):
        fake = self.use_time(clock_stands=True)
        limit = waiting.TimeLimit(10, interval=3, pace=Pace())
        limit.pause_in_progress(None)
        limit.pause_in_progress(None)
        self.assertEqual([1, 2], fake.slept)

    def test_pace_since_a_change(self):
        fake = self.use_time()
        pace = Pace()
        limit = waiting.TimeLimit(90, interval=9, pace=pace)
        limit.pause_in_progress('resize_prep')
        limit.pause_in_progress('resize_prep')
        limit.note_change('resize_prep')
        limit.pause_in_progress('resize_migrating')
        limit.note_change('resize_migrating')
        self.assertEqual([1, 2, 1], fake.slept)
        self.assertEqual([('resize_prep', 3), ('resize_migrating', 1)],
                         pace.changes)


class TestPace(base.BaseTestCase):

    # Steps in which a migration may succeed.
    LAST = 'resize_finish', None
    STEPS = (*waiting.STEPS, *LAST)

    def growth(self, task_state):
        pace = waiting.Pace(100)
        return (pace.pause(task_state, 20) - pace.pause(task_state, 10)) / 10

    def least(self, task_state):
        pace = waiting.Pace(1000)
        pace.note_change('resize_prep', 1000)
        # How long other steps take, the copy of a disk too, says nothing.
        pace.note_change('resize_migrating', 9000)
        return pace.pause(task_state, 0) / 1000

    def test_short_at_first(self):
        for task_state in self.STEPS:
            self.assertEqual(waiting.FIRST_PAUSE,
                             waiting.Pace(5).pause(task_state, 0))

    def test_grows_with_the_time_since_a_change(self):
        for task_state, growth in (
                ('resize_prep', 0.7), ('resize_migrating', 0.18),
                ('resize_migrated', 0.18), ('resize_finish', 0.12),
                (None, 0.12)):
            self.assertAlmostEqual(growth, self.growth(task_state))

    def test_longer_where_nova_prepared_for_long(self):
        for task_state, share in (
                ('resize_migrating', 0.5), ('resize_migrated', 0.5),
                ('resize_finish', 0.08), (None, 0.08)):
            self.assertAlmostEqual(share, self.least(task_state))

    def test_as_long_as_it_has_grown_where_that_is_more(self):
        pace = waiting.Pace(100)
        before = pace.pause('resize_migrating', 60)
        pace.note_change('resize_prep', 10)
        self.assertEqual(before, pace.pause('resize_migrating', 60))

    def test_shortest_where_a_migration_may_succeed(self):
        for last in self.LAST:
            for step in waiting.STEPS:
                self.assertLess(self.growth(last), self.growth(step))
            self.assertLess(self.least(last), self.least('resize_migrating'))

    def test_longest(self):
        pace = waiting.Pace(5)
        pace.note_change('resize_prep', 1000)
        self.assertEqual(5, pace.pause(None, 0))
        self.assertEqual(5, waiting.Pace(5).pause(None, 1000))
        self.assertEqual(0.01, waiting.Pace(0.01).pause(None, 0))


class TestTurn(base.BaseTestCase):

    def enter(self, name, seconds, entered):
        with waiting.turn(name, seconds):
            entered.set()

    def other_thread(self, name, seconds=60):
        """Have another thread ask for a turn; returns whether it got one."""
        entered = threading.Event()
        thread = threading.Thread(target=self.enter,
                                  args=(name, seconds, entered))
        thread.start()
        self.addCleanup(thread.join)
        return entered

    def test_one_at_a_time(self):
        with waiting.turn('one', 1):
            entered = self.other_thread('one')
            self.assertFalse(entered.wait(0.01))
        self.assertTrue(entered.wait(60))

    def test_others_do_not_wait(self):
        with waiting.turn('one', 1):
            self.assertTrue(self.other_thread('another').wait(60))

    def test_time_limit(self):
        with waiting.turn('one', 1):
            self.assertTrue(self.other_thread('one', seconds=0).wait(60))
            # It got no turn, and gives none back.
            self.assertFalse(self.other_thread('one').wait(0.01))

    def test_ends_with_an_error(self):
        def fail():
            with waiting.turn('one', 1):
                raise KeyError

        self.assertRaises(KeyError, fail)
        self.assertTrue(self.other_thread('one').wait(60))

    def test_nothing_is_kept(self):
        with waiting.turn('one', 1):
            self.assertIn('one', waiting._turns)
        self.assertNotIn('one', waiting._turns)
