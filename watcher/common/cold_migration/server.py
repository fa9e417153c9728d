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

"""What a cold migration asks Nova, about one server and about all.

What the client libraries have in common; each has a module of its own beside
this one. They raise :class:`~.exceptions.Refused` for Nova's refusals,
:class:`~.exceptions.NoAccess` for permanent errors on the way to Nova, and
:class:`~.exceptions.Unavailable` for all other errors.
"""

import abc
import contextlib
from email import utils
import re
import ssl
import time

from keystoneauth1 import exceptions as ksa_exceptions
from oslo_utils import timeutils

from watcher.common.cold_migration import exceptions
from watcher.common.cold_migration import sentences
from watcher.common.cold_migration import states

# Since this version the migrate action takes a host.
MIGRATE_VERSION = '2.56'
# Since this version the migration records come in pages.
PAGES_VERSION = '2.59'
# Since this version a migration record has the user.
RECORD_USER_VERSION = '2.80'
# Since this version an instance action's event has the error's message.
EVENT_DETAILS_VERSION = '2.84'

# What Nova shows, since 2.69, of a server whose database does not answer.
_UNKNOWN = 'UNKNOWN'

# The type of a cold migration's record, and its statuses until it has ended.
_COLD = 'migration'
_UNFINISHED = ('pre-migrating', 'migrating', 'post-migrating', 'finished',
               'confirming')

# Final, if Nova itself replies so.
_REFUSALS = frozenset([400, 403, 404, 406, 409])

# Nova names its request in both. A proxy's or a load balancer's page, such as
# Kubernetes' "default backend - 404", has neither.
REQUEST_ID_HEADER = 'X-OpenStack-Request-Id'
_REQUEST_ID_HEADERS = (REQUEST_ID_HEADER, 'X-Compute-Request-Id')

# Keystone refuses the login. Nova's own 401 is another matter: the session
# logs in again, and a new token that Nova does not know yet is a transient
# error.
_NO_LOG_IN = frozenset([401, 403])

# Permanent errors: of the configuration, the catalogue or a certificate. Other
# failures of TLS, as of a server that is being restarted, are transient.
_MISTAKES = (ksa_exceptions.AuthPluginException,
             ksa_exceptions.CatalogException, ssl.SSLCertVerificationError)

# A line of Python that raises an exception and names its class.
_RAISE = re.compile(r'\s*raise (?:\w+\.)*([A-Z]\w*)')

# What the libraries raise on a reply that is empty or makes no sense.
_NONSENSE = (AttributeError, IndexError, KeyError, OverflowError, TypeError,
             ValueError)


class ServerId(str):
    """A server's UUID that knows the server.

    The deployed helper's methods pass a UUID on. This one marks a cold
    migration, which is done in another way.

    :ivar server: the :class:`Server`
    """

    def __new__(cls, server):
        """Make the UUID of a :class:`Server`."""
        self = super().__new__(cls, server.id)
        self.server = server
        return self


