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
import sys

from lab.fullstack import command
from lab.fullstack import options
from lab.hypervisor import bench
from lab.hypervisor import cases
from lab.hypervisor import deployment
from lab.hypervisor import host
from lab.hypervisor import trial
from lab.nova import process
from tools import evidence
from tools import tables

PARSER = argparse.ArgumentParser(
    prog='tox -e hypervisor --', description=__doc__.splitlines()[0])
options.add(PARSER, 'CASE', cases.ALL)
PARSER.add_argument('--bench', type=int, nargs='?', const=3, metavar='RUNS',
                    help='measure how fast it is instead, by so many runs of '
                    'each (default: %(const)s, half an hour)')
evidence.add_option(PARSER)


def attempt(name, running):
    """Try one case; gives its :class:`lab.hypervisor.trial.Trial`."""
    command.say(name)
    tried = trial.Trial(name, running)
    command.attempt(tried, tried.run)
    for when, lines in zip(('before', 'after'), tried.consoles):
        command.say('  console %s: %s' % (when, '; '.join(lines)))
    command.say('  ' + tried.facts.get('log', ''))
    return tried


def measure(running, runs, versions, is_written):
    """Measure how fast it is; returns the exit status."""
    rows = bench.measure(running, runs, command.say)
    table = tables.table(bench.COLUMNS, rows)
    print(table)
    if is_written:
        evidence.write('speed-hypervisor', versions, table)
    return 1 if any(row[-1] for row in rows) else 0


def main():
    """Try the cases.

    :returns: 0 if everything is as promised, 1 if not, 2 if the machine can't
    """
    arguments = PARSER.parse_args()

    def use(running):
        versions = 'Watcher %s, Nova %s, %s' % (
            metadata.version('python-watcher'), process.nova_version(),
            host.versions())
        if arguments.bench:
            return measure(running, arguments.bench, versions,
                           arguments.write)
        tried = (attempt(name, running)
                 for name in arguments.only or cases.ALL)
        return command.report('hypervisor', versions, trial.COLUMNS, tried,
                              cases.ALL, arguments.write)

    return host.main() or command.main(deployment.Deployment, arguments, use)


if __name__ == '__main__':
    sys.exit(main())
