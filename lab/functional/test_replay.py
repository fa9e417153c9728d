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

COLD_MIGRATION_REPLAYS says how many there are.
"""

import os

import testscenarios
from watcher.tests.cold_migration import test_simulation

from lab.functional import base
from lab.functional import twin

REPLAYS = int(os.environ.get('COLD_MIGRATION_REPLAYS', 20))

# So that the scenarios are shared out among the workers.
load_tests = testscenarios.load_tests_apply_scenarios


class TestReplay(base.TestCase):

    scenarios = [('seed_%d' % seed, {'seed': seed})
                 for seed in range(REPLAYS)]

    def test_model_and_nova_say_the_same(self):
        schedule, calls, status = test_simulation.random_schedule(self.seed)
        server_id = self.boot(running=status == 'ACTIVE')
        for host in self.cloud.hosts:
            self.addCleanup(self.cloud.set_enabled, host, True)
            for method in twin.HELD_METHODS:
                self.hold(host, method)
        test_simulation.play(
            twin.Twin(schedule, status, self.cloud, server_id), calls)
