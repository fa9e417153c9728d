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

"""Schedules of Nova's moves, others' acts and faults; P1 to P9 hold in all.

The schedules are the same in each run. One that breaks a promise is shrunk and
printed; to replay it, give it to :func:`play_one`. COLD_MIGRATION_SCHEDULES
says how many there are.
"""

import contextlib
import logging
import os
import random
from unittest import mock

import hypothesis
from hypothesis import strategies
from oslotest import base

from watcher.common.cold_migration import migration
from watcher.common.cold_migration import states
from watcher.common.cold_migration import waiting
from watcher.tests.cold_migration import machine
from watcher.tests.cold_migration import model

SCHEDULES = int(os.environ.get('COLD_MIGRATION_SCHEDULES', 2000))
LIMIT, PAUSE = 40, 4

# What may come after a time limit: a last request, and the explanation.
AFTERWARDS = 2 * (migration.LAST_REQUEST_LIMIT + migration.WORDS_LIMIT)

ENDED = machine.ENDED + ('reverting',)

BEATS = strategies.builds(
    model.Beat, steps=strategies.integers(0, 3),
    act=strategies.sampled_from(model.ACTS),
    fault=strategies.sampled_from(model.FAULTS),
    outcome=strategies.sampled_from(model.OUTCOMES))


class Lines(logging.Handler):
    """The levels of the lines that a call writes.

    There is one for all calls: a handler that is collected as garbage takes
    logging's lock, and would wait for whom it has interrupted.
    """

    def __init__(self):
        super().__init__()
        self.levels = []

    def emit(self, record):
        record.getMessage()
        self.levels.append(record.levelname)


LINES = Lines()


@contextlib.contextmanager
def written():
    """Give the lines logged in the block; keep them from the test's result.

    That can't hold the lines of 100,000 schedules.
    """
    logger = logging.getLogger(migration.__package__)
    LINES.levels.clear()
    with mock.patch.multiple(logger, handlers=[LINES], propagate=False):
        yield LINES


def check(promise, kept, nova):
    if not kept:
        raise model.Violation('%s: %s' % (promise, vars(nova)))


def call(nova, wanted):
    """Call Watcher once, and check what it promises; returns the verdict."""
    nova.start_call(wanted)
    with written() as lines:
        verdict = migration.ColdMigration(
            nova, wanted,
            waiting.TimeLimit(LIMIT, PAUSE, waiting.Pace(PAUSE)),
            lambda cold_migration, status: cold_migration.confirm()).run()
    check('P1', verdict in (nova.had_arrived, nova.had_arrived_on_record) or (
        not verdict and is_out_of_sight(nova)), nova)
    check('P2', nova.looks_after_the_end <= 1, nova)
    check('P4', verdict or is_definite(nova), nova)
    check('P5', verdict or not is_left_alone(nova), nova)
    check('P6', 'migrate' not in nova.accepted or not is_there(nova), nova)
    # If the clock stands still, pauses and slow replies have a limit each.
    limit = (LIMIT + migration.GIVE_WAY_LIMIT + migration.CONFIRM_LIMIT) * (
        1 + nova.clock_stands)
    check('P7', nova.spent <= limit + AFTERWARDS, nova)
    check('P7', nova.paused <= LIMIT, nova)
    check('P8', lines.levels.count('ERROR') == (0 if verdict else 1), nova)
    return verdict


def is_out_of_sight(nova):
    """Tell whether it was there, and Nova did not show the end in time."""
    return is_time_up(nova) and (nova.last_view.task_state is not None or
                                 nova.asked[-1] == 'records')


def is_there(nova):
    """Tell whether the first look showed it settled where it is wanted."""
    return (nova.wanted is not None and nova.first_view is not None and
            nova.first_view[:3] in (('ACTIVE', None, nova.wanted),
                                    ('SHUTOFF', None, nova.wanted)))


def is_left_alone(nova):
    """Tell whether the same migration was there, and was not adopted."""
    return (nova.asked[-1] == 'records' and nova.asked.count('records') == 1
            and not nova.accepted and not is_time_up(nova) and
            nova.last_view.status in ('RESIZE', 'VERIFY_RESIZE') and
            is_like(nova.last_records, nova.wanted))


def is_like(records, wanted):
    """Tell whether the newest record is of the same, and has not ended."""
    return bool(records) and records[0].type == 'migration' and (
        records[0].person is None and records[0].status not in ENDED and
        (wanted is None or records[0].source != wanted ==
         records[0].destination))


def is_time_up(nova):
    return round(max(nova.spent, nova.now - nova.started), 6) >= LIMIT


def is_definite(nova):
    """Tell whether Nova, or the time limit, has decided on a False."""
    view = nova.last_view
    if (nova.is_refused or view is None or is_time_up(nova) or
            nova.is_unconfirmed()):
        return True
    if view.status == 'REVERT_RESIZE':
        return True
    if view.status in ('RESIZE', 'VERIFY_RESIZE'):
        # Left alone: by its records it is another one, or a resize by its
        # flavor, or it is not where it was to go.
        return (is_something_else(nova.last_records, nova.wanted) or
                'revert' in nova.asked or
                nova.is_being_resized() or
                view.host == nova.source or
                nova.wanted not in (None, view.host))
    if view.status in ('ACTIVE', 'SHUTOFF') and view.host == nova.source:
        return (nova.first_view.status in ('RESIZE', 'VERIFY_RESIZE') or
                nova.may_have_been_asked())
    return True


