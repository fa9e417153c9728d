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

"""A fixture for tests and programs: a watcher.conf."""

import configparser
import os

import fixtures

from lab.support import accounts


class WatcherConf(fixtures.Fixture):
    """A ``watcher.conf`` for the lab's Nova.

    :param nova: the :class:`lab.nova.process.NovaProcess`
    :param options: Watcher's options: a dict of dicts, by group

    :ivar path: the file's path
    """

    def __init__(self, nova, options):
        self._conf = configparser.ConfigParser(interpolation=None)
        self._conf.read_dict({
            'DEFAULT': {'transport_url': 'fake:/'},
            'oslo_messaging_notifications': {'driver': 'noop'},
            'watcher_clients_auth': dict(
                accounts.WATCHER.credentials, auth_type='password',
                auth_url=nova.keystone.url),
            # Watcher 16 and newer take it, too, and call it by other names.
            'nova_client': {'endpoint_type': accounts.INTERNAL,
                            'region_name': accounts.REGION}})
        if nova.cafile:
            self._conf['watcher_clients_auth']['cafile'] = nova.cafile
        self._conf.read_dict(options)

    def _setUp(self):
        self.path = os.path.join(self.useFixture(fixtures.TempDir()).path,
                                 'watcher.conf')
        with open(self.path, 'w') as file:
            self._conf.write(file)
