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

"""The benchmark: stock Watcher, the drop-in and a bare loop, on one Nova.

Measures the time and the API calls of cold migrations by each of the three.
Prints tables, and writes their data as JSON, and a picture. The page of
evidence about speed describes what is measured.
"""

# Watcher turns on the warnings about eventlet while it is imported.
import logging
logging.captureWarnings(True)

import argparse
import contextlib
import datetime
import json
import os
import sys
import typing

from lab.bench import contenders
from lab.bench import crowd
from lab.bench import old_way
from lab.bench import picture
from lab.bench import single
from lab.bench import tables
from lab.bench import timeline
from lab import client
from lab.nova import process
from lab.support import processes
from lab.watcher import configuration
from lab.watcher import release
from tools import evidence

RESULTS = os.path.join(processes.ROOT, 'lab', 'bench', 'results')
HOSTS = 4
# How many times a refusal is measured, where it doesn't take a whole limit.
REFUSALS = 5
# Seconds that Nova is at work in the picture.
PICTURED = 10


class Field(typing.NamedTuple):
    """The contenders."""

    bare: contenders.Contender
    drop_in: contenders.Contender
    stock: contenders.Contender


@contextlib.contextmanager
def field(nova):
    """Make the contenders; Watcher has its default configuration."""
    with configuration.WatcherConf(nova, {}) as conf, \
            contenders.bare(nova.keystone.url) as bare, \
            contenders.watcher(conf.path, 'nova_helper') as drop_in, \
            contenders.watcher(conf.path, 'nova_helper_stock') as stock:
        yield Field(bare, drop_in, stock)


def say(*words):
    """Print the progress."""
    print(*words, file=sys.stderr, flush=True)


def measure_cases(course, those):
    """Measure migrations that succeed; returns a dict a case."""
    results = []
    for case in single.CASES:
        say('Migrations with %g s of work' % case.work)
        at_once = single.AT_ONCE if case.work >= single.LONG_WORK else 1
        bare = course.run(case, those.bare, single.OTHERS_RUNS)
        drop_in = course.run(case, those.drop_in, single.RUNS, at_once)
        stock = course.run(case, those.stock, single.OTHERS_RUNS, at_once)
        results.append(dict(
            case._asdict(), worst=single.worst(drop_in, bare),
            bare=single.mean(bare), drop_in=single.mean(drop_in),
            stock=single.mean(stock)))
    return results


def measure_crowd():
    """Measure many migrations at once; returns a dict."""
    with process.NovaProcess('--hosts=%d' % HOSTS) as nova:
        lab = client.Cloud(nova)
        server_ids = crowd.boot(lab)
        results = {'servers': len(server_ids)}
        for name, run in (
                ('drop_in', lambda made: crowd.run_applier(
                    nova, made, 'nova_helper')),
                ('stock', lambda made: crowd.run_applier(
                    nova, made, 'nova_helper_stock')),
                ('bare', lambda made: crowd.run_bare_loops(nova, made))):
            say('%d migrations at once: %s' % (len(server_ids), name))
            made = crowd.trips(lab, server_ids)
            results[name] = dict(run(made), right=crowd.count_moved(lab, made))
        return results


def measure_simulated():
    """Have calls made at once on the simulated Nova; returns a dict."""
    results = {}
    for name in ('drop_in', 'bare'):
        say('Calls at once on the simulated Nova: %s' % name)
        results[name] = processes.run_module('lab.bench.simulated', name)
    return results


def measure_single():
    """Measure one migration at a time; returns a dict."""
    with process.NovaProcess('--hosts=%d' % HOSTS) as nova, \
            field(nova) as those:
        lab = client.Cloud(nova)
        course = single.Course(lab)
        say('Migrations that are refused')
        full = course.fill()
        refused = {name: single.mean([course.refuse(contender, full[0])
                                      for _ in range(REFUSALS)])
                   for name, contender in (('bare', those.bare),
                                           ('drop_in', those.drop_in))}
        # Meanwhile: it takes its whole time limit.
        stocks_refusal = course.refuse_on_the_side(those.stock, full[1])
        cases = measure_cases(course, those)
        say('Time lines')
        pictured, = course.some(1)
        timelines = {name: timeline.record(lab, contender, pictured, PICTURED)
                     for name, contender in (('Drop-in', those.drop_in),
                                             ('Stock', those.stock))}
        say("Waiting for stock Watcher's refusal")
        outcome = stocks_refusal.result()
        refused['stock'] = {'moved': outcome.moved,
                            'seconds': outcome.seconds}
        return {'cases': cases, 'refused': refused, 'timelines': timelines}


PARTS = {'single': measure_single, 'crowd': measure_crowd,
         'simulated': measure_simulated, 'old_way': old_way.count}

PARSER = argparse.ArgumentParser(
    prog='tox -e bench --', description=__doc__.splitlines()[0])
PARSER.add_argument('--parts', nargs='+', choices=PARTS, default=PARTS,
                    help='what to measure: %(choices)s (default: all); the '
                    'others are as the JSON there has them')
PARSER.add_argument('--results', default=RESULTS, metavar='FOLDER',
                    help='where to write the JSON and the picture, named '
                    'after the release of Watcher (default: %(default)s)')
PARSER.add_argument('--show', action='store_true',
                    help='measure nothing; draw the picture, and print the '
                    'tables, of the JSON there')
evidence.add_option(PARSER)


def read(path):
    """Read results; returns a dict, which is empty where there are none."""
    if not os.path.exists(path):
        return {}
    with open(path) as file:
        return json.load(file)


def measure(parts, path):
    """Measure some parts, and write the results as soon as each has them.

    :param parts: their names
    :param path: the path of the JSON file
    """
    os.makedirs(os.path.dirname(path), exist_ok=True)
    for part in parts:
        results = dict(read(path), watcher=release.WATCHER,
                       nova=process.nova_version(),
                       day=str(datetime.date.today()))
        results[part] = PARTS[part]()
        with open(path, 'w') as file:
            json.dump(results, file, indent=1, sort_keys=True)
            file.write('\n')


def main():
    """Measure, and show the results.

    :returns: 0 if all migrations ended as they should, 1 if not
    """
    arguments = PARSER.parse_args()
    base = os.path.join(arguments.results, release.WATCHER)
    if not arguments.show:
        measure(arguments.parts, base + '.json')
    results = read(base + '.json')
    missing = sorted(set(PARTS) - set(results))
    if missing:
        return 'Not measured yet: %s' % ', '.join(missing)
    picture.draw(results['single']['timelines'], base + '.svg')
    versions = 'Watcher %(watcher)s, Nova %(nova)s' % results
    print(versions, tables.text(results), sep='\n')
    if arguments.write:
        evidence.write('speed-' + release.WATCHER, versions,
                       tables.text(results), results.get('day'))
    return 0 if tables.is_all_right(results) else 1


if __name__ == '__main__':
    sys.exit(main())
