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

"""Called again after the caller died, or ran out of time (P5)."""

import re

from lab.functional import base
from lab.support import waiting


class TestContinued(base.DyingApplierTestCase):

    def assert_continued(self, verdict):
        self.assertIs(True, verdict)
        self.assert_moved(self.server_id, self.destination)
        posts = self.posts(self.server_id)
        self.assertEqual(1, posts.count(('migrate', 202)))
        self.assertEqual(1, posts.count(('confirmResize', 204)))

    def continue_while_held(self, host, method):
        again = self.start(self.calling(self.server_id, self.destination))
        self.wait_for_line('adopting')
        self.cloud.clear_fault(host, method)
        self.assert_continued(again())

    def test_died_and_ended_by_hand(self):
        """The dead applier's log tells how."""
        self.hold(self.source, 'migrate_disk_and_power_off')
        self.kill_at_task('resize_migrating')
        self.cloud.clear_fault(self.source, 'migrate_disk_and_power_off')
        self.cloud.wait_for(self.server_id, 'VERIFY_RESIZE')
        self.applier_log.seek(0)
        server_id, = re.findall('openstack server resize confirm (\\S+)',
                                self.applier_log.read())
        self.cloud.admin.servers.confirm_resize(server_id)
        self.cloud.wait_for(self.server_id, 'ACTIVE')
        self.assertEqual(self.destination, self.cloud.host(self.server_id))

    def test_died_while_the_source_works(self):
        self.hold(self.source, 'migrate_disk_and_power_off')
        self.kill_at_task('resize_migrating')
        self.continue_while_held(self.source, 'migrate_disk_and_power_off')

    def test_died_while_the_destination_works(self):
        self.hold(self.destination, 'finish_migration')
        self.kill_at_task('resize_finish')
        self.continue_while_held(self.destination, 'finish_migration')

    def test_died_before_it_confirmed(self):
        self.hold_requests(self.server_id, method='POST',
                           action='confirmResize')
        applier = self.start_applier()
        self.wait_for_held_request(self.server_id)
        applier.kill()
        applier.wait()
        # The held request reaches Nova as one of a dead applier's.
        self.assertIs(True, self.call(self.server_id, self.destination))
        self.assert_moved(self.server_id, self.destination)

    def test_died_while_it_was_confirmed(self):
        self.hold(self.source, 'confirm_migration')
        self.kill_at(lambda: ('confirmResize', 204) in self.posts(
            self.server_id), 'the confirmation')
        again = self.start(self.calling(self.server_id, self.destination))
        self.wait_for_line('adopting')
        self.cloud.clear_fault(self.source, 'confirm_migration')
        self.assert_continued(again())

    def test_died_and_moved_meanwhile(self):
        self.hold(self.source, 'migrate_disk_and_power_off')
        self.kill_at_task('resize_migrating')
        self.cloud.clear_fault(self.source, 'migrate_disk_and_power_off')
        self.cloud.wait_for(self.server_id, 'VERIFY_RESIZE')
        self.assert_continued(self.call(self.server_id, self.destination))

    def test_died_and_given_up_meanwhile(self):
        """What Nova gave up is requested again."""
        self.hold(self.source, 'migrate_disk_and_power_off')
        self.kill_at_task('resize_migrating')
        self.cloud.set_fault(self.source, 'migrate_disk_and_power_off',
                             'roll_back')
        waiting.wait_until(lambda: self.cloud.is_idle(self.server_id),
                           'Nova has given it up')
        self.cloud.clear_fault(self.source, 'migrate_disk_and_power_off')
        self.assertIs(True, self.call(self.server_id, self.destination))
        self.assertEqual(
            ['error', 'confirmed'],
            [record['status']
             for record in self.cloud.migrations(self.server_id)])

    def test_no_host_asked_for(self):
        self.hold(self.source, 'migrate_disk_and_power_off')
        self.kill_at_task('resize_migrating')
        self.cloud.clear_fault(self.source, 'migrate_disk_and_power_off')
        self.cloud.wait_for(self.server_id, 'VERIFY_RESIZE')
        self.assert_continued(self.call(self.server_id, None))

    def test_out_of_time(self):
        self.hold(self.source, 'migrate_disk_and_power_off')
        with self.limited(base.WORK_LIMIT):
            self.assertIs(False, self.call(self.server_id, self.destination))
        self.continue_while_held(self.source, 'migrate_disk_and_power_off')

    def test_interval_of_a_minute(self):
        """The wait for others takes no time from the confirmation (P7)."""
        self.cloud.applier.servers.migrate(self.server_id,
                                           host=self.destination)
        self.cloud.wait_for(self.server_id, 'VERIFY_RESIZE')
        self.configure(nova={'migration_interval': 60.0})
        self.assertIs(True, self.call(self.server_id, self.destination))
        self.assert_is_moved(self.server_id, self.destination)
