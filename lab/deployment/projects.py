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


"""OpenStack's projects in the deployment: how each is set up and started.

Every configuration file holds what differs from a stock installation.
"""

import os

from lab.deployment import service
from lab import identities
from lab import keystone

HOSTS = ('compute1', 'compute2', 'compute3', 'compute4')


class Project:
    """One of OpenStack's projects.

    :param site: the :class:`lab.deployment.site.Site`
    """

    #: Its name, and that of its user.
    name = None
    #: What it is to the others.
    service_type = None

    def __init__(self, site):
        self.site = site
        self.user = identities.Identity(
            self.name, identities.WATCHER.project, ('admin', 'service'))
        self.folder = site.subfolder(self.name)
        self.conf = site.configure(self.name, self.name + '.conf',
                                   self.options())

    def options(self):
        """Give what differs from its defaults, as a dict of dicts."""
        raise NotImplementedError

    def endpoints(self):
        """Give its lines of the service catalogue."""
        return [keystone.Endpoint(self.service_type, self.site.url(self.name))]

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
        return service.Service(
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
        return dict(options, transport_url=self.site.transport_url)

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


class Placement(Project):
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


class Glance(Project):
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


class Neutron(Project):
    """Networks; its agents on the compute hosts only say that they live."""

    name = 'neutron'
    service_type = 'network'

    def options(self):
        """Give what differs from its defaults."""
        return {
            'DEFAULT': self._oslo(
                core_plugin='ml2', service_plugins='',
                state_path=self.folder,
                api_paste_config=self._stock('api-paste.ini'),
                notify_nova_on_port_status_changes=False,
                notify_nova_on_port_data_changes=False),
            # Nobody moves a packet.
            'ml2': {'type_drivers': 'local', 'tenant_network_types': 'local',
                    'mechanism_drivers': 'openvswitch'},
            'quotas': {'quota_port': -1},
            'database': self._database(),
            'keystone_authtoken': self._authtoken(),
            'oslo_concurrency': self._lock_path()}

    def set_up(self):
        """Give the command that makes its database."""
        return [('neutron-db-manage', '--config-file', self.conf, 'upgrade',
                 'heads')]

    def services(self):
        """Give its API, what the agents talk to, and the agents."""
        return [
            self.site.wsgi('neutron', 'neutron.wsgi.api', {
                'OS_NEUTRON_CONFIG_DIR': self.folder,
                'OS_NEUTRON_CONFIG_FILES': 'neutron.conf'}),
            self._daemon('neutron-rpc-server'),
            self._daemon('neutron-agents',
                         *self.site.script('network_agents.py'), *HOSTS)]


class Cinder(Project):
    """Volumes, of which there are none: Watcher's strategies ask for them."""

    name = 'cinder'
    service_type = 'volumev3'

    def endpoints(self):
        """Give its lines of the service catalogue."""
        return [keystone.Endpoint(self.service_type,
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


class Nova(Project):
    """Servers, on four compute hosts that pretend to run them."""

    name = 'nova'
    service_type = 'compute'

    def endpoints(self):
        """Give its lines of the service catalogue; Watcher has its own."""
        return [
            keystone.Endpoint(self.service_type,
                              self.site.url('nova-api', '/v2.1')),
            keystone.Endpoint(self.service_type,
                              self.site.url('nova-proxy', '/v2.1'),
                              identities.INTERNAL)]

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
            'placement': self._credentials(region_name=identities.REGION),
            'neutron': self._credentials(region_name=identities.REGION),
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
            *(self._compute(host) for host in HOSTS)]

    def _compute(self, host):
        conf = self.site.configure(self.name, host + '.conf', self._common(
            # Its identity is there.
            host=host, state_path=self.site.subfolder(self.name, host),
            compute_driver='fake.SteadyFakeDriver'))
        return service.Service('nova-compute-' + host, [
            *self.site.script('nova_compute.py'), '--config-file', conf],
            self.site.logs)
