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

"""Migrate servers that really run, and look at each guest itself.

Starts OpenStack and Watcher with two compute hosts that have libvirt and QEMU,
and tries what operators do and what happens to them. Exits with 1 if anything
is not as promised, with 2 if this machine can't do it.
"""

# Watcher turns on the warnings about eventlet while it is imported.
import logging
logging.captureWarnings(True)

import argparse
from importlib import metadata
import subprocess
import sys
import time

from lab.fullstack import __main__ as fullstack
from lab.fullstack import options
from lab.fullstack import stay
from lab.fullstack import tables
from lab.hypervisor import bench
from lab.hypervisor import cases
from lab.hypervisor import deployment
from lab.hypervisor import host
from lab.hypervisor import trial
from lab.nova import process
from lab.support import errors
from tools import evidence

PARSER = argparse.ArgumentParser(
    prog='tox -e hypervisor --', description=__doc__.splitlines()[0])
options.add(PARSER, 'CASE', cases.ALL)
PARSER.add_argument('--bench', type=int, nargs='?', const=3, metavar='RUNS',
                    help='measure how fast it is instead, by so many runs of '
                    'each (default: %(const)s, half an hour)')
evidence.add_option(PARSER)


def attempt(name, running):
    """Try one case; gives its :class:`lab.hypervisor.trial.Trial`."""
    fullstack.say(name)
    tried = trial.Trial(name, running)
    for step in (tried.run, tried.end):
        try:
            step()
        except (errors.LabError, subprocess.CalledProcessError) as exc:
            tried.problems.append(str(exc))
    for when, lines in zip(('before', 'after'), tried.consoles):
        fullstack.say('  console %s: %s' % (when, '; '.join(lines)))
    fullstack.say('  ' + tried.facts.get('log', ''))
    for problem in tried.problems:
        fullstack.say('  NOT as promised:', problem)
    return tried


def _versions():
    return 'Watcher %s, Nova %s, %s' % (
        metadata.version('python-watcher'), process.nova_version(),
        host.versions())


def _bench(running, arguments):
    rows = bench.measure(running, arguments.bench, fullstack.say)
    table = tables.table(bench.COLUMNS, rows)
    print(table)
    if arguments.write:
        evidence.write('speed-hypervisor', _versions(), table)
    return 1 if any(row[-1] for row in rows) else 0


def main():
    """Try the cases.

    :returns: 0 if everything is as promised, 1 if not, 2 if the machine can't
    """
    arguments = PARSER.parse_args()
    unable = host.main()
    if unable:
        return unable
    logging.disable()
    start = time.monotonic()
    fullstack.say('Starting OpenStack, its hypervisors and Watcher')
    try:
        with deployment.Deployment(
                fullstack.PREFIX, fullstack.OPTIONS) as running:
            fullstack.say('All is up after %.0f s' %
                          (time.monotonic() - start))
            if arguments.stay:
                return stay.stay(running)
            if arguments.bench:
                return _bench(running, arguments)
            tried = [attempt(name, running)
                     for name in arguments.only or cases.ALL]
    except errors.LabError as exc:
        return 'error: %s' % exc
    except KeyboardInterrupt:
        return 130
    rows = [one.row() for one in tried]
    print(tables.table(trial.COLUMNS, rows))
    if arguments.write:
        tables.write('hypervisor', _versions(), trial.COLUMNS, rows)
    return 1 if any(one.problems for one in tried) else 0


if __name__ == '__main__':
    sys.exit(main())
