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

"""What was left over, and what is none of the command's business."""

from oslotest import base

from watcher.common.cold_migration import left_over
from watcher.common.cold_migration import states

Standing = left_over.Standing

WORKING = states.View('RESIZE', 'resize_migrating', 'a')
WAITING = states.View('VERIFY_RESIZE', None, 'b')
RECORD = states.Record(12, 'migration', 'finished', 'a', 'b', '2026')
MIGRATING = RECORD._replace(status='migrating')
PERSONS = RECORD._replace(person='olga')


class TestStanding(base.BaseTestCase):

    def assert_is(self, standing, view=WAITING, records=(RECORD,),
                  is_watchers=True, older_than=0, **seen):
        self.assertIs(standing, left_over.standing(left_over.Seen(
            'uuid', view, records and list(records), is_watchers, **seen),
            older_than))

    def test_left_over(self):
        for view, record in (
                (WAITING, RECORD),
                (WAITING, RECORD._replace(status='confirming')),
                (WORKING, MIGRATING),
                (WORKING, MIGRATING._replace(status='pre-migrating',
                                             destination=None))):
            self.assert_is(Standing.LEFT_OVER, view, [record])

    def test_no_such_server(self):
        self.assert_is(Standing.GONE, None)

    def test_at_rest(self):
        """Whatever an old record says."""
        for status in ('ACTIVE', 'SHUTOFF', 'ERROR', 'MIGRATING'):
            for record in (RECORD, MIGRATING):
                self.assert_is(Standing.NOTHING,
                               states.View(status, None, 'a'), [record])

    def test_record_is_of_an_earlier_migration(self):
        """Nova writes the new one a moment later."""
        for status in ('confirmed', 'error', 'reverted'):
            self.assert_is(Standing.NOTHING, WORKING,
                           [RECORD._replace(status=status)])
        self.assert_is(Standing.NOTHING, WORKING, [])

    def test_confirmed_a_moment_ago(self):
        self.assert_is(Standing.NOTHING, WAITING,
                       [RECORD._replace(status='confirmed')])

    def test_persons(self):
        for record in (PERSONS, PERSONS._replace(status='migrating')):
            self.assert_is(
                Standing.PERSONS,
                WORKING if record.status == 'migrating' else WAITING,
                [record, RECORD], is_watchers=False)

    def test_resize(self):
        self.assert_is(Standing.OTHERS,
                       records=[RECORD._replace(type='resize')])

    def test_back_to_the_host_it_came_from(self):
        self.assert_is(
            Standing.OTHERS, states.View('VERIFY_RESIZE', None, 'a'),
            [RECORD._replace(destination='a')])

    def test_being_reverted(self):
        self.assert_is(Standing.OTHERS,
                       records=[RECORD._replace(status='reverting')])
        self.assert_is(Standing.NOTHING,
                       states.View('REVERT_RESIZE', 'resize_reverting', 'b'),
                       [RECORD._replace(status='reverting')])

    def test_not_shown(self):
        self.assert_is(Standing.HIDDEN, records=None)

    def test_not_known_to_be_watchers(self):
        self.assert_is(Standing.UNKNOWN, is_watchers=False)

    def test_in_a_running_plan(self):
        for view, record in ((WAITING, RECORD), (WORKING, MIGRATING)):
            self.assert_is(Standing.IN_PLAN, view._replace(age=1000), [record],
                           plan='plan', older_than=600)

    def test_of_a_person_though_a_plan_has_it(self):
        self.assert_is(Standing.PERSONS, records=[PERSONS], plan='plan')

    def test_young(self):
        for standing, age in ((Standing.YOUNG, 599.9),
                              (Standing.LEFT_OVER, 600)):
            self.assert_is(standing, WAITING._replace(age=age), older_than=600)
