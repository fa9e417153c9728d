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

"""Placement in the fullstack cloud."""

from lab.fullstack.services import base


class Placement(base.Project):
    """What each compute host has room for."""

    name = 'placement'
    service_type = 'placement'

    def options(self):
        """Give what differs from its defaults."""
        return {'placement_database': self._database(),
                'keystone_authtoken': self._authtoken()}

    def set_up(self):
        """Give the command that makes its database."""
        return [('placement-manage', '--config-file', self.conf, 'db', 'sync')]

    def services(self):
        """Give its API."""
        return [self.site.wsgi('placement', 'placement.wsgi.api', {
            'OS_PLACEMENT_CONFIG_DIR': self.folder})]
