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

"""What the commands that try things on a whole service have in common."""

import logging
import os
import time

from lab.fullstack import scenarios
from lab.fullstack import stay
from lab.support import errors
from lab.support import processes
from tools import evidence
from tools import tables

# Where the Python is that has OpenStack's services.
PREFIX = os.path.dirname(os.path.dirname(processes.PYTHON))
OPTIONS = {
    # 4 minutes: what a host was doing that died, Nova never ends.
    'nova': {'migration_max_retries': 48},
    # No action waits for some others: Watcher follows each path through a
    # plan, and 10 rows of 20 have 20 ** 10.
    'watcher_planners.weight': {'parallelization': 'migrate:%d,'
                                'change_nova_service_state:1' %
                                scenarios.LOAD},
    # By default as many as there are cores.
    'watcher_workflow_engines.taskflow': {'max_workers': scenarios.AT_ONCE}}


def say(*words):
    """Print the progress, and when."""
    print(time.strftime('%H:%M:%S'), *words, flush=True)


def main(make, arguments, use, options=OPTIONS):
    """Start a whole service, and use it.

    :param make: class of the :class:`lab.fullstack.deployment.Deployment`
    :param arguments: the parsed arguments
    :param use: function of the deployment that returns the exit status
    :param options: what Watcher is told: a dict of dicts, by section
    :returns: the exit status, or the error
    """
    logging.disable()
    processes.heed_first_interrupt()
    start = time.monotonic()
    say('Starting OpenStack and Watcher')
    try:
        with make(PREFIX, options) as running:
            say('All is up after %.0f s: %s' % (
                time.monotonic() - start, ', '.join(running.site.services)))
            return (stay.stay if arguments.stay else use)(running)
    except errors.LabError as exc:
        return 'error: %s' % exc
    except KeyboardInterrupt:
        # Everything has been ended.
        return 130


def attempt(tried, run):
    """Try something, end it, and print its problems.

    :param tried: what is tried; has ``problems`` and ``end()``
    :param run: function that does it
    """
    for step in (run, tried.end):
        try:
            step()
        except errors.LabError as exc:
            tried.problems.append(str(exc))
    for problem in tried.problems:
        say('  NOT as promised:', problem)


def report(name, versions, columns, tried, names, is_written):
    """Print the table of what is tried; each is written first, if wanted.

    :param name: the name of the evidence
    :param versions: what was tried
    :param columns: the names of the columns
    :param tried: iterator that tries one after the other; each has ``name``,
        ``row()`` and ``problems``
    :param names: the names of all that can be tried, in their order
    :param is_written: whether it becomes evidence
    :returns: the exit status: 0 if everything is as promised, 1 if not
    """
    rows, problems = [], []
    for one in tried:
        rows.append(one.row())
        problems += one.problems
        if is_written:
            evidence.write_row(name, versions, columns, one.name, rows[-1],
                               names)
    print(tables.table(columns, rows))
    return 1 if problems else 0
