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


"""See that what Watcher's plans leave behind is as promised.

Starts OpenStack and Watcher, each service a process of its own, and tries what
operators do and what happens to them. Exits with 1 if anything is not as
promised.
"""

import argparse
import functools
from importlib import metadata
import logging
import os
import sys
import time

from lab.fullstack import deployment
from lab.fullstack import options
from lab.fullstack import run
from lab.fullstack import scenarios
from lab.fullstack import stay
from lab.fullstack import tables
from lab.nova import process
from lab.support import errors
from lab.support import processes
from tools import evidence

PARSER = argparse.ArgumentParser(
    prog='tox -e fullstack --', description=__doc__.splitlines()[0])
options.add(PARSER, 'SCENARIO', scenarios.ALL)
evidence.add_option(PARSER)

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
    """Tell what happens, and when."""
    print(time.strftime('%H:%M:%S'), *words, flush=True)


def attempt(name, running):
    """Try one scenario; gives its run."""
    say(name)
    tried = run.Run(name, running)
    for step in (functools.partial(scenarios.ALL[name], tried), tried.end):
        try:
            step()
        except errors.LabError as exc:
            tried.problems.append(str(exc))
    for problem in tried.problems:
        say('  NOT as promised:', problem)
    return tried


def main():
    """Try the scenarios.

    :returns: 0 if everything is as promised, 1 if not
    """
    arguments = PARSER.parse_args()
    logging.disable()
    say('Starting OpenStack and Watcher')
    try:
        with deployment.Deployment(PREFIX, OPTIONS) as running:
            say('All is up:', ', '.join(running.site.services))
            if arguments.stay:
                return stay.stay(running)
            tried = [attempt(name, running)
                     for name in arguments.only or scenarios.ALL]
    except errors.LabError as exc:
        return 'error: %s' % exc
    except KeyboardInterrupt:
        # Everything has been ended.
        return 130
    rows = [one.row() for one in tried]
    print(tables.table(run.COLUMNS, rows))
    if arguments.write:
        tables.write('fullstack', 'Watcher %s, Nova %s' % (
            metadata.version('python-watcher'), process.nova_version()),
            run.COLUMNS, rows)
    return 1 if any(one.problems for one in tried) else 0


if __name__ == '__main__':
    sys.exit(main())
