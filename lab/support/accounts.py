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

"""The users of the lab's cloud, and where they find its services."""

import typing

# Where the lab's services are.
REGION = 'RegionOne'
# The interface that people use, and the one that Watcher uses.
PUBLIC, INTERNAL = 'public', 'internal'
# Of users and projects.
DOMAIN = 'Default'


class Account(typing.NamedTuple):
    """A user in a project.

    :ivar user: the user's name
    :ivar project: the project's name
    :ivar roles: the names of the user's roles in that project
    """

    user: str
    project: str
    roles: typing.Tuple[str, ...]

    @property
    def password(self):
        """Give the user's password."""
        return 'password-of-%s' % self.user

    @property
    def credentials(self):
        """Give the credentials, by keystoneauth's names, as a dict."""
        return {'username': self.user, 'password': self.password,
                'user_domain_name': DOMAIN, 'project_name': self.project,
                'project_domain_name': DOMAIN}

    def environment(self, **more):
        """Give what the user exports for the openstack client, as a dict.

        :param more: what else it is told, such as ``auth_url``
        """
        return {'OS_' + name.upper(): value
                for name, value in dict(self.credentials, **more).items()}


ADMIN = Account('admin', 'admin', ('admin',))
# The service users: Watcher's is another administrator, Nova's checks tokens.
WATCHER = Account('watcher', 'service', ('admin',))
NOVA = Account('nova', 'service', ('service',))
# The benchmark's bare loop.
BARE_LOOP = Account('bare-loop', 'admin', ('admin',))
OWNER = Account('olga', 'olgas-project', ('member',))
# Another ordinary user, with nothing in common with the owner.
STRANGER = Account('sam', 'sams-project', ('member',))

# All but the one that a Keystone begins with.
OTHERS = (WATCHER, NOVA, BARE_LOOP, OWNER, STRANGER)
