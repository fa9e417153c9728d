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

"""The openstack client in the process of a test."""

from unittest import mock

import fixtures
from openstackclient import shell
from oslotest import base

from lab.fullstack import openstack_client
from lab.support import accounts
from lab.support import errors


class TestClient(base.BaseTestCase):

    def setUp(self):
        super().setUp()
        # What a client sets up for the log stays in the process.
        self.useFixture(fixtures.MockPatch('osc_lib.logs.LogConfigurator'))

    def run_command(self, act):
        client = openstack_client.Client('http://keystone/v3', accounts.ADMIN)
        with mock.patch.object(shell.OpenStackShell, 'prepare_to_run_command',
                               autospec=True, side_effect=act):
            return client.run('server', 'list', '--limit', 5)

    def test_ctrl_c(self):
        """The client catches it; whoever called it is to end, too."""
        self.assertRaises(KeyboardInterrupt, self.run_command,
                          KeyboardInterrupt)

    def test_failure(self):
        error = self.assertRaises(errors.LabError, self.run_command,
                                  ValueError('no such thing'))
        self.assertIn('openstack server list --limit 5', str(error))
