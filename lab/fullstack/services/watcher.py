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


"""Watcher in the fullstack cloud: the patched one, of this Python."""

import os
import sys

from lab.fullstack.services import base
from lab.keystone import process
from lab.support import accounts
from lab.support import processes


API = 'watcher-api'
APPLIER = 'watcher-applier'
# The queue of what appliers are to do.
PLANS = 'watcher.applier.control'


class Watcher(base.Project):
    """Watcher as its installation guide has it.

    Its requests to Nova and Keystone go to the lab's proxies.

    :param site: the :class:`lab.fullstack.site.Site`
    :param differs: more options, a dict of dicts by section
    """

    name = 'watcher'
    service_type = 'infra-optim'

    def __init__(self, site, differs):
        self._differs = differs
        super().__init__(site)

    def endpoints(self):
        """Give its lines of the service catalogue."""
        return [process.Endpoint(self.service_type, self.site.url(API))]

    def options(self):
        """Give what differs from its defaults."""
        options = {
            'DEFAULT': self._oslo(state_path=self.folder),
            'database': self._database(),
            'keystone_authtoken': self._authtoken(),
            'watcher_clients_auth': dict(
                self._credentials(),
                auth_url=self.site.url('keystone-proxy', '/v3')),
            'nova_client': {'endpoint_type': accounts.INTERNAL},
            'oslo_messaging_notifications': {'driver': 'messagingv2'},
            'oslo_concurrency': self._lock_path()}
        for section, values in self._differs.items():
            options.setdefault(section, {}).update(values)
        return options

    def set_up(self):
        """Give the command that makes its database."""
        return [(self._program('watcher-db-manage'), '--config-file',
                 self.conf, 'upgrade')]

    def services(self):
        """Give its API, its decision engine and its applier."""
        return [self.site.wsgi(API, 'watcher.wsgi.api', {},
                               '--config-file ' + self.conf, sys.prefix),
                self._service('watcher-decision-engine'),
                self._service(APPLIER)]

    def another_applier(self, host):
        """Give the service of another applier.

        :param host: the name of the controller that it is on
        """
        options = self.options()
        options['DEFAULT']['host'] = host
        return self._service(
            APPLIER, '%s-%s' % (APPLIER, host),
            self.site.configure(self.name, host + '.conf', options))

    def _service(self, program, name=None, conf=None):
        return processes.Process(
            name or program, [*self._command(program), '--config-file',
                              conf or self.conf], self.site.logs)

    def _command(self, name):
        """Give the command that runs a service, without its arguments."""
        return [self._program(name)]

    @staticmethod
    def _program(name):
        return os.path.join(sys.prefix, 'bin', name)
