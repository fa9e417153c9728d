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
of it as :class:`~.exceptions.Refused`, and every other error of Nova's or on
the way to it as :class:`~.exceptions.Unavailable`.
"""

import contextlib

from keystoneauth1 import exceptions as ksa_exceptions
from keystoneauth1 import session
from novaclient import api_versions
from novaclient import client
from novaclient import exceptions as nvexceptions

from watcher.common.cold_migration import exceptions
from watcher.common.cold_migration import states

# Since this version the migrate action takes a host.
MIGRATE_VERSION = '2.56'
# Since this version an instance action's event has the error's message.
EVENT_DETAILS_VERSION = '2.84'

_REFUSALS = frozenset([400, 403, 404, 406, 409])

# What novaclient raises on an answer with nothing, or nonsense, in it.
_NONSENSE = (AttributeError, IndexError, KeyError, TypeError, ValueError)


class _Session(session.Session):
    """A session that keeps what python-novaclient drops.

    :ivar retry_after: seconds that the last answer asked for, as a string of
        digits, before Nova is asked again; None where it asked for none
    """

    retry_after = None

    def request(self, *args, **kwargs):
        """Make a request; takes and gives what the parent's does."""
        response = super().request(*args, **kwargs)
        self.retry_after = response.headers.get('Retry-After')
        return response


class Server:
    """One server, and what its cold migration asks Nova about it.

    Each method makes one request, except where it says so, and raises
    :class:`~.exceptions.Refused` or :class:`~.exceptions.Unavailable`.

    :param nova: the client, of python-novaclient, that speaks to Nova; it
        may be shared with others
    :param server_id: the server's UUID
    """

    def __init__(self, nova, server_id):
        self.id = server_id
        self._session = None
        self._nova = self._own(nova)
        self._resource = None

    def _own(self, nova):
        """Make a client whose requests can be given a time limit.

        It speaks the version of the shared one, or what migrate takes.
        """
        http = nova.client
        shared = http.session
        if not isinstance(shared, session.Session):
            return nova
        self._session = _Session(
            auth=http.auth or shared.auth, session=shared.session,
            verify=shared.verify, cert=shared.cert)
        return self._client(max(
            nova.api_version, api_versions.APIVersion(MIGRATE_VERSION)), http)

    def _client(self, version, http):
        return client.Client(version, session=self._session,
                             service_type=http.service_type,
                             endpoint_type=http.interface,
                             endpoint_override=http.endpoint_override,
                             region_name=http.region_name)

    @contextlib.contextmanager
    def _translated_errors(self):
        try:
            yield
        except nvexceptions.ClientException as exc:
            if exc.code in _REFUSALS:
                raise exceptions.Refused(str(exc.message), exc.code,
                                         exc.request_id) from exc
            raise exceptions.Unavailable(
                str(exc), self._seconds_to_wait()) from exc
        except ksa_exceptions.ClientException as exc:
            raise exceptions.Unavailable(str(exc)) from exc
        except _NONSENSE as exc:
            raise exceptions.Unavailable(
                'an answer that makes no sense (%r)' % (exc,)) from exc

    def _seconds_to_wait(self):
        asked_for = self._session and self._session.retry_after
        return int(asked_for) if asked_for and asked_for.isdigit() else 0

    def allow(self, seconds):
        """Let each request from now on take no longer than this."""
        if self._session is not None:
            self._session.timeout = seconds

    def look(self):
        """Get the server as it is now (GET /servers/{id}).

        :returns: a :class:`~.states.View`, or None where there is no such
            server
        """
        try:
            with self._translated_errors():
                self._resource = self._nova.servers.get(self.id)
                return self._resource and self._view()
        except exceptions.Refused as exc:
            if exc.code != 404:
                raise
            return None

    def _view(self):
        # To read an attribute that the reply lacks would ask Nova again.
        shown = vars(self._resource)
        return states.View(shown['status'],
                           shown.get('OS-EXT-STS:task_state') or None,
                           shown.get('OS-EXT-SRV-ATTR:host'),
                           (shown.get('fault') or {}).get('message'),
                           shown.get('flavor'), shown.get('updated'))

    def migrate(self, host):
        """Ask Nova to cold-migrate the server that was last looked at.

        :param host: the compute host to move it to, or None
        :returns: Nova's id of the request, or None where it has none
        """
        with self._translated_errors():
            answer = self._resource.migrate(host=host)
            return next(iter(getattr(answer, 'request_ids', ())), None)

    def confirm(self):
        """Confirm the migration of the server that was last looked at."""
        with self._translated_errors():
            self._resource.confirm_resize()

    def revert(self):
        """Take back the migration of the server that was last looked at."""
        with self._translated_errors():
            self._resource.revert_resize()

    def migrations(self):
        """Get the server's migration records (GET /os-migrations).

        :returns: a list of :class:`~.states.Record`, the newest first
        """
        with self._translated_errors():
            records = self._nova.migrations.list(instance_uuid=self.id)
            return [states.Record(record.id, record.migration_type,
                                  record.status, record.source_compute,
                                  record.dest_compute, record.created_at)
                    for record in sorted(records, reverse=True,
                                         key=lambda record: record.id)]

    def what_went_wrong(self, request_id):
        """Get Nova's own words about why it gave a migration up.

        It takes two requests, or four where Nova is older than the messages
        of events.

        :param request_id: Nova's id of the migrate request, or None
        :returns: the message of the first event that failed in the instance
            action of that request (of the newest migrate action, where no
            such is known); empty where Nova tells none; None while it is
            still writing the events down, which it does after it has changed
            the server
        """
        try:
            with self._translated_errors():
                nova = self._client(
                    max(self._nova.api_version,
                        api_versions.APIVersion(EVENT_DETAILS_VERSION)),
                    self._nova.client)
                return _first_failure(
                    _events(nova, self.id, request_id), _details)
        except exceptions.Refused as exc:
            if exc.code != 406:
                raise
        with self._translated_errors():
            return _first_failure(
                _events(self._nova, self.id, request_id), _raising_line)


def _events(nova, server_id, request_id):
    actions = [action for action in nova.instance_action.list(server_id)
               if action.action == 'migrate']
    asked = [action for action in actions if action.request_id == request_id]
    newest = max(asked or actions, key=lambda action: action.start_time)
    return nova.instance_action.get(server_id, newest.request_id).events


def _first_failure(events, words):
    failed = [event for event in events if event['result'] == 'Error']
    if failed:
        return words(min(failed, key=lambda event: event['finish_time'])) or ''
    # Nova leaves events of a migration that it rescheduled open for good.
    return '' if all(event['finish_time'] for event in events) else None


def _details(event):
    return event['details']


def _raising_line(event):
    """Give what names the exception, where Nova is older than details."""
    return event['traceback'].splitlines()[-1].strip()
