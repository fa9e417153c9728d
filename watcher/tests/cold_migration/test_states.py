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

from oslotest import base

from watcher.common.cold_migration import states

Meaning = states.Meaning
Place = states.Place


class TestPlace(base.BaseTestCase):

    def test_named_host(self):
        self.assertIs(Place.WANTED, states.place('b', 'a', 'b'))
        self.assertIs(Place.SOURCE, states.place('a', 'a', 'b'))
        self.assertIs(Place.OTHER, states.place('c', 'a', 'b'))

    def test_any_host(self):
        self.assertIs(Place.WANTED, states.place('b', 'a', None))
        self.assertIs(Place.SOURCE, states.place('a', 'a', None))

    def test_source_is_asked_for(self):
        self.assertIs(Place.WANTED, states.place('a', 'a', 'a'))

    def test_no_host(self):
        self.assertIs(Place.OTHER, states.place(None, 'a', None))
        self.assertIs(Place.OTHER, states.place(None, None, None))


class TestMeaning(base.BaseTestCase):

    # What a real Nova shows, from a to b; the comment says when.
    SEEN = (
        ('ACTIVE', None, 'a', Meaning.AT_SOURCE),  # before; given up
        ('SHUTOFF', None, 'a', Meaning.AT_SOURCE),
        ('RESIZE', 'resize_prep', 'a', Meaning.UNDER_WAY),
        ('RESIZE', 'resize_migrating', 'a', Meaning.UNDER_WAY),
        ('RESIZE', 'resize_migrated', 'b', Meaning.UNDER_WAY),
        ('RESIZE', 'resize_finish', 'b', Meaning.UNDER_WAY),
        ('VERIFY_RESIZE', None, 'b', Meaning.MOVED),
        ('VERIFY_RESIZE', 'deleting', 'b', Meaning.UNDER_WAY),
        ('ACTIVE', None, 'b', Meaning.ARRIVED),
        ('SHUTOFF', None, 'b', Meaning.ARRIVED),
        ('ACTIVE', 'powering-off', 'b', Meaning.UNDER_WAY),  # by its owner
        ('REVERT_RESIZE', 'resize_reverting', 'b', Meaning.UNDER_WAY),
        ('REVERT_RESIZE', None, 'a', Meaning.UNDER_WAY),
        ('VERIFY_RESIZE', None, 'a', Meaning.NEVER_LEFT),  # as VMware does
        ('VERIFY_RESIZE', None, 'c', Meaning.MOVED_ELSEWHERE),
        ('ACTIVE', None, 'c', Meaning.ELSEWHERE),
        ('SHELVED_OFFLOADED', None, None, Meaning.ELSEWHERE),
        ('ERROR', None, 'a', Meaning.BROKEN),
        ('ERROR', None, 'b', Meaning.BROKEN),
        ('DELETED', None, 'b', Meaning.GONE),
        ('SOFT_DELETED', None, 'b', Meaning.GONE),
        # Not under way in Nova, but while it lasts not at rest either.
        ('MIGRATING', None, 'a', Meaning.UNDER_WAY),
    )

    def test_what_nova_shows(self):
        for status, task_state, host, meaning in self.SEEN:
            view = states.View(status, task_state, host)
            self.assertIs(meaning, states.meaning(view, 'a', 'b'), view)

    def test_any_host_will_do(self):
        view = states.View('VERIFY_RESIZE', None, 'c')
        self.assertIs(Meaning.MOVED, states.meaning(view, 'a', None))

    def test_no_such_server(self):
        self.assertIs(Meaning.GONE, states.meaning(None, 'a', 'b'))


class TestView(base.BaseTestCase):

    def test_reads_as_in_a_log_line(self):
        self.assertEqual(
            'RESIZE, task_state resize_prep, on host a',
            str(states.View('RESIZE', 'resize_prep', 'a', 'not shown')))
