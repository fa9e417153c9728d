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

"""Many calls of the method at once, in one process, on the simulated Nova.

Measures the helper's own cost: there is no HTTP. Prints a line of JSON.
"""

# Has to come before anything else.
from lab.watcher import monkey_patch  # noqa: F401

import argparse
from concurrent import futures
import functools
import itertools
import json
import logging
import sys
import time
from unittest import mock

from watcher.common import nova_helper
from watcher import conf as watcher_conf
from watcher.tests.cold_migration import model

from lab.bench import bare_loop
from lab.bench import single
from lab.support import cost

# Seconds that a confirmation takes.
CONFIRMATION = 0.5

PARSER = argparse.ArgumentParser(
    prog='python -m lab.bench.simulated',
    description=__doc__.splitlines()[0])
PARSER.add_argument('contender', choices=['drop_in', 'bare'])
PARSER.add_argument('--calls', type=int, default=1000,
                    help='how many, at least 2 (default: %(default)s)')
PARSER.add_argument('--work', type=float, default=10,
                    help='seconds that a migration takes, on average '
                    '(default: %(default)g)')


class Nova(model.Nova):
    """The model of Nova, at the pace of the real clock.

    :param server_id: the id of its server: calls about one take turns
    :param work: seconds that a migration takes until it waits
    """

    def __init__(self, server_id, work):
        super().__init__(itertools.repeat(model.Beat(steps=0)))
        self.id = server_id
        self._work = work

    def close(self):
        """Close nothing: there is no connection."""

    def _happen(self, beat):
        super()._happen(beat)
        while self.server.coming and time.monotonic() >= self._next:
            self._step()
            self._next += self._step_seconds

    def _become(self, server, what='step'):
        super()._become(server, what)
        if what != 'step':
            seconds = self._work if what == 'migration' else CONFIRMATION
            self._step_seconds = seconds / len(server.coming)
            self._next = time.monotonic() + self._step_seconds


class BareServer:
    """A server of that Nova, as the bare loop takes it."""

    def __init__(self, nova):
        self._nova = nova
        self.migrate = functools.partial(nova.migrate, seconds=60)
        self.confirm = functools.partial(nova.confirm, seconds=60)

    def look(self):
        """Get its status and task_state."""
        return self._nova.look(seconds=60)[:2]


def run_bare_loop(nova):
    """Migrate a Nova's server by a bare loop; returns the verdict."""
    return bare_loop.run(BareServer(nova), 'b')


def call_the_method(nova):
    """Call the drop-in's method for a Nova's server; as above."""
    # Made without its clients, which nothing asks.
    helper = object.__new__(nova_helper.NovaHelper)
    return helper.watcher_non_live_migrate_instance(nova, 'b')


def main():
    """Run it; returns 0."""
    arguments = PARSER.parse_args()
    logging.disable()
    watcher_conf.CONF([], project='watcher', default_config_files=[])
    novas = [Nova('server-%d' % number, work)
             for number, work in enumerate(
                 single.works(arguments.work, arguments.calls))]
    run = {'drop_in': call_the_method,
           'bare': run_bare_loop}[arguments.contender]
    # The drop-in's server is a simulated Nova. Replaced once, for all threads.
    with mock.patch.object(nova_helper.adapter, 'Server',
                           lambda helper, nova: nova), \
            cost.Cost() as calls, \
            futures.ThreadPoolExecutor(arguments.calls) as pool:
        verdicts = list(pool.map(run, novas))
    print(json.dumps(dict(calls.spent, calls=arguments.calls,
                          right=[verdict is True and nova.has_arrived()
                                 for verdict, nova in zip(verdicts, novas)
                                 ].count(True))))
    return 0


if __name__ == '__main__':
    sys.exit(main())
