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

"""The invariants that are checked after each plan on the whole service."""

from oslotest import base

from lab.fullstack import invariants

SERVER = {'ID': 'id', 'Status': 'ACTIVE', 'Host': 'b', 'Task State': None,
          'Project ID': 'p', 'User ID': 'u'}
BEFORE = dict(SERVER, Host='a')


class TestVerdict(base.BaseTestCase):

    def problem(self, state, server=SERVER, log='', at_start=BEFORE,
                wanted='b', **changes):
        return invariants.verdict_problem(
            state, server and dict(server, **changes), at_start, BEFORE,
            False, log, wanted)

    def test_true(self):
        self.assertIsNone(self.problem('SUCCEEDED'))
        self.assertIsNone(self.problem('FAILED', BEFORE))

    def test_wrong(self):
        for problem in (self.problem('SUCCEEDED', BEFORE),
                        self.problem('FAILED'),
                        self.problem('SUCCEEDED', Status='ERROR'),
                        self.problem('SUCCEEDED', **{'Task State': 'x'})):
            self.assertIn('the verdict is wrong', problem)

    def test_on_another_host_than_wanted(self):
        self.assertIn('the verdict is wrong',
                      self.problem('SUCCEEDED', Host='c'))
        self.assertIsNone(self.problem('FAILED', Host='c'))
        self.assertIsNone(self.problem('SUCCEEDED', Host='c', wanted=None))

    def test_had_moved_before(self):
        self.assertIsNone(self.problem('FAILED', at_start=SERVER))
        self.assertIsNone(self.problem('SUCCEEDED', at_start=SERVER))
        self.assertIsNotNone(self.problem(
            'FAILED', at_start=dict(SERVER, Status='VERIFY_RESIZE')))

    def test_cancelled_says_nothing(self):
        for server in (SERVER, BEFORE):
            self.assertIsNone(self.problem('CANCELLED', server))

    def test_skipped_has_left_its_source(self):
        for status in ('ACTIVE', 'VERIFY_RESIZE'):
            self.assertIsNone(self.problem(
                'SKIPPED', log='openstack server resize confirm id',
                Status=status))
        self.assertIn('the verdict is wrong',
                      self.problem('SKIPPED', BEFORE))

    def test_lost(self):
        self.assertIn('lost', self.problem('SUCCEEDED', None))

    def test_to_be_confirmed_has_its_line(self):
        line = 'is confirmed with: openstack server resize confirm id'
        for log, problems in ((line, 0), ('', 1)):
            self.assertEqual(problems, bool(self.problem(
                'CANCELLED', log=log, Status='VERIFY_RESIZE')))

    def test_repaired_is_active(self):
        before = dict(BEFORE, Status='SHUTOFF')
        for repaired in (True, False):
            self.assertIs(repaired, invariants.has_moved(SERVER, before,
                                                         repaired))


class TestOwner(base.BaseTestCase):

    def test_is_still_the_owners(self):
        self.assertIsNone(invariants.owner_problem(SERVER, BEFORE))
        self.assertEqual('has another owner', invariants.owner_problem(
            dict(SERVER, **{'Project ID': 'admin'}), BEFORE))
        self.assertEqual('is lost', invariants.owner_problem(None, BEFORE))


class TestMigrations(base.BaseTestCase):

    def problems(self, count, status='confirmed', repaired=()):
        return invariants.migration_problems(
            ['id'], [{'Server UUID': 'id', 'Status': status}] * count,
            repaired)

    def test_once(self):
        self.assertEqual([], self.problems(1))

    def test_not_once(self):
        self.assertEqual(['id was migrated 2 times'], self.problems(2))
        self.assertEqual(['id was migrated 0 times'], self.problems(0))
        self.assertEqual(['id was migrated 0 times'],
                         self.problems(1, status='error'))

    def test_repaired_where_it_had_arrived(self):
        self.assertEqual([], self.problems(0, repaired={'id'}))
        self.assertEqual(1, len(self.problems(2, repaired={'id'})))
