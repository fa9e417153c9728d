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

"""Passing faults are no verdict, and lost replies no second request (P3, P4).

Each kind of fault is made of each kind of request, once and several times.
"""

import testscenarios

from lab.functional import base

# So that the scenarios are shared out among the workers.
load_tests = testscenarios.load_tests_apply_scenarios

KINDS = [
    ('cut_before', {}),
    ('cut_after', {'reaches_nova': True}),
    ('429', {'status': 429}),
    ('429_retry_after', {'status': 429, 'headers': {'Retry-After': '1'}}),
    ('500', {'status': 500}),
    ('502_after', {'status': 502, 'reaches_nova': True}),
    ('503', {'status': 503}),
    ('504_after', {'status': 504, 'reaches_nova': True}),
    ('garbage', {'status': 200, 'body': 'garbage', 'reaches_nova': True}),
]
REQUESTS = [
    ('look', {'method': 'GET'}),
    ('migrate', {'method': 'POST', 'action': 'migrate'}),
    ('confirm', {'method': 'POST', 'action': 'confirmResize'}),
]


class TestPassingFault(base.TestCase):

    scenarios = testscenarios.multiply_scenarios(
        [(name, {'fault': fault}) for name, fault in KINDS],
        [(name, {'request': request}) for name, request in REQUESTS],
        [('once', {'times': 1}), ('thrice', {'times': 3})])

    def test_is_waited_out(self):
        server_id = self.boot()
        destination = self.other_host(server_id)
        self.break_replies(server_id, times=self.times,
                           **self.request, **self.fault)
        self.assertIs(True, self.call(server_id, destination))
        self.assert_moved(server_id, destination)
        self.assertEqual(1, self.posts(server_id).count(('migrate', 202)))
        self.assertEqual([], self.lines('ERROR'))
        # Nonsense in the reply to a post is not looked at.
        self.assertLessEqual(len(self.lines('WARNING')), 1)


class TestLastingFault(base.TestCase):

    def setUp(self):
        super().setUp()
        self.configure(nova={'migration_max_retries': 10})

    def test_next_call_takes_up_what_this_one_lost(self):
        server_id = self.boot()
        destination = self.other_host(server_id)
        self.break_replies(server_id, method='POST', action='migrate',
                           reaches_nova=True, status=504)
        self.break_replies(server_id, after=1, status=503, times=None)
        self.assertIs(False, self.call(server_id, destination))
        self.assert_explained(server_id, 'the time limit of 1.0 s is reached',
                              'no answer of Nova', 'not known')
        self.cloud.mend_replies()
        self.cloud.wait_for(server_id, 'VERIFY_RESIZE')
        self.assertIs(True, self.call(server_id, destination))
        self.assert_moved(server_id, destination)
        self.assertEqual(1, self.posts(server_id).count(('migrate', 202)))

    def test_slow_replies_are_within_the_limit(self):
        server_id = self.boot()
        self.break_replies(server_id, delay=30, times=None)
        self.assertIs(False, self.call(server_id, self.other_host(server_id)))
        self.assertLess(self.seconds, 5)
        self.assert_explained(server_id, 'no answer of Nova')
        self.assertEqual([], self.posts(server_id))

    def test_a_reply_slower_than_the_pause(self):
        server_id = self.boot()
        destination = self.other_host(server_id)
        self.break_replies(server_id, delay=0.3, times=2, reaches_nova=True)
        self.assertIs(True, self.migrate(server_id, destination))
        self.assert_moved(server_id, destination)

    def test_given_up_though_the_reply_was_lost(self):
        """Nova took the request and gave it up: it is not asked again."""
        server_id = self.boot()
        destination = self.other_host(server_id)
        self.cloud.set_enabled(destination, False)
        self.addCleanup(self.cloud.set_enabled, destination, True)
        self.break_replies(server_id, method='POST', action='migrate',
                           reaches_nova=True)
        self.break_replies(server_id, after=1, status=503, times=3)
        self.assertIs(False, self.call(server_id, destination))
        self.assert_explained(server_id, 'No valid host')
        self.assertEqual(1, self.posts(server_id).count(('migrate', 202)))

    def test_records_are_looked_up_despite_faults(self):
        server_id = self.boot()
        destination = self.other_host(server_id)
        self.cloud.admin.servers.migrate(server_id, host=destination)
        self.cloud.wait_for(server_id, 'VERIFY_RESIZE')
        self.cloud.break_replies(path='os-migrations', status=503)
        self.addCleanup(self.cloud.mend_replies)
        self.assertIs(True, self.call(server_id, destination))
        self.assert_moved(server_id, destination)
