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

"""How many calls of the API a cold migration takes, with default pauses."""

import importlib.util
import re
import time

import testtools

from lab.functional import base

# The most calls of Watcher's whole action, by the seconds that it may last.
# Nova has next to nothing to do, but may be slow.
MOST_CALLS = ((2, 12), (4, 16), (12, 24))


@testtools.skipIf(base.NOVA_RELEASE < 21,
                  'Nova 20 tells in more requests who requested a migration')
class TestCalls(base.TestCase):

    def setUp(self):
        super().setUp()
        self.configure(nova={'migration_interval': 5.0,
                             'migration_max_retries': 180})

    def requests_of(self, migrate):
        """Give Watcher's requests while it migrates; it has to succeed."""
        seen = len(self.cloud.requests())
        self.assertIs(True, migrate())
        return [request for request in self.cloud.requests()[seen:]
                if request['who'] == 'watcher']

    def test_no_call_too_many(self):
        """Looks, and the records: before the confirmation, and at the end."""
        server_id = self.boot()
        requests = self.requests_of(
            self.calling(server_id, self.other_host(server_id)))
        kinds = ' '.join(
            request['action'] or request['path'].split('/')[2]
            for request in requests)
        self.assertTrue(re.fullmatch(
            'servers migrate( servers)+ os-migrations confirmResize'
            '( servers)+ os-migrations', kinds), kinds)

    def test_of_the_whole_action(self):
        for running in (True, False):
            server_id = self.boot(running)
            action = self.action(server_id, self.other_host(server_id))
            start = time.monotonic()
            requests = self.requests_of(action.execute)
            spent = time.monotonic() - start
            self.assertLessEqual(len(requests), next(
                calls for seconds, calls in MOST_CALLS if spent < seconds))

    def test_fixed_interval(self):
        self.configure(nova={'migration_interval': 0.5,
                             'migration_fixed_interval': True})
        server_id = self.boot()
        requests = self.requests_of(
            self.calling(server_id, self.other_host(server_id)))
        times = [request['at'] for request in requests]
        # There is no pause before a post or a read of the records.
        pauses = [later - earlier for request, earlier, later
                  in zip(requests[1:], times, times[1:])
                  if request['path'].endswith('/servers/' + server_id)]
        self.assertGreaterEqual(min(pauses), 0.5)


@testtools.skipUnless(importlib.util.find_spec('glanceclient'),
                      'Watcher 1.8 needs more clients')
class TestOldWay(base.TestCase):

    def test_calls(self):
        # Fails to import without those clients.
        from lab.bench import old_way
        self.assertEqual({'nova': 14, 'glance': 3, 'neutron': 2, 'all': 19},
                         old_way.count()['calls'])
