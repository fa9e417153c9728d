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

"""What OpenStack's services in the fullstack cloud have in common."""

import os
import shutil

from lab.keystone import process
from lab.support import accounts
from lab.support import processes


def data_folder(folder, name, user):
    """Make a service's data folder, its user's own where we are root."""
    path = os.path.join(folder, name)
    os.mkdir(path)
    if os.geteuid() == 0:
        shutil.chown(path, user, user)
    return path


class Project:
    """One of OpenStack's projects.

    :param site: the :class:`lab.fullstack.site.Site`
    """

    #: Its name, and that of its user.
    name = None
    #: What it is to the others.
    service_type = None

    def __init__(self, site):
        self.site = site
        self.user = accounts.Account(
            self.name, accounts.WATCHER.project, ('admin', 'service'))
        self.folder = site.subfolder(self.name)
        self.conf = site.configure(self.name, self.name + '.conf',
                                   self.options())

    def options(self):
        """Give what differs from its defaults, as a dict of dicts."""
        raise NotImplementedError

    def endpoints(self):
        """Give its lines of the service catalogue."""
        return [process.Endpoint(self.service_type, self.site.url(self.name))]

    def set_up(self):
        """Give the commands that make its database, in their order."""
        raise NotImplementedError

    def services(self):
        """Give its services, in the order in which they are started."""
        raise NotImplementedError

    def _daemon(self, name, *command):
        """Make a service that has no port.

        :param name: what it is called
        :param command: its program and arguments; the program of that name,
            where there are none
        """
        return processes.Process(
            name, [*(command or [self.site.program(name)]), '--config-file',
                   self.conf], self.site.logs)

    def _authtoken(self):
        return dict(self._credentials(),
                    www_authenticate_uri=self.site.url('keystone'))

    def _credentials(self, **more):
        return dict(self.user.credentials, auth_type='password',
                    auth_url=self.site.url('keystone', '/v3'), **more)

    def _oslo(self, **options):
        """Give the default options of one that sends messages."""
        return dict(options, transport_url=self.site.broker.url)

    def _database(self, name=None):
        return {'connection': self.site.database_url(name or self.name),
                # More processes than usual share one database server.
                'max_pool_size': 20}

    def _lock_path(self):
        return {'lock_path': self.site.subfolder(self.name, 'lock')}

    def _stock(self, name):
        """Have a configuration file beside ours, as it is released."""
        path = os.path.join(self.folder, name)
        if not os.path.lexists(path):
            os.symlink(self.site.stock_file(self.name, name), path)
        return path
