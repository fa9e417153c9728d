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

"""What a cold migration needs of Nova, through python-novaclient.

Watcher 2.0 to 15.1 use that library. Only this module of the patch does.
"""

import contextlib

from keystoneauth1 import session
from novaclient import api_versions
from novaclient import client
from novaclient import exceptions as nvexceptions

from watcher.common.cold_migration import server
from watcher.common.cold_migration import states
from watcher.common.cold_migration import transport


class Nova(server.Nova):
    """Nova, through python-novaclient.

    :param helper: Watcher's NovaHelper; its client may be shared with others
    """

    def __init__(self, helper):
        self._nova = helper.nova
        http = self._nova.client
        if not isinstance(http.session, session.Session):
            super().__init__(None)
            return
        super().__init__(transport.Session(
            http.session, http.auth or http.session.auth))
        self._nova = self._client(server.MIGRATE_VERSION)

    def _client(self, version):
        """Make a client at the configured API version, or at this if newer."""
        if self._session is None:
            return self._nova
        http = self._nova.client
        return client.Client(
            max(self._nova.api_version, api_versions.APIVersion(version)),
            session=self._session, service_type=http.service_type,
            endpoint_type=http.interface,
            endpoint_override=http.endpoint_override,
            region_name=http.region_name)

    @contextlib.contextmanager
    def _translated_errors(self):
        with super()._translated_errors():
            try:
                yield
            except nvexceptions.ClientException as exc:
                raise self._error(exc.code, exc.message,
                                  exc.request_id) from exc

    def _with_status(self, version, status):
        migrations = self._client(version).migrations
        page = migrations.list(status=status)
        while page:
            for record in page:
                yield record.instance_uuid, record
            page = (version != server.MIGRATE_VERSION and
                    migrations.list(status=status, marker=page[-1].uuid))


class Server(Nova, server.Server):
    """One server, through python-novaclient.

    :param helper: Watcher's NovaHelper; its client may be shared with others
    :param server_id: the server's UUID
    """

    def __init__(self, helper, server_id):
        super().__init__(helper)
        self.id = server_id
        self._resource = None

    def _view(self):
        self._resource = self._nova.servers.get(self.id)
        if self._resource is None:
            return None
        # Reading an attribute that the reply lacks would ask Nova again.
        shown = vars(self._resource)
        return states.View(shown['status'],
                           shown.get('OS-EXT-STS:task_state') or None,
                           shown.get('OS-EXT-SRV-ATTR:host'),
                           (shown.get('fault') or {}).get('message'),
                           shown.get('flavor'), shown.get('updated'),
                           'OS-EXT-SRV-ATTR:host' in shown,
                           shown.get('tenant_id'))

    def migrate(self, host, seconds):
        """Ask for the migration; see the parent's."""
        with self._request(seconds):
            answer = self._resource.migrate(host=host)
            return next(iter(getattr(answer, 'request_ids', ())), None)

    def confirm(self, seconds):
        """Confirm the migration; see the parent's."""
        with self._request(seconds):
            self._resource.confirm_resize()

    def revert(self, seconds):
        """Revert the migration; see the parent's."""
        with self._request(seconds):
            self._resource.revert_resize()

    def _records(self, version):
        return self._client(version).migrations.list(instance_uuid=self.id)

    def _actions(self, version):
        return self._client(version).instance_action.list(self.id)

    def _events_of(self, version, request_id):
        return self._client(version).instance_action.get(
            self.id, request_id).events