def is_something_else(records, wanted):
    """Tell whether the newest record is of something else."""
    return bool(records) and not is_like(records, wanted) and (
        records[0].status != 'confirmed')


def play(nova, calls):
    """Play a schedule.

    :param nova: the :class:`.model.Nova` that has it
    :param calls: the hosts asked for, one for each call; the next one comes
        when the one before has returned or was killed
    :raises model.Violation: if a promise is broken
    """
    with mock.patch.object(waiting, 'time', nova), \
            mock.patch.object(migration, 'time', nova), \
            mock.patch.object(migration, '_CHANCE', random.Random(0)):
        for wanted in calls:
            with contextlib.suppress(model.Killed):
                call(nova, wanted)
        nova.end_schedule()
        if nova.server.exists and nova.server.status in ('ACTIVE', 'SHUTOFF'):
            check('P4', call(nova, 'c') or nova.is_unconfirmed(), nova)


def play_one(schedule, calls, status, shows_records, records):
    """Play a schedule on the model.

    :param schedule: the :class:`.model.Beat`\\ s
    :param calls: the hosts asked for
    :param status: the server's status at the start
    :param shows_records: whether Watcher may see the migration records
    :param records: those of before
    """
    play(model.Nova(schedule, status, shows_records, records), calls)


def random_schedule(seed):
    """Give a schedule, the hosts asked for, and a status, by the seed."""
    choices = random.Random(seed)
    schedule = [
        model.Beat(choices.randint(0, 3), choices.choice(model.ACTS),
                   choices.choice(model.FAULTS),
                   choices.choice(model.OUTCOMES))
        for _ in range(choices.randint(0, 40))]
    calls = [choices.choice(['b', 'b', None, 'a'])
             for _ in range(choices.randint(1, 3))]
    return schedule, calls, choices.choice(['ACTIVE', 'SHUTOFF'])


ARGUMENTS = {
    'schedule': strategies.lists(BEATS, max_size=40),
    'calls': strategies.lists(strategies.sampled_from(['b', 'b', None, 'a']),
                              min_size=1, max_size=3),
    'status': strategies.sampled_from(['ACTIVE', 'SHUTOFF']),
    'shows_records': strategies.sampled_from([True, True, False]),
    'records': strategies.sampled_from([(), (machine.EARLIER,)])}


def search(count):
    """Play so many schedules; raises the first violation, shrunk."""
    hypothesis.settings(
        max_examples=count, deadline=None, database=None, derandomize=True,
        suppress_health_check=list(hypothesis.HealthCheck))(
            hypothesis.given(**ARGUMENTS)(play_one))()


class TestSimulation(base.BaseTestCase):

    def test_promises_are_kept(self):
        search(SCHEDULES)

    def test_promises_are_kept_where_it_is_rare(self):
        for schedule, calls in ((STUCK, ['b']), (RESIZED, ['b']),
                                (SAME_HOST, [None, 'a']),
                                (GIVEN_UP, [None])):
            for records in ((), (machine.EARLIER,)):
                play_one(schedule, calls, 'ACTIVE', True, records)


def _keep_the_story(self):
    self._meaning = states.meaning(self._view, self._memory.origin,
                                   self._wanted)


# Careless changes outside the tables (mutants.py changes those): the object,
# the name in it, and what stands there instead.
MUTANTS = {
    'forgets the flavor':
        (machine, 'LARGE', machine.SMALL),
    'takes the first fault for a verdict':
        (waiting.TimeLimit, 'left', lambda self: 0),
    'does not confirm':
        (migration.ColdMigration, 'confirm', lambda self: True),
    'takes a lost race for a refusal':
        (migration, '_FORBIDDEN', frozenset([400, 403, 404, 406, 409])),
    'keeps records that are older than the look':
        (migration.ColdMigration, '_interpret', _keep_the_story),
    'trusts the clock alone':
        (waiting.TimeLimit, '_spent',
         lambda self: waiting.time.monotonic() - self._start),
    'trusts the pauses alone':
        (waiting.TimeLimit, '_spent', lambda self: self._paused),
    'lets a request take its time':
        (migration, 'LAST_REQUEST_LIMIT', 300),
}


# Too rare among random ones: Nova hangs for long, and the clock stands still.
STUCK = ([model.Beat(0, 'clock stands'), model.Beat(0, 'host dies')] +
         [model.Beat(0)] * 100)
# Between two looks others revert, and begin a resize.
RESIZED = [model.Beat(0), model.Beat(0), model.Beat(3),
           model.Beat(3, 'revert'), model.Beat(3, 'resize')]
# For another applier Nova chooses the host that this one asks for next, and
# that the server is on.
SAME_HOST = [
    model.Beat(0, 'another applier migrates', 'too slow', 'same host')]
# Nova gives up a resize before it is on record.
GIVEN_UP = [model.Beat(0, 'resize', outcome='no valid host'), model.Beat(0),
            model.Beat(2)]


def find():
    """Play schedules until a promise is broken, and don't shrink."""
    for schedule in (STUCK, RESIZED):
        play_one(schedule, ['b'], 'ACTIVE', True, ())
    for seed in range(20000):
        play_one(*random_schedule(seed), seed % 3 > 0, ())


class TestSharpness(base.BaseTestCase):
    """The simulation catches what it is there for."""

    def test_mutants_are_caught(self):
        for name, (thing, attribute, instead) in MUTANTS.items():
            with self.subTest(name), \
                    mock.patch.object(thing, attribute, instead):
                self.assertRaises(model.Violation, find)
