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
Whose = states.Whose

BEFORE = states.View('ACTIVE', None, 'a')
MIGRATING = states.View('RESIZE', 'resize_migrating', 'a')
WAITING = states.View('VERIFY_RESIZE', None, 'b')


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
        ('VERIFY_RESIZE', 'resize_confirming', 'b', Meaning.UNDER_WAY),
        ('ACTIVE', None, 'b', Meaning.ARRIVED),
        ('SHUTOFF', None, 'b', Meaning.ARRIVED),
        ('ACTIVE', 'powering-off', 'b', Meaning.ARRIVED),  # by its owner
        ('ACTIVE', 'image_uploading', 'a', Meaning.AT_SOURCE),
        ('ACTIVE', 'deleting', 'b', Meaning.UNDER_WAY),
        ('REVERT_RESIZE', 'resize_reverting', 'b', Meaning.UNDER_WAY),
        ('REVERT_RESIZE', None, 'a', Meaning.UNDER_WAY),
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
        # Not under way in Nova, but while it lasts not at rest either.
        ('MIGRATING', None, 'a', Meaning.UNDER_WAY),
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


class TestRecord(base.BaseTestCase):

    RECORD = states.Record(1, 'migration', 'finished', 'a', 'b',
                           '2026-11-22T10:18:36.552105')

    def whose(self, wanted, view=WAITING, **changes):
        return states.whose(view, [self.RECORD._replace(**changes)], wanted)

    def test_what_is_asked_for(self):
        for wanted in ('b', None):
            for status in ('migrating', 'finished', 'confirming'):
                self.assertIs(Whose.OURS, self.whose(wanted, status=status))

    def test_no_host_chosen_yet(self):
        self.assertIs(Whose.OURS, self.whose('b', MIGRATING, destination=None))

    def test_something_else(self):
        self.assertIs(Whose.OTHERS, self.whose('c'))
        for changes in ({'type': 'resize'}, {'type': 'live-migration'},
                        {'status': 'reverting'}):
            self.assertIs(Whose.OTHERS, self.whose(None, **changes))

    def test_only_the_newest_counts(self):
        resize = self.RECORD._replace(type='resize')
        self.assertIs(Whose.OTHERS, states.whose(
            WAITING, [resize, self.RECORD], 'b'))

    def test_not_on_record_yet(self):
        self.assertIs(Whose.UNKNOWN, states.whose(MIGRATING, [], 'b'))
        for status in ('confirmed', 'reverted', 'error'):
            self.assertIs(Whose.UNKNOWN,
                          self.whose('b', MIGRATING, status=status))

    def test_ended_since_the_look(self):
        self.assertIs(Whose.OURS, self.whose('b', status='confirmed'))
        self.assertIs(Whose.UNKNOWN, self.whose('b', status='reverted'))

    def test_being_reverted(self):
        """Nova has the record say so before the server is back."""
        for status in ('finished', 'reverting', 'reverted'):
            self.assertIs(Whose.OTHERS, self.whose(
                'b', WAITING._replace(status='REVERT_RESIZE'), status=status))

    def test_ended(self):
        there = BEFORE._replace(host='b')
        self.assertIs(Whose.OURS, self.whose(None, there, status='confirmed'))
        for view, changes in ((there, {'status': 'reverted'}),
                              (BEFORE, {'status': 'confirmed'}),
                              (there, {'status': 'confirmed',
                                       'type': 'resize'})):
            self.assertIs(Whose.NOBODYS, self.whose(None, view, **changes))
        self.assertIs(Whose.NOBODYS, states.whose(there, [], None))

    def test_not_shown(self):
        self.assertIs(Whose.OTHERS, states.whose(WAITING, None, None))
        self.assertIs(Whose.NOBODYS, states.whose(BEFORE, None, None))

    def test_still_the_same(self):
        ended = self.RECORD._replace(status='confirmed')
        self.assertTrue(states.is_still([ended], 'a', 'b'))
        self.assertTrue(states.is_still(None, 'a', 'b'))
        resize = ended._replace(type='resize')
        for records, source, host in (([ended], 'c', 'b'), ([], 'a', 'b'),
                                      ([ended], 'a', 'c'),
                                      ([resize], 'a', 'b')):
            self.assertFalse(states.is_still(records, source, host))

    def test_waiting(self):
        self.assertTrue(states.is_waiting([self.RECORD]))
        for records in ([self.RECORD._replace(status='confirming')], [], None):
            self.assertFalse(states.is_waiting(records))

    def test_being_confirmed(self):
        self.assertTrue(states.is_being_confirmed(
            [self.RECORD._replace(status='confirming')]))
        self.assertFalse(states.is_being_confirmed([self.RECORD]))

    def test_being_taken_back(self):
        self.assertTrue(states.is_being_reverted(
            WAITING._replace(status='REVERT_RESIZE')))
        for view in (WAITING, None):
            self.assertFalse(states.is_being_reverted(view))

    def test_to_its_source(self):
        in_place = self.RECORD._replace(destination='a')
        self.assertTrue(states.is_to_its_source([in_place], None))
        self.assertFalse(states.is_to_its_source([in_place], 'b'))
        self.assertFalse(states.is_to_its_source([self.RECORD], None))
        self.assertFalse(states.is_to_its_source([], None))
        self.assertFalse(states.is_to_its_source(None, None))

    def is_newer(self, updated, wanted='b', **changes):
        resize = self.RECORD._replace(id=2, type='resize')
        return states.is_any_newer(
            [resize, self.RECORD._replace(**changes)],
            BEFORE._replace(updated=updated), wanted)

    def test_newer(self):
        self.assertTrue(self.is_newer('2026-11-22T10:18:35Z'))
        self.assertFalse(self.is_newer('2026-11-22T10:18:37Z'))

    def test_in_doubt_it_is_newer(self):
        self.assertTrue(self.is_newer('2026-11-22T10:18:36Z'))

    def test_a_resize_is_not_meant(self):
        self.assertFalse(self.is_newer('2026-11-22T10:18:35Z', type='resize'))

    def test_another_destination_is_not_meant(self):
        before = '2026-11-22T10:18:35Z'
        self.assertFalse(self.is_newer(before, 'c'))
        self.assertTrue(self.is_newer(before, 'c', destination=None))
        self.assertTrue(self.is_newer(before, None))

    def test_none_is_known_to_be_newer(self):
        self.assertFalse(self.is_newer(None))
        self.assertFalse(states.is_any_newer(
            [], BEFORE._replace(updated=''), 'b'))


class TestView(base.BaseTestCase):

    def test_reads_as_in_a_log_line(self):
        self.assertEqual(
            'RESIZE, task_state resize_prep, on host a',
            str(states.View('RESIZE', 'resize_prep', 'a', 'not shown')))

    def test_settled(self):
        self.assertTrue(states.is_settled(BEFORE))
        self.assertFalse(states.is_settled(
            BEFORE._replace(task_state='powering-off')))
