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

"""What a cold migration needs of Nova, through openstacksdk.

Watcher uses that library from 16.0 on. Only this module of the patch does.
"""

import contextlib
import copy

from keystoneauth1 import discover
from keystoneauth1 import session
from openstack import exceptions as sdk_exceptions
from oslo_config import cfg

from watcher.common.cold_migration import exceptions
from watcher.common.cold_migration import server
from watcher.common.cold_migration import states
from watcher.common.cold_migration import transport

CONF = cfg.CONF


class Nova(server.Nova):
    """Nova, through openstacksdk.

    :param helper: Watcher's NovaHelper; its connection may be shared with
        others
    """

    def __init__(self, helper):
        self._helper = helper
        shared = helper.connection.session
        super().__init__(transport.Session(shared, shared.auth)
                         if isinstance(shared, session.Session) else None)

    def _compute(self, version=server.MIGRATE_VERSION):
        """Give a proxy at the configured API version, or at this if newer."""
        connection = self._helper.connection
        if self._session is None:
            return connection.compute
        # A new connection logs in by the shared session: without a time limit,
        # unless that has a token already.
        self._session.get_auth_headers()
        if not getattr(connection.session.auth, 'auth_ref', True):
            connection.session.auth.auth_ref = self._session.auth.auth_ref
        own = copy.copy(connection.compute)
        own.session = self._session
        # The library asks the connection for the project of what it gets.
        own._connection = copy.copy(connection)
        own._connection._session = self._session
        own.default_microversion = max(
            CONF.nova.api_version, version,
            key=discover.normalize_version_number)
        return own

    @contextlib.contextmanager
    def _translated_errors(self):
        with super()._translated_errors():
            try:
                yield
            except sdk_exceptions.NotFoundException as exc:
                raise self._error(404, exc.details, exc.request_id) from exc
            except sdk_exceptions.HttpException as exc:
                raise self._error(exc.status_code, exc.details,
                                  exc.request_id) from exc
            except sdk_exceptions.SDKException as exc:
                raise exceptions.Unavailable(str(exc)) from exc

    def _with_status(self, version, status):
        # The library gets all pages.
        for record in self._compute(version).migrations(status=status):
            yield record.server_id, record


class Server(Nova, server.Server):
    """One server, through openstacksdk.

    :param helper: Watcher's NovaHelper; its connection may be shared with
        others
    :param server_id: the server's UUID
    """

    def __init__(self, helper, server_id):
        super().__init__(helper)
        self.id = server_id

    def _view(self):
        shown = self._compute().get_server(self.id)
        if shown.status is None:
            raise ValueError('no status')
        # The library gives None also for what is not shown. Who may see the
        # host may see the name, which is always a string.
        return states.View(shown.status, shown.task_state or None,
                           shown.compute_host,
                           (shown.fault or {}).get('message'),
                           shown.flavor, shown.updated_at,
                           not (shown.compute_host is None and
                                shown.instance_name is None),
                           shown.project_id)

    def migrate(self, host, seconds):
        """Ask for the migration; see the parent's.

        It goes through the helper's method (see ``nova_helper.py``), and comes
        back to :meth:`post_migrate`.
        """
        with self._request(seconds):
            return self._helper._instance_migrate(server.ServerId(self), host)

    def post_migrate(self, host):
        """Post the request for the migration; see :meth:`migrate`.

        The library's call looks Nova's versions up first, and raises a
        ValueError where Nova itself would reply that it is too old.
        """
        sdk_exceptions.raise_from_response(self._compute().post(
            '/servers/%s/action' % self.id,
            json={'migrate': {'host': host} if host else {}}))
        return self._session.reply.headers.get(server.REQUEST_ID_HEADER)

    def confirm(self, seconds):
        """Confirm the migration; see the parent's."""
        with self._request(seconds):
            self._compute().confirm_server_resize(self.id)

    def revert(self, seconds):
        """Revert the migration; see the parent's."""
        with self._request(seconds):
            self._compute().revert_server_resize(self.id)

    def _records(self, version):
        return self._compute(version).migrations(instance_uuid=self.id)

    def _actions(self, version):
        return self._compute(version).server_actions(self.id)

    def _events_of(self, version, request_id):
        return self._compute(version).get_server_action(
            request_id, self.id).events
