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

"""Neutron in the fullstack cloud."""

from lab.fullstack.services import base


class Neutron(base.Project):
    """Networks; its agents on the compute hosts only say that they live.

    :param site: the :class:`lab.fullstack.site.Site`
    :param hosts: the names of the compute hosts
    """

    name = 'neutron'
    service_type = 'network'

    def __init__(self, site, hosts):
        self._hosts = hosts
        super().__init__(site)

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
            self._daemon('neutron-rpc-server'), *self._agents()]

    def _agents(self):
        return [self._daemon('neutron-agents', *self.site.script(
            'network_agents.py'), *self._hosts)]
