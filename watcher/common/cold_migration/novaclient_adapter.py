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

"""All that a cold migration needs of Nova, through python-novaclient.

This is the one place that knows the client library. Nova's refusals come out
of it as :class:`~.exceptions.Refused`; every other error is the client's own.
"""

import contextlib

from novaclient import api_versions
from novaclient import client
from novaclient import exceptions as nvexceptions
from oslo_log import log

from watcher.common.cold_migration import exceptions
from watcher.common.cold_migration import states

LOG = log.getLogger(__name__)

# Since this version an instance action's event has the error's message.
EVENT_DETAILS_VERSION = '2.84'

_REFUSALS = frozenset([400, 403, 404, 406, 409])


@contextlib.contextmanager
def _refusals():
    """Raise novaclient's error as Refused, where it is a refusal."""
    try:
        yield
    except nvexceptions.ClientException as exc:
        if exc.code not in _REFUSALS:
            raise
        raise exceptions.Refused(str(exc.message), exc.code,
                                 exc.request_id) from exc


class Server:
    """One server, and what its cold migration asks Nova about it.

    :param helper: the NovaHelper whose client speaks to Nova
    :param server_id: the server's UUID
    """

    def __init__(self, helper, server_id):
        self.id = server_id
        self._helper = helper
        self._resource = None

    def look(self):
        """Get the server as it is now.

        :returns: a :class:`~.states.View`, or None where there is no such
            server
        :raises ~.exceptions.Refused: if Nova refuses to show it
        """
        try:
            with _refusals():
                self._resource = self._helper.find_instance(self.id)
        except exceptions.Refused as exc:
            if exc.code != 404:
                raise
            self._resource = None
        if not self._resource:
            return None
        # To read an attribute that the reply lacks would ask Nova again.
        shown = vars(self._resource)
        return states.View(shown['status'],
                           shown.get('OS-EXT-STS:task_state'),
                           shown.get('OS-EXT-SRV-ATTR:host'),
                           (shown.get('fault') or {}).get('message'))

    def migrate(self, host):
        """Ask Nova to cold-migrate the server that was last looked at.

        Watcher's client speaks compute API 2.56 or later, as naming a host
        takes: Watcher refuses to make an older one.

        :param host: the compute host to move it to, or None
        :returns: Nova's id of the request, or None where it has none
        :raises ~.exceptions.Refused: if Nova refuses
        """
        with _refusals():
            answer = self._resource.migrate(host=host)
        return next(iter(getattr(answer, 'request_ids', ())), None)

    def confirm(self, status):
        """Confirm the migration of the server that was last looked at.

        :param status: the status that the server is to have afterwards
        :returns: whether it has that status already. Where not, Nova may
            still be at it, or somebody may have stopped the server meanwhile
        :raises ~.exceptions.Refused: if Nova refuses
        """
        with _refusals():
            # No retry: it would wait for that one status alone.
            return bool(self._helper.confirm_resize(self._resource, status,
                                                    retry=0))

    def revert(self):
        """Take back the migration of the server that was last looked at.

        :raises ~.exceptions.Refused: if Nova refuses
        """
        with _refusals():
            self._resource.revert_resize()

    def newest_migration(self):
        """Get the server's newest migration record (GET /os-migrations).

        :returns: novaclient's record, with ``id`` and ``migration_type``, or
            None where it can't be told
        """
        with self._at_best():
            records = self._helper.nova.migrations.list(
                instance_uuid=self.id)
            return max(records, key=lambda record: record.id)
        return None

    def what_went_wrong(self, request_id):
        """Get Nova's own words about why it gave a migration up.

        :param request_id: Nova's id of the migrate request, or None
        :returns: the message of the first event that failed in the instance
            action of that request (of the newest migrate action, where no
            such is known); empty where Nova tells none; None while it is
            still writing the events down, which it does after it has changed
            the server
        """
        with self._at_best():
            try:
                nova, words = self._client(EVENT_DETAILS_VERSION), _details
                events = self._events(nova, request_id)
            except nvexceptions.NotAcceptable:
                nova, words = self._helper.nova, _raising_line
                events = self._events(nova, request_id)
            if not all(event['finish_time'] for event in events):
                return None
            failed = [event for event in events if event['result'] == 'Error']
            failed.sort(key=lambda event: event['finish_time'])
            return words(failed[0]) if failed else ''
        return ''

    @contextlib.contextmanager
    def _at_best(self):
        """Let what only explains fail: it never changes what it explains."""
        try:
            yield
        except Exception as exc:
            LOG.debug('No explanation for server %s: %s', self.id, exc)

    def _events(self, nova, request_id):
        actions = [action for action in nova.instance_action.list(self.id)
                   if action.action == 'migrate']
        asked = [action for action in actions
                 if action.request_id == request_id]
        newest = max(asked or actions, key=lambda action: action.start_time)
        return nova.instance_action.get(self.id, newest.request_id).events

    def _client(self, version):
        """Get a client that speaks at least this version of compute API."""
        nova = self._helper.nova
        if nova.api_version >= api_versions.APIVersion(version):
            return nova
        http = nova.client
        return client.Client(version, session=http.session,
                             service_type=http.service_type,
                             endpoint_type=http.interface,
                             endpoint_override=http.endpoint_override,
                             region_name=http.region_name)


def _details(event):
    return event['details']


def _raising_line(event):
    """Give what names the exception, where Nova is older than details."""
    return event['traceback'].splitlines()[-1].strip()
