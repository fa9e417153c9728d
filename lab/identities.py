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

"""Who can speak to the lab's Nova, in place of Keystone.

A request is made in the name of whom its token names.
"""

import typing


class Identity(typing.NamedTuple):
    """A user in a project.

    :ivar name: who this is in the lab
    :ivar user: the user's id; Nova's test authentication takes ``admin`` for
        an administrator
    :ivar project: the project's id
    :ivar roles: the user's roles in that project
    """

    name: str
    user: str
    project: str
    roles: typing.Tuple[str, ...]

    @property
    def token(self):
        """Give what to send as X-Auth-Token."""
        return 'token-of-%s' % self.name


ADMIN = Identity('admin', 'admin', 'admin-project',
                 ('admin', 'member', 'reader'))
# The service user of Watcher: another administrator.
WATCHER = ADMIN._replace(name='watcher')
# The benchmark's bare loop.
BARE_LOOP = ADMIN._replace(name='bare-loop')
OWNER = Identity('olga', 'olga', 'olgas-project', ('member', 'reader'))

BY_TOKEN = {identity.token: identity for identity in (
    ADMIN, WATCHER, BARE_LOOP, OWNER)}