class Nova(abc.ABC):
    """Nova, through a client library.

    Each method takes no longer than its ``seconds``, and raises
    :class:`~.exceptions.Refused`, :class:`~.exceptions.NoAccess` or
    :class:`~.exceptions.Unavailable`.

    To be closed (:meth:`close`).

    :param own_session: the :class:`~.transport.Session` that all requests go
        through, or None where something stands in for a client that has none
    """

    def __init__(self, own_session):
        self._session = own_session

    def close(self):
        """Close the connections to Nova."""
        if self._session:
            self._session.close()

    def servers_being_migrated(self, seconds):
        """List servers with a cold migration on record that has not ended.

        Without those that another user than Watcher's is known to have
        requested. It takes a request for each status, and more where Nova
        gives the records in pages (GET /os-migrations). A record may be out
        of date: look at the server.

        :returns: the servers' UUIDs, sorted
        """
        with self._limited(seconds):
            _, found = self._newest(self._unfinished, RECORD_USER_VERSION,
                                    PAGES_VERSION, MIGRATE_VERSION)
            return sorted(set(found))

    def _unfinished(self, version):
        for status in _UNFINISHED:
            for server_id, record in self._with_status(version, status):
                if (record.migration_type == _COLD and self._person(
                        record.to_dict().get('user_id')) is None):
                    yield server_id

    @abc.abstractmethod
    def _with_status(self, version, status):
        """Get pairs of a server's UUID and a migration record of its."""

    def _own_user(self):
        """Give the id of Watcher's own user, or None if it has no session."""
        return self._session and self._session.get_user_id()

    def _person(self, user):
        """Give the id of a user who is known not to be Watcher's own."""
        own = self._own_user()
        return None if None in (user, own) or user == own else user

    def _newest(self, ask, *versions):
        """Ask at the newest of some API versions that Nova has.

        :param ask: function that gets the version, and asks
        :param versions: the versions, the newest first
        :returns: the version, and the list that it gave
        """
        for version in versions:
            try:
                with self._translated_errors():
                    return version, list(ask(version))
            except exceptions.Refused as exc:
                if exc.code != 406 or version == versions[-1]:
                    raise

    def _limited(self, seconds):
        """Limit all requests in a block to these seconds altogether."""
        return (self._session.limited(seconds) if self._session
                else contextlib.nullcontext())

    @contextlib.contextmanager
    def _request(self, seconds):
        """Limit one request, and translate its errors."""
        with self._limited(seconds), self._translated_errors():
            yield

    @contextlib.contextmanager
    def _translated_errors(self):
        """Translate the errors of no reply, or of one that makes no sense.

        The adapters add what their libraries raise on an error reply.
        """
        try:
            yield
        except ksa_exceptions.ClientException as exc:
            if any(map(_is_for_good, _causes(exc))):
                raise exceptions.NoAccess(str(exc)) from exc
            raise exceptions.Unavailable(str(exc)) from exc
        except _NONSENSE as exc:
            raise exceptions.Unavailable(
                'a reply that makes no sense (%r)' % (exc,)) from exc
        except OSError as exc:
            # With a plain one without a number, requests complains about a
            # certificate's file.
            is_for_good = type(exc) is OSError and exc.errno is None
            raise (exceptions.NoAccess if is_for_good
                   else exceptions.Unavailable)(str(exc)) from exc

    def _error(self, code, message, request_id):
        """Give the exception for an HTTP error (P4 of the contract).

        Nova alone decides: a page of a proxy before it is a transient error.
        """
        reply = self._session and self._session.reply
        if code in _REFUSALS and (reply is None or _is_openstacks(reply)):
            return exceptions.Refused(str(message), code, request_id)
        return exceptions.Unavailable(
            '%s (HTTP %s)' % (message, code),
            0 if reply is None else _seconds_to_wait(reply))


