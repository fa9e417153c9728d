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

"""What tempest is told of the cloud: its tempest.conf."""

import os

from lab.fullstack import deployment as fullstack
from lab.support import accounts
from lab.tempest import deployment
from lab.watcher import release


# From this Watcher on, an action looks whether it is of use before it begins.
SKIPS_ACTIONS = 16


def write(running):
    """Write it.

    :param running: the :class:`lab.tempest.deployment.Deployment`
    :returns: its path
    """
    def id_of(kind, name):
        return running.admin.get(kind, 'show', name)['id']

    image = id_of('image', fullstack.IMAGE)
    options = {
        'DEFAULT': {'log_file': os.path.join(running.site.logs,
                                             'tempest.log')},
        'oslo_concurrency': {'lock_path': running.site.subfolder('tempest')},
        'auth': {
            'admin_username': accounts.ADMIN.user,
            'admin_password': accounts.ADMIN.password,
            'admin_project_name': accounts.ADMIN.project,
            'admin_domain_name': accounts.DOMAIN,
            # In Nova's policy an owner is a member.
            'tempest_roles': 'member',
            'create_isolated_networks': False},
        'identity': {'uri_v3': running.auth_url,
                     'region': accounts.REGION},
        'compute': {
            'image_ref': image, 'image_ref_alt': image,
            'flavor_ref': id_of('flavor', fullstack.FLAVOR),
            'flavor_ref_alt': id_of('flavor', deployment.SECOND_FLAVOR),
            'fixed_network_name': fullstack.NETWORK,
            'min_compute_nodes': 2, 'max_microversion': 'latest'},
        # Nobody logs in to a server.
        'validation': {'run_validation': False},
        # The tests want one, and don't use it.
        'network': {'public_network_id': id_of(
            'network', fullstack.NETWORK)},
        # The tests look at traits.
        'placement': {'min_microversion': '1.6', 'max_microversion': 'latest'},
        # Cinder is there, for Watcher, and has no volumes.
        'service_available': {'swift': False, 'cinder': False},
        'optimize': {
            # There are no metrics.
            'datasource': '',
            'min_microversion': '1.0', 'max_microversion': 'latest',
            'run_extended_attributes_tests': True,
            'run_zone_migration_extra_tests': True,
            'run_skipped_action_tests':
                release.MAJOR >= SKIPS_ACTIONS,
            'run_continuous_audit_tests': True}}
    return running.site.configure('tempest', 'tempest.conf', options)
