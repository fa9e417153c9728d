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

"""Glance in the fullstack cloud."""

import os

from lab.fullstack.services import base


class Glance(base.Project):
    """Images, in files."""

    name = 'glance'
    service_type = 'image'

    def options(self):
        """Give what differs from its defaults."""
        stores = {name: {'filesystem_store_datadir': self.site.subfolder(
            self.name, name)} for name in (
                'images', 'os_glance_staging_store', 'os_glance_tasks_store')}
        return dict(stores, **{
            'DEFAULT': {'enabled_backends': 'images:file'},
            'glance_store': {'default_backend': 'images'},
            'paste_deploy': {'flavor': 'keystone',
                             'config_file': self._stock(
                                 'glance-api-paste.ini')},
            'database': self._database(),
            'keystone_authtoken': self._authtoken(),
            'oslo_concurrency': self._lock_path()})

    def set_up(self):
        """Give the command that makes its database."""
        return [('glance-manage', '--config-file', self.conf, 'db_sync')]

    def services(self):
        """Give its API."""
        os.replace(self.conf, os.path.join(self.folder, 'glance-api.conf'))
        return [self.site.wsgi('glance', 'glance.wsgi.api', {
            'OS_GLANCE_CONFIG_DIR': self.folder})]
