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

"""Others act meanwhile, or have begun: the verdict is true all the same.

Stages are forced: a driver is held, or Watcher's confirmation is kept from
Nova, until the others have acted.
"""

from lab.functional import base


class OneServerTestCase(base.TestCase):

    def setUp(self):
        super().setUp()
        self.server_id = self.boot()
        self.source = self.cloud.host(self.server_id)
        self.destination = self.other_host(self.server_id)


class TestOthersEndIt(OneServerTestCase):
    """The server has moved, and somebody is faster than Watcher."""

    def while_it_waits(self, act):
        """Act while the server waits, and Watcher's confirmation is lost.

        Returns the verdict.
        """
        self.break_replies(self.server_id, method='POST',
                           action='confirmResize', status=503, times=None)
        action = self.action(self.server_id, self.destination)
        with self.in_background(action.execute) as verdict:
            self.cloud.wait_for(self.server_id, 'VERIFY_RESIZE')
            act(self.server_id)
            self.cloud.mend_replies()
        return verdict()

    def assert_not_confirmed_by_watcher(self):
        self.assertNotIn(('confirmResize', 204), self.posts(self.server_id))

    def test_nova_confirms(self):
        self.assertIs(True, self.while_it_waits(self.cloud.let_nova_confirm))
        self.assert_moved(self.server_id, self.destination)
        self.assert_not_confirmed_by_watcher()

    def test_a_person_confirms(self):
        self.assertIs(True, self.while_it_waits(
            self.cloud.admin.servers.confirm_resize))
        self.assert_moved(self.server_id, self.destination)

    def test_a_person_confirms_and_its_owner_stops_it(self):
        def confirm_and_stop(server_id):
            self.cloud.admin.servers.confirm_resize(server_id)
            self.cloud.wait_for(server_id, 'ACTIVE')
            self.cloud.stop(server_id)

        self.assertIs(True, self.while_it_waits(confirm_and_stop))
        self.assert_moved(self.server_id, self.destination)

    def test_a_person_reverts(self):
        def revert(server_id):
            self.cloud.admin.servers.revert_resize(server_id)
            self.cloud.wait_for(server_id, 'ACTIVE')

        self.assertIs(False, self.while_it_waits(revert))
        self.assertEqual(self.source, self.cloud.host(self.server_id))
        self.assert_explained(self.server_id, 'back where it started')

    def test_its_owner_deletes_it(self):
        def delete_unseen(server_id):
            # Nova confirms it first: for a moment it has truly moved.
            self.break_replies(server_id, status=503, times=None)
            self.cloud.delete(server_id)

        self.assertIs(False, self.while_it_waits(delete_unseen))
        self.assert_explained(self.server_id, 'was deleted')


class TestDeletedOnItsWay(base.TestCase):

    def test_its_owner_deletes_it(self):
        server_id = self.boot()
        destination = self.other_host(server_id)
        self.hold(destination, 'finish_migration')
        action = self.action(server_id, destination)
        with self.in_background(action.execute) as verdict:
            self.cloud.wait_for_task(server_id, 'resize_finish')
            self.cloud.owner.servers.delete(server_id)
            self.cloud.clear_fault(destination, 'finish_migration')
        self.assertIs(False, verdict())
        # Nova may put it into ERROR on the way.
        self.assertRegex(self.assert_explained(server_id),
                         'was deleted|is in ERROR')


class TestTakenUp(OneServerTestCase):
    """The same migration is there when the call starts."""

    def begin(self):
        self.cloud.admin.servers.migrate(self.server_id,
                                         host=self.destination)

    def assert_taken_up(self, destination):
        self.assertIs(True, self.call(self.server_id, destination))
        self.assert_moved(self.server_id, self.destination)
        self.assertNotIn('migrate', dict(self.posts(self.server_id)))
        self.assertIn('from %s to %s succeeded' %
                      (self.source, self.destination), self.log.output)

    def test_under_way(self):
        self.hold(self.destination, 'finish_migration')
        self.begin()
        self.cloud.wait_for_task(self.server_id, 'resize_finish')
        with self.in_background(
                lambda: self.call(self.server_id, self.destination)) as done:
            self.wait_for_line('taking up')
            self.cloud.clear_fault(self.destination, 'finish_migration')
        self.assertIs(True, done())
        self.assert_moved(self.server_id, self.destination)

    def test_waiting(self):
        self.begin()
        self.cloud.wait_for(self.server_id, 'VERIFY_RESIZE')
        self.assert_taken_up(self.destination)

    def test_waiting_and_no_host_asked_for(self):
        self.begin()
        self.cloud.wait_for(self.server_id, 'VERIFY_RESIZE')
        self.assert_taken_up(None)

    def test_confirming(self):
        self.hold(self.source, 'confirm_migration')
        self.begin()
        self.cloud.wait_for(self.server_id, 'VERIFY_RESIZE')
        self.cloud.admin.servers.confirm_resize(self.server_id)
        with self.in_background(
                lambda: self.call(self.server_id, self.destination)) as done:
            self.wait_for_line('somebody else was faster')
            self.cloud.clear_fault(self.source, 'confirm_migration')
        self.assertIs(True, done())
        self.assert_moved(self.server_id, self.destination)

    def test_two_appliers(self):
        with self.in_background(lambda: self.call(
                self.server_id, self.destination)) as other:
            one = self.call(self.server_id, self.destination)
        self.assertEqual((True, True), (one, other()))
        self.assert_moved(self.server_id, self.destination)
        self.assertEqual(1, self.posts(self.server_id).count(
            ('migrate', 202)))


class TestHandsOff(OneServerTestCase):
    """What is there when the call starts is not what is asked for (P5)."""

    def assert_left_alone(self, asked_for, status='VERIFY_RESIZE'):
        self.assertIs(False, self.call(self.server_id, asked_for))
        self.assert_explained(self.server_id, 'left alone')
        self.assertEqual([], self.posts(self.server_id))
        self.assertEqual(status, self.cloud.show(self.server_id)['status'])

    def resize(self):
        self.cloud.owner.servers.resize(self.server_id,
                                        self.cloud.flavor(ram=128))

    def third_host(self):
        return next(host for host in self.cloud.hosts
                    if host not in (self.source, self.destination))

    def test_resize_waiting(self):
        self.resize()
        self.cloud.wait_for(self.server_id, 'VERIFY_RESIZE')
        # Even where it went to the host that is asked for.
        self.assert_left_alone(self.cloud.host(self.server_id))

    def test_resize_waiting_and_no_host_asked_for(self):
        self.resize()
        self.cloud.wait_for(self.server_id, 'VERIFY_RESIZE')
        self.assert_left_alone(None)

    def test_resize_under_way(self):
        self.hold(self.source, 'migrate_disk_and_power_off')
        self.resize()
        self.cloud.wait_for_task(self.server_id, 'resize_migrating')
        self.assert_left_alone(None, 'RESIZE')

    def test_migration_to_another_host_waiting(self):
        self.cloud.admin.servers.migrate(self.server_id,
                                         host=self.destination)
        self.cloud.wait_for(self.server_id, 'VERIFY_RESIZE')
        self.assert_left_alone(self.third_host())

    def test_migration_to_another_host_under_way(self):
        self.hold(self.source, 'migrate_disk_and_power_off')
        self.cloud.admin.servers.migrate(self.server_id,
                                         host=self.destination)
        self.cloud.wait_for_task(self.server_id, 'resize_migrating')
        self.assert_left_alone(self.third_host(), 'RESIZE')
