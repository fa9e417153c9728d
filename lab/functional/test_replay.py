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

"""Schedules of the simulation, replayed on a real Nova beside the model.

COLD_MIGRATION_REPLAYS says how many there are. COLD_MIGRATION_PATH is a file
with a path that the exhaustive search has printed, to be played instead.
"""

import os

import testscenarios
from watcher.tests.cold_migration import exhaustive
from watcher.tests.cold_migration import test_exhaustive
from watcher.tests.cold_migration import test_simulation

from lab.functional import base
from lab.functional import twin

REPLAYS = int(os.environ.get('COLD_MIGRATION_REPLAYS', 20))
PATH = os.environ.get('COLD_MIGRATION_PATH')

# So that the scenarios are shared out among the workers.
load_tests = testscenarios.load_tests_apply_scenarios


class ReplayTestCase(base.TestCase):

    def twin(self, schedule=(), status='ACTIVE'):
        """Give the model and a server that do the same."""
        server_id = self.boot(running=status == 'ACTIVE')
        for host in self.cloud.hosts:
            self.addCleanup(self.cloud.set_enabled, host, True)
            for method in twin.HELD_METHODS:
                self.hold(host, method)
        return twin.Twin(schedule, status, self.cloud, server_id)


class TestReplay(ReplayTestCase):

    scenarios = [('seed_%d' % seed, {'seed': seed})
                 for seed in range(REPLAYS)]

    def test_model_and_nova_say_the_same(self):
        schedule, calls, status = test_simulation.random_schedule(self.seed)
        test_simulation.play(self.twin(schedule, status), calls)


class TestPath(ReplayTestCase):
    """The real Nova follows the paths of the exhaustive search."""

    scenarios = [('seed_%d' % seed, {'path': exhaustive.wander(
                     ('b', 'b'), exhaustive.Bounds(), seed)})
                 for seed in range(REPLAYS // 4)]
    if PATH:
        with open(PATH) as file:
            scenarios = [('of_file', {
                'path': exhaustive.Path.parse(file.read())})]

    def test_search_and_nova_say_the_same(self):
        self.twin().follow(self.path)


class TestBrokenPromise(ReplayTestCase):

    def test_the_path_to_it_is_printed_and_leads_there(self):
        with test_exhaustive.put_back(*test_exhaustive.NOBODY_GIVES_WAY):
            error = self.assertRaises(
                exhaustive.Broken, exhaustive.search, ('b', 'b'),
                exhaustive.Bounds(acts=0, faults=0, records=1))
            printed = str(error).partition('\n')[2]
            self.twin().follow(exhaustive.Path.parse(printed))