class Server(Nova):
    """One server, through a client library.

    Each method makes one request, unless it says otherwise, within its
    ``seconds``.

    :ivar id: the server's UUID
    """

    def look(self, seconds):
        """Get the server as it is now (GET /servers/{id}).

        :returns: a :class:`~.states.View`, or None where there is no such
            server
        """
        try:
            with self._request(seconds):
                view = self._view()
                if view is not None:
                    view = view._replace(age=_age(view.updated))
        except exceptions.Refused as exc:
            if exc.code != 404:
                raise
            return None
        if view is not None and view.status == _UNKNOWN:
            raise exceptions.Unavailable("the server's cell does not answer")
        return view

    @abc.abstractmethod
    def _view(self):
        """Get the server's :class:`~.states.View`, or None."""

    @abc.abstractmethod
    def migrate(self, host, seconds):
        """Ask Nova to cold-migrate the server that was last looked at.

        :param host: the compute host to move it to, or None
        :returns: Nova's id of the request, or None where it has none
        """

    @abc.abstractmethod
    def confirm(self, seconds):
        """Confirm the migration of the server that was last looked at."""

    @abc.abstractmethod
    def revert(self, seconds):
        """Revert the migration of the server that was last looked at."""

    def migrations(self, seconds):
        """Get the server's migration records (GET /os-migrations).

        It takes one request; three where Nova's records have no users yet:
        then the instance action shows who requested the newest.

        :returns: a list of :class:`~.states.Record`, the newest first; None
            where their hosts are not shown
        """
        with self._limited(seconds):
            version, found = self._newest(
                self._records, RECORD_USER_VERSION, MIGRATE_VERSION)
            with self._translated_errors():
                records = sorted(
                    (states.Record(
                        record.id, record.migration_type, record.status,
                        record.source_compute, record.dest_compute,
                        record.created_at,
                        self._person(record.to_dict().get('user_id')))
                     for record in found),
                    # Each of Nova's cells counts its own ids.
                    key=lambda record: (record.created, record.id),
                    reverse=True)
            if records and version == MIGRATE_VERSION:
                records[0] = records[0]._replace(
                    person=self._person(self._requester()))
            # Each has a source, unless Nova's policy hides it.
            are_shown = all(record.source for record in records)
            return records if are_shown else None

    def is_watchers(self, seconds):
        """Tell whether Watcher's user requested the newest cold migration.

        The instance action shows who did, whatever Nova's API version.

        :returns: True if so; False if not, or if Nova does not show it
        """
        with self._request(seconds):
            own = self._own_user()
            return own is not None and self._requester() == own

    def _requester(self):
        """Give who requested the newest migration; None if not shown."""
        try:
            with self._translated_errors():
                actions = self._migrate_actions(MIGRATE_VERSION)
        except exceptions.Refused:
            return None
        return actions[0].user_id if actions else None

    @abc.abstractmethod
    def _records(self, version):
        """Get the migration records, at this API version or newer."""

    def what_went_wrong(self, request_id, seconds):
        """Get Nova's own words about why it gave a migration up.

        It takes two requests; three where Nova's events have no messages yet.

        :param request_id: Nova's id of the migrate request, or None
        :returns: the message of the first event that failed in the instance
            action of that request, or of the newest migrate action if None;
            empty if there is none; None while Nova still writes the events,
            which it does after it has changed the server
        """
        with self._limited(seconds):
            version, events = self._newest(
                lambda version: self._events(version, request_id),
                EVENT_DETAILS_VERSION, MIGRATE_VERSION)
            with self._translated_errors():
                return _first_failure(
                    events, _details if version == EVENT_DETAILS_VERSION
                    else _exception)

    def _events(self, version, request_id):
        actions = self._migrate_actions(version)
        asked = [action for action in actions
                 if action.request_id == request_id]
        return self._events_of(version, (asked or actions)[0].request_id)

    def _migrate_actions(self, version):
        """Get the server's migrate actions, the newest first."""
        return sorted((action for action in self._actions(version)
                       if action.action == 'migrate'),
                      key=lambda action: action.start_time, reverse=True)

    @abc.abstractmethod
    def _actions(self, version):
        """Get the server's instance actions, at this API version or newer."""

    @abc.abstractmethod
    def _events_of(self, version, request_id):
        """Get an action's events as mappings, at this version or newer."""


def _age(time):
    """Give the seconds since a time in ISO 8601; 0 if that is None."""
    if time is None:
        return 0
    # Nova's clock may be ahead.
    return max(timeutils.delta_seconds(
        timeutils.normalize_time(timeutils.parse_isotime(time)),
        timeutils.utcnow()), 0)


def _is_openstacks(reply):
    """Tell whether an error is Nova's or Keystone's, not a proxy's page."""
    if any(name in reply.headers for name in _REQUEST_ID_HEADERS):
        return True
    try:
        error, = reply.json().values()
        return {'code', 'message'} <= set(error)
    except _NONSENSE:
        return False


def _seconds_to_wait(reply):
    """Read a ``Retry-After``, which is a number of seconds or a date."""
    asked_for = reply.headers.get('Retry-After', '')
    if asked_for.isdigit():
        return int(asked_for)
    try:
        date = utils.parsedate_to_datetime(asked_for)
        return max(date.timestamp() - time.time(), 0)
    except _NONSENSE:
        return 0


def _causes(exc):
    """Give an exception, its cause, the cause of that, and so on."""
    while exc is not None:
        yield exc
        exc = exc.__cause__ or exc.__context__


def _is_for_good(exc):
    """Tell whether an error on the way to Nova is permanent."""
    if getattr(exc, 'http_status', None) in _NO_LOG_IN:
        return exc.response is None or _is_openstacks(exc.response)
    return isinstance(exc, _MISTAKES)


def _first_failure(events, words):
    failed = [event for event in events if event['result'] == 'Error']
    if failed:
        return words(min(failed, key=lambda event: event['finish_time'])) or ''
    # Nova never closes the events of an attempt that it rescheduled.
    return '' if all(event['finish_time'] for event in events) else None


def _details(event):
    return event['details']


def _exception(event):
    """Give the exception of an event that has no details.

    The traceback ends with it, but for Nova 20: there with the line that
    raised it, which may name its class.
    """
    last_line = event['traceback'].splitlines()[-1]
    if not last_line[:1].isspace():
        return last_line
    raised = _RAISE.match(last_line)
    return raised.group(1) if raised else sentences.EVENT_FAILED % event
