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

"""What a look, and the records, mean: a row for each state."""

from oslotest import base

from watcher.common.cold_migration import states

Meaning = states.Meaning
Place = states.Place
Story = states.Story

BEFORE = states.View('ACTIVE', None, 'a')
MIGRATING = states.View('RESIZE', 'resize_migrating', 'a')
WAITING = states.View('VERIFY_RESIZE', None, 'b')


class TestPlace(base.BaseTestCase):

    def place(self, host, source, wanted):
        return states.place(BEFORE._replace(host=host), source, wanted)

    def test_named_host(self):
        self.assertIs(Place.WANTED, self.place('b', 'a', 'b'))
        self.assertIs(Place.SOURCE, self.place('a', 'a', 'b'))
        self.assertIs(Place.OTHER, self.place('c', 'a', 'b'))

    def test_any_host(self):
        self.assertIs(Place.WANTED, self.place('b', 'a', None))
        self.assertIs(Place.SOURCE, self.place('a', 'a', None))

    def test_source_is_asked_for(self):
        self.assertIs(Place.WANTED, self.place('a', 'a', 'a'))

    def test_no_host(self):
        self.assertIs(Place.OTHER, self.place(None, 'a', None))
        self.assertIs(Place.OTHER, self.place(None, None, None))


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
        ('VERIFY_RESIZE', 'deleting', 'b', Meaning.BUSY),
        ('VERIFY_RESIZE', 'resize_confirming', 'b', Meaning.UNDER_WAY),
        ('ACTIVE', None, 'b', Meaning.ARRIVED),
        ('SHUTOFF', None, 'b', Meaning.ARRIVED),
        ('ACTIVE', 'powering-off', 'b', Meaning.ARRIVED_BUSY),  # by its owner
        ('ACTIVE', 'image_uploading', 'a', Meaning.AT_SOURCE),
        ('ACTIVE', 'deleting', 'b', Meaning.BUSY),
        ('REVERT_RESIZE', 'resize_reverting', 'b', Meaning.REVERTING),
        ('REVERT_RESIZE', None, 'a', Meaning.REVERTING),
        ('VERIFY_RESIZE', None, 'a', Meaning.NEVER_LEFT),  # as VMware does
        ('VERIFY_RESIZE', None, 'c', Meaning.MOVED_ELSEWHERE),
        ('ACTIVE', None, 'c', Meaning.ELSEWHERE),
        ('SHELVED_OFFLOADED', None, None, Meaning.ELSEWHERE),
        ('BUILD', 'scheduling', None, Meaning.ELSEWHERE),
        ('ERROR', None, None, Meaning.BROKEN),  # never built
        ('ERROR', None, 'a', Meaning.BROKEN),
        ('ERROR', None, 'b', Meaning.BROKEN),
        ('DELETED', None, 'b', Meaning.GONE),
        ('SOFT_DELETED', None, 'b', Meaning.GONE),
        ('MIGRATING', None, 'a', Meaning.BUSY),
    )

    def test_what_nova_shows(self):
        for status, task_state, host, meaning in self.SEEN:
            view = states.View(status, task_state, host)
            self.assertIs(meaning, states.meaning(view, BEFORE, 'b'), view)

    def test_host_is_not_shown(self):
        for status in ('ACTIVE', 'RESIZE', 'VERIFY_RESIZE', 'ERROR'):
            view = states.View(status, None, None, is_host_shown=False)
            self.assertIs(Meaning.HIDDEN, states.meaning(view, view, None))
        view = states.View('SOFT_DELETED', None, None, is_host_shown=False)
        self.assertIs(Meaning.GONE, states.meaning(view, view, None))

    def test_any_host_will_do(self):
        view = states.View('VERIFY_RESIZE', None, 'c')
        self.assertIs(Meaning.MOVED, states.meaning(view, BEFORE, None))

    def test_no_such_server(self):
        self.assertIs(Meaning.GONE, states.meaning(None, BEFORE, 'b'))

    def test_resized_by_somebody(self):
        before = BEFORE._replace(flavor={'original_name': 'small'})
        for flavor, meaning in (('small', Meaning.MOVED),
                                ('large', Meaning.RESIZED)):
            view = states.View('VERIFY_RESIZE', None, 'b',
                               flavor={'original_name': flavor})
            self.assertIs(meaning, states.meaning(view, before, 'b'))


