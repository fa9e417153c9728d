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


"""Mutants of the tables of decisions, made row by row, and what catches them.

Each row is dropped, gets each other action, and changes places with the next.
A mutant that decides the same for every input, or differs only for inputs that
never come up, is none. The others have to break a promise in the exhaustive
search or in the simulation's random schedules, or to fail a script of
test_migration.py.
"""

import argparse
import concurrent.futures
import contextlib
import functools
import itertools
import os
import sys
import time
import unittest
from unittest import mock

from watcher.common.cold_migration import decision
from watcher.common.cold_migration import migration
from watcher.common.cold_migration import states
from watcher.tests.cold_migration import exhaustive
from watcher.tests.cold_migration import machine
from watcher.tests.cold_migration import model
from watcher.tests.cold_migration import test_migration
from watcher.tests.cold_migration import test_simulation

Do = decision.Do

# How many random schedules are tried, and the searches, the quickest first.
SCHEDULES = 3000
SEARCHES = [(wanted, exhaustive.Bounds(acts, faults, records=1))
            for acts, faults in ((0, 0), (0, 1), (1, 0))
            for wanted in (('b', 'b'), (None, None))]
# Three times as many as the unchanged tables reach.
MOST_STATES = 600000
# How often one script or schedule may ask the tables; it takes tens.
MOST_DECISIONS = 10000

INPUTS = {
    'TABLE': list(itertools.product(decision.Stage, states.Meaning,
                                    states.Story)),
    'REPLIES': list(itertools.product(
        decision.Stage, (Do.REQUEST, Do.CONFIRM, Do.REVERT),
        decision.Reply)),
}

# What a row can do. After a reply comes a look, or nothing.
ACTIONS = {'TABLE': tuple(Do), 'REPLIES': (Do.LOOK, Do.FAIL)}

# Mutants that behave as the table does, and why.
EQUIVALENT = {}


def mutants(name):
    """Give the mutants of a table: what is changed, and the other table."""
    table = getattr(decision, name)
    for index, row in enumerate(table):
        yield ('row %d dropped' % index, table[:index] + table[index + 1:])
        if index + 1 < len(table):
            yield ('rows %d and %d swapped' % (index, index + 1),
                   table[:index] + (table[index + 1], row) +
                   table[index + 2:])
        for do in ACTIONS[name]:
            if do is not row.step.do:
                step = row.step._replace(
                    do=do, why=decision.Why.AT_SOURCE if do is Do.FAIL
                    else None)
                yield ('row %d: %s, not %s' % (index, do.name,
                                               row.step.do.name),
                       table[:index] + (row._replace(step=step),) +
                       table[index + 1:])


def decisions(table, inputs):
    """Give what a table says to each input; None where it has no row."""
    rows = (decision.row_for(table, *known) for known in inputs)
    return [row and row.step for row in rows]


@contextlib.contextmanager
def _recorded(seen):
    """Record the inputs of each table in the block."""
    row_for = decision.row_for

    def record(table, *known):
        seen['TABLE' if table is decision.TABLE else 'REPLIES'].add(known)
        return row_for(table, *known)

    with mock.patch.object(decision, 'row_for', record):
        yield


@contextlib.contextmanager
def _limited():
    """Let an endless loop in the block fail."""
    row_for, asked = decision.row_for, itertools.count(1)

    def count(table, *known):
        if next(asked) > MOST_DECISIONS:
            raise AssertionError('comes to no end')
        return row_for(table, *known)

    with mock.patch.object(decision, 'row_for', count):
        yield


def inputs_that_come_up():
    """Give the inputs of each table that come up at all."""
    seen = {name: set() for name in INPUTS}
    with _recorded(seen):
        broken = caught()
    if broken:
        raise AssertionError('Broken without a mutant: %s, %s' % broken)
    return seen


def caught():
    """Tell what catches the mutant, and how; or None."""
    # The quickest first.
    for look_for in (
            _broken_script,
            *(functools.partial(_broken_in_search, *search)
              for search in SEARCHES[:2]),
            _broken_at_random,
            *(functools.partial(_broken_in_search, *search)
              for search in SEARCHES[2:])):
        broken = look_for()
        if broken:
            return broken
    return None


def _broken_script():
    # A mutant may wait for a turn that it has itself, or never end.
    with mock.patch.object(migration, 'TURN_LIMIT', 0), \
            mock.patch.object(test_migration.Script, 'PATIENCE', 500):
        result = unittest.TestResult()
        for test in _tests(unittest.defaultTestLoader.loadTestsFromModule(
                test_migration)):
            with _limited():
                test.run(result)
            for failed, _ in result.failures + result.errors:
                return 'scripts', failed.id().split('.')[-1]
    return None


def _tests(suite):
    for one in suite:
        yield from _tests(one) if isinstance(one, unittest.TestSuite) else [
            one]


def _broken_in_search(wanted, bounds):
    try:
        exhaustive.search(wanted, bounds, MOST_STATES)
    except exhaustive.Broken as exc:
        return 'search', str(exc).split(':')[0]
    except Exception as exc:
        # An action that is not possible is caught, too.
        return 'search', type(exc).__name__
    return None


def _broken_at_random():
    try:
        with mock.patch.object(migration, 'TURN_LIMIT', 0):
            for seed in range(SCHEDULES):
                with _limited():
                    test_simulation.play_one(
                        *test_simulation.random_schedule(seed), seed % 3 > 0,
                        (machine.EARLIER,) * (seed % 2))
    except model.Violation as exc:
        return 'simulation', str(exc).split(':')[0]
    except Exception as exc:
        return 'simulation', type(exc).__name__
    return None


def judge(job):
    """Judge one mutant: the table's name, what is changed, the other table."""
    name, what, table = job
    with mock.patch.object(decision, name, table):
        return name, what, caught()


def main():
    """Judge all mutants, and print the table; returns 0 if all are caught."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--every', type=int, default=1,
                        help='judge one mutant of so many (default: all)')
    every = parser.parse_args().every
    start = time.monotonic()
    with concurrent.futures.ProcessPoolExecutor(os.cpu_count()) as pool:
        come_up = pool.submit(inputs_that_come_up).result()
        figures, jobs = {}, []
        for name, inputs in INPUTS.items():
            table = getattr(decision, name)
            as_it_is = decisions(table, inputs)
            figures[name] = dict.fromkeys(
                ('mutants', 'decide the same', 'never come up', 'scripts',
                 'search', 'simulation', 'equivalent'), 0)
            for what, mutant in mutants(name):
                figures[name]['mutants'] += 1
                differs = {known for known, one, other in zip(
                    inputs, as_it_is, decisions(mutant, inputs))
                    if one != other}
                if not differs:
                    figures[name]['decide the same'] += 1
                elif not differs & come_up[name]:
                    figures[name]['never come up'] += 1
                else:
                    jobs.append((name, what, mutant))
        missed = []
        for name, what, by in pool.map(judge, jobs[::every]):
            if by is not None:
                figures[name][by[0]] += 1
            elif what in EQUIVALENT.get(name, {}):
                figures[name]['equivalent'] += 1
            else:
                missed.append((name, what))
                print('Not caught: %s, %s' % (name, what), flush=True)
    for name, those in figures.items():
        print('%s: %s' % (name, ', '.join(
            '%s %d' % pair for pair in those.items())))
    print('%d not caught; %.0f s' % (len(missed), time.monotonic() - start))
    return 1 if missed else 0


if __name__ == '__main__':
    sys.exit(main())
