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

"""Nova in the fullstack cloud."""

from lab.fullstack.services import base
from lab.keystone import process
from lab.support import accounts
from lab.support import processes


class Nova(base.Project):
    """Servers, on four compute hosts that pretend to run them."""

    name = 'nova'
    service_type = 'compute'
    #: The names of its compute hosts.
    hosts = ('compute1', 'compute2', 'compute3', 'compute4')

    def endpoints(self):
        """Give its lines of the service catalogue; Watcher has its own."""
        return [
            process.Endpoint(self.service_type,
                             self.site.url('nova-api', '/v2.1')),
            process.Endpoint(self.service_type,
                             self.site.url('nova-proxy', '/v2.1'),
                             accounts.INTERNAL)]

    def options(self):
        """Give what differs from its defaults."""
        return dict(
            self._common(state_path=self.folder, host='controller'),
            api_database=self._database('nova_api'),
            database=self._database())

    def _common(self, **default):
        """Give what each of its services is told, databases aside."""
        return {
            'DEFAULT': self._oslo(**default),
            'wsgi': {'api_paste_config': self._stock('api-paste.ini')},
            'keystone_authtoken': self._authtoken(),
            'placement': self._credentials(region_name=accounts.REGION),
            'neutron': self._credentials(region_name=accounts.REGION),
            'service_user': self._credentials(send_service_user_token=True),
            'quota': {'instances': -1, 'cores': -1, 'ram': -1},
            # As Watcher's installation guide asks for.
            'notifications': {'notification_format': 'versioned'},
            'oslo_messaging_notifications': {'driver': 'messagingv2'},
            'vnc': {'enabled': False},
            'conductor': {'workers': 1},
            'scheduler': {'workers': 1},
            'oslo_concurrency': self._lock_path()}

    def set_up(self):
        """Give the commands that make its databases and its cell."""
        manage = ('nova-manage', '--config-file', self.conf)
        return (
            (*manage, 'api_db', 'sync'),
            (*manage, 'cell_v2', 'map_cell0', '--database_connection',
             self.site.database_url('nova_cell0')),
            (*manage, 'cell_v2', 'create_cell', '--name', 'cell1'),
            (*manage, 'db', 'sync'))

    def discover_hosts(self):
        """Give the command that makes compute hosts known."""
        return ('nova-manage', '--config-file', self.conf, 'cell_v2',
                'discover_hosts')

    def services(self):
        """Give its services: the API, and what has no port."""
        return [
            self.site.wsgi('nova-api', 'nova.wsgi.osapi_compute', {
                'OS_NOVA_CONFIG_DIR': self.folder}),
            self._daemon('nova-conductor'),
            self._daemon('nova-scheduler'),
            *(service for host in self.hosts
              for service in self._services_of(host))]

    def _services_of(self, host):
        """Give what runs on a compute host."""
        conf = self.site.configure(self.name, host + '.conf', self._common(
            # Its account is there.
            host=host, state_path=self.site.subfolder(self.name, host),
            compute_driver='fake.SteadyFakeDriver'))
        return [processes.Process('nova-compute-' + host, [
            *self.site.script('nova_compute.py'), '--config-file', conf],
            self.site.logs)]
