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

"""What the hypervisor cloud is judged by, without one."""

import os
from unittest import mock

from oslotest import base

from lab.hypervisor import guest
from lab.hypervisor import host
from lab.hypervisor import trial

ID = '38574699-f478-41ff-9b35-71f42c8d9726'
MOVED = guest.Truth(('b',), ('b',), ('b',), 2, True)


class TestTruth(base.BaseTestCase):

    def test_all_is_well(self):
        self.assertIsNone(MOVED.problem('b', True, 2))

    def test_stopped(self):
        stopped = MOVED._replace(running=(), boots=1)
        self.assertIsNone(stopped.problem('b', False, 1))
        self.assertIn('the guest is', stopped.problem('b', True, 1))

    def test_something_is_wrong(self):
        for wrong in ({'hosts': ('a', 'b')}, {'disks': ('a', 'b')},
                      {'running': ('a', 'b')}, {'running': ()}, {'boots': 1},
                      {'is_whole': False}):
            self.assertIn('the guest is',
                          MOVED._replace(**wrong).problem('b', True, 2))


class TestShortened(base.BaseTestCase):

    def test_success(self):
        self.assertEqual('succeeded after 33.7 s', trial.shortened(
            '... Cold migration of server %s from a to b succeeded after '
            '33.7 s' % ID))

    def test_failure(self):
        self.assertEqual(
            'failed after 1.0 s: confirm UUID', trial.shortened(
                '... Cold migration of server %s from a to b failed after '
                '1.0 s: confirm %s (Nova request req-%s)' % (ID, ID, ID)))


class TestWhyNot(base.BaseTestCase):

    def test_not_root(self):
        with mock.patch.object(os, 'geteuid', lambda: 1000):
            self.assertIn('only root', host.why_not())

    def test_another_distribution(self):
        with mock.patch.object(os, 'geteuid', lambda: 0), \
                mock.patch.object(host.shutil, 'which',
                                  lambda name: name != 'apt-get'):
            self.assertEqual('there is no apt-get', host.why_not())
