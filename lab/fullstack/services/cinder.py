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

"""Cinder in the fullstack cloud."""

from lab.fullstack.services import base
from lab.keystone import process


class Cinder(base.Project):
    """Volumes, of which there are none: Watcher's strategies ask for them."""

    name = 'cinder'
    service_type = 'volumev3'

    def endpoints(self):
        """Give its lines of the service catalogue."""
        return [process.Endpoint(self.service_type,
                                 self.site.url(self.name, '/v3'))]

    def options(self):
        """Give what differs from its defaults."""
        return {
            'DEFAULT': self._oslo(
                auth_strategy='keystone',
                state_path=self.folder,
                api_paste_config=self._stock('api-paste.ini')),
            'database': self._database(),
            'keystone_authtoken': self._authtoken(),
            'oslo_concurrency': self._lock_path()}

    def set_up(self):
        """Give the command that makes its database."""
        return [('cinder-manage', '--config-file', self.conf, 'db', 'sync')]

    def services(self):
        """Give its API, and its scheduler, which knows of no host."""
        return [
            self.site.wsgi('cinder', 'cinder.wsgi.api', {},
                           '--config-file ' + self.conf),
            self._daemon('cinder-scheduler')]