class TestStory(base.BaseTestCase):

    RECORD = states.Record(1, 'migration', 'finished', 'a', 'b',
                           '2026-11-22T10:18:36.552105')
    THERE = BEFORE._replace(host='b')

    def assert_says(self, story, view, wanted='b', source=None, **changes):
        record = self.RECORD._replace(**changes)
        self.assertIs(story, states.story([record], view, wanted, source))

    def test_not_shown(self):
        for view in (MIGRATING, WAITING, self.THERE):
            self.assertIs(Story.HIDDEN, states.story(None, view, 'b'))

    def test_none(self):
        for view in (MIGRATING, self.THERE):
            self.assertIs(Story.NOTHING, states.story([], view, 'b'))
        # A server that is to be confirmed has one.
        self.assertIs(Story.HIDDEN, states.story([], WAITING, 'b'))

    def test_status_of_what_was_asked_for(self):
        for status, story in (('finished', Story.FINISHED),
                              ('confirming', Story.CONFIRMING),
                              ('confirmed', Story.CONFIRMED),
                              ('reverting', Story.REVERTING),
                              ('reverted', Story.FAILED),
                              ('error', Story.FAILED)):
            for wanted in ('b', None):
                self.assert_says(story, WAITING, wanted, status=status)

    def test_under_way(self):
        for status in ('pre-migrating', 'migrating', 'post-migrating'):
            self.assert_says(Story.UNDER_WAY, MIGRATING, status=status)
        self.assert_says(Story.UNDER_WAY, MIGRATING, status='pre-migrating',
                         destination=None)

    def test_something_else(self):
        for changes in ({'type': 'resize'}, {'type': 'live-migration'}):
            self.assert_says(Story.OTHERS, WAITING, **changes)
        self.assert_says(Story.OTHERS, WAITING, 'c')
        self.assert_says(Story.OTHERS, WAITING, source='c')
        # Nobody asks for a migration to the host that the server is on.
        self.assertIs(Story.OTHERS, states.story(
            [self.RECORD._replace(source='b')], WAITING, 'b'))

    def test_a_persons(self):
        for status in ('migrating', 'finished'):
            self.assert_says(Story.PERSONS, MIGRATING, status=status,
                             person='olga')

    def test_requester_of_a_confirmed_one_does_not_matter(self):
        for status, story in (('confirming', Story.CONFIRMING),
                              ('confirmed', Story.CONFIRMED)):
            self.assert_says(story, WAITING, status=status, person='olga')

    def test_newest_counts(self):
        resize = self.RECORD._replace(type='resize')
        self.assertIs(Story.OTHERS, states.story(
            [resize, self.RECORD], WAITING, 'b'))

    def test_not_on_record_yet(self):
        """The newest record is of an earlier migration."""
        for status in ('confirmed', 'reverted', 'error'):
            self.assert_says(Story.NOTHING, MIGRATING, status=status)

    def test_begun_after_the_look(self):
        self.assert_says(Story.NOTHING, WAITING, status='migrating')
        self.assert_says(Story.NOTHING, WAITING, None, destination='c')
        self.assert_says(Story.NOTHING, WAITING, type='resize',
                         status='pre-migrating')

    def test_how_it_came_where_it_is(self):
        for status, story in (('finished', Story.FINISHED),
                              ('post-migrating', Story.UNDER_WAY),
                              ('confirming', Story.CONFIRMING),
                              ('confirmed', Story.CONFIRMED),
                              ('error', Story.FAILED)):
            self.assert_says(story, self.THERE, status=status)
            self.assert_says(story, self.THERE, None, status=status)

    def test_what_began_since_it_came_does_not_matter(self):
        leaving = self.RECORD._replace(source='b', destination='c')
        resize = self.RECORD._replace(source='b', type='resize')
        for since in (leaving, resize):
            self.assertIs(Story.FINISHED, states.story(
                [since, self.RECORD], self.THERE, 'b'))

    def test_came_otherwise(self):
        self.assert_says(Story.OTHERS, self.THERE, type='resize')
        self.assert_says(Story.NOTHING, self.THERE, type='live-migration',
                         status='completed')
        self.assert_says(Story.NOTHING, self.THERE, destination='c')


class TestBegun(base.BaseTestCase):

    def begun(self, updated, wanted='b', **changes):
        resize = TestStory.RECORD._replace(id=2, type='resize')
        return states.begun(
            [resize, TestStory.RECORD._replace(**changes)],
            BEFORE._replace(updated='2026-11-22T10:18:37Z'),
            BEFORE._replace(updated=updated), wanted)

    def begun_unchanged(self, age):
        view = BEFORE._replace(updated='2026-11-22T10:18:36Z', age=age)
        return states.begun([TestStory.RECORD], view, view, 'b')

    def test_newer(self):
        self.assertIs(Story.BEGUN, self.begun('2026-11-22T10:18:35Z'))
        self.assertIs(Story.NOTHING, self.begun('2026-11-22T10:18:37Z'))

    def test_in_doubt_it_has(self):
        self.assertIs(Story.BEGUN, self.begun('2026-11-22T10:18:36Z'))

    def test_something_else_is_not_meant(self):
        for changes in ({'type': 'resize'}, {'person': 'olga'},
                        {'wanted': 'c'}):
            self.assertIs(Story.NOTHING, self.begun(
                '2026-11-22T10:18:35Z', **changes))

    def test_any_host_or_none_chosen(self):
        for changes in ({'wanted': None},
                        {'wanted': 'c', 'destination': None}):
            self.assertIs(Story.BEGUN, self.begun(
                '2026-11-22T10:18:35Z', **changes))

    def test_not_known(self):
        self.assertIs(Story.NOTHING, self.begun(None))
        self.assertIs(Story.HIDDEN, states.begun(None, BEFORE, BEFORE, 'b'))

    def test_nothing_has_changed_since(self):
        """The record is of what failed in the second of the last change."""
        self.assertIs(Story.NOTHING, self.begun_unchanged(age=5))

    def test_begun_and_ended_in_the_second_of_the_look(self):
        """In doubt again; this host's clock may be behind, too."""
        for age in (4.9, 0, -3600):
            self.assertIs(Story.BEGUN, self.begun_unchanged(age))


class TestView(base.BaseTestCase):

    def test_reads_as_in_a_log_line(self):
        self.assertEqual(
            'RESIZE, task_state resize_prep, on host a',
            str(states.View('RESIZE', 'resize_prep', 'a', 'not shown')))
