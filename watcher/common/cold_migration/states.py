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

"""What Nova shows of a server, mapped to what it means for its migration.

Nothing here asks or waits: the one table and the functions that read it are
pure.
"""

import enum
import typing


class View(typing.NamedTuple):
    """What one look at a server showed (GET /servers/{id}).

    :ivar status: the server's status, such as ``ACTIVE``
    :ivar task_state: what Nova is doing with it, or None
    :ivar host: the compute host that it is on, or None
    :ivar fault: Nova's message about what broke it, or None
    :ivar flavor: its flavor, as Nova shows it
    :ivar updated: Nova's time of the last change, in ISO 8601, or None
    :ivar is_host_shown: whether Nova tells the host; one that is on none, such
        as one that was never built, has a host of None and True here
    """

    status: str
    task_state: typing.Optional[str]
    host: typing.Optional[str]
    fault: typing.Optional[str] = None
    flavor: typing.Any = None
    updated: typing.Optional[str] = None
    is_host_shown: bool = True

    def __str__(self):
        """Show it as a log line does."""
        return '%s, task_state %s, on host %s' % (
            self.status, self.task_state, self.host)


class Record(typing.NamedTuple):
    """What a migration record says (GET /os-migrations).

    :ivar id: its id, as ``openstack server migration list`` shows it
    :ivar type: ``migration`` for a cold one, ``resize`` and others
    :ivar status: how far it is
    :ivar source: the compute host that it started from
    :ivar destination: the host it leads to; None until one is chosen
    :ivar created: Nova's time of its creation, in ISO 8601
    """

    id: int
    type: str
    status: str
    source: str
    destination: typing.Optional[str]
    created: str


class Place(enum.Enum):
    """Where a server is, seen from its migration."""

    WANTED = 'the host asked for; any but the source, if none was asked for'
    SOURCE = 'the host that it started from'
    OTHER = 'another host, or none'
    HIDDEN = 'a host that is not shown'


class Whose(enum.Enum):
    """Whose a migration, or a resize, is that was seen under way."""

    OURS = 'what is asked for'
    OTHERS = 'something else, or not to be known'
    UNKNOWN = 'not on record yet, or ended just now'
    NOBODYS = 'it has ended'


class Meaning(enum.Enum):
    """What a view means for a cold migration."""

    GONE = 'there is no such server any more'
    HIDDEN = 'Nova does not tell where the server is'
    BROKEN = 'the server is in ERROR'
    UNDER_WAY = 'Nova is at work on the server'
    MOVED = 'moved to where it is wanted, and waits for confirmation'
    NEVER_LEFT = 'ended where it started, and waits for confirmation'
    MOVED_ELSEWHERE = 'moved where nobody asked for, waits for confirmation'
    RESIZED = 'resized by somebody, and waits for confirmation'
    ARRIVED = 'settled where it is wanted'
    AT_SOURCE = 'settled where it started'
    ELSEWHERE = 'settled where nobody asked for'


_ANY = None

_GONE = frozenset(['DELETED', 'SOFT_DELETED'])
_ERROR = frozenset(['ERROR'])
_AT_WORK = frozenset(['MIGRATING', 'RESIZE', 'REVERT_RESIZE'])
_WAITING = frozenset(['VERIFY_RESIZE'])
_REVERT = frozenset(['REVERT_RESIZE'])

_DELETING = frozenset(['deleting', 'soft-deleting'])
_NO_TASK = frozenset([None])

# The first row that fits counts. Nova sets the task_state before it answers
# 202 to a migrate request, and has these statuses from then to the end: a
# server with another one is not being migrated, whatever else is done to it.
_TABLE = (
    # status   task_state  place          meaning
    (_GONE,    _ANY,       _ANY,          Meaning.GONE),
    (_ANY,     _ANY,       Place.HIDDEN,  Meaning.HIDDEN),
    (_ERROR,   _ANY,       _ANY,          Meaning.BROKEN),
    (_ANY,     _DELETING,  _ANY,          Meaning.UNDER_WAY),
    (_AT_WORK, _ANY,       _ANY,          Meaning.UNDER_WAY),
    (_WAITING, _NO_TASK,   Place.WANTED,  Meaning.MOVED),
    (_WAITING, _NO_TASK,   Place.SOURCE,  Meaning.NEVER_LEFT),
    (_WAITING, _NO_TASK,   Place.OTHER,   Meaning.MOVED_ELSEWHERE),
    (_WAITING, _ANY,       _ANY,          Meaning.UNDER_WAY),
    (_ANY,     _ANY,       Place.WANTED,  Meaning.ARRIVED),
    (_ANY,     _ANY,       Place.SOURCE,  Meaning.AT_SOURCE),
    (_ANY,     _ANY,       Place.OTHER,   Meaning.ELSEWHERE),
)

_MIGRATION = 'migration'
_FINISHED = 'finished'
_CONFIRMING = 'confirming'
_CONFIRMED = 'confirmed'
_REVERTING = 'reverting'
_ENDED = frozenset(['cancelled', 'completed', _CONFIRMED, 'done', 'error',
                    'failed', 'reverted'])
_RESIZING = frozenset(['RESIZE', 'REVERT_RESIZE', 'VERIFY_RESIZE'])

# How much of a time in ISO 8601 the server shows: up to the seconds.
_SECONDS = len('2026-01-01T00:00:00')


def place(host, source, wanted):
    """Tell where a host is, seen from the migration.

    :param host: the host that the server is on, or None
    :param source: the host that it started from
    :param wanted: the host that was asked for, or None for any other
    :returns: the :class:`Place`
    """
    if host is None:
        return Place.OTHER
    if host == wanted:
        return Place.WANTED
    if host == source:
        return Place.SOURCE
    return Place.WANTED if wanted is None else Place.OTHER


def meaning(view, before, wanted):
    """Tell what a view means for a cold migration.

    :param view: the :class:`View`, or None where Nova knows no such server
    :param before: the :class:`View` from which the migration started
    :param wanted: the host that was asked for, or None for any other
    :returns: the :class:`Meaning`
    """
    if view is None:
        return Meaning.GONE
    if view.status in _WAITING and view.flavor != before.flavor:
        return Meaning.RESIZED
    seen = (place(view.host, before.host, wanted) if view.is_host_shown
            else Place.HIDDEN)
    return next(
        what for statuses, task_states, where, what in _TABLE
        if ((statuses is _ANY or view.status in statuses) and
            (task_states is _ANY or view.task_state in task_states) and
            (where is _ANY or where is seen)))


def is_settled(view):
    """Tell whether nothing is being done to a server that has arrived."""
    return view.task_state is None


def shows_progress(view):
    """Tell whether a view shows that Nova is at work on the server.

    While a migration is being confirmed, the server goes on to wait.
    """
    return view.task_state is not None or view.status in _WAITING


def may_be_migrating(view):
    """Tell whether a cold migration, or a resize, may be what is seen."""
    return view.status in _RESIZING


def whose(view, records, wanted):
    """Tell whose a migration, or a resize, is that was seen (P5).

    Nova shows its work first and writes the record shortly after, so that the
    newest record may be of an older one, unless the server waits for
    confirmation or the work has ended.

    :param view: the latest :class:`View`
    :param records: the later list of :class:`Record`, the newest first; None
        where they are not shown
    :param wanted: the host that was asked for, or None for any other
    :returns: the :class:`Whose`
    """
    if records is None:
        return Whose.OTHERS if may_be_migrating(view) else Whose.NOBODYS
    if is_being_reverted(view):
        return Whose.OTHERS
    newest = records[0] if records else None
    if not may_be_migrating(view):
        return Whose.OURS if (
            newest and newest.status == _CONFIRMED and
            newest.destination == view.host and
            _is_like(newest, wanted)) else Whose.NOBODYS
    if newest is None or (newest.status in _ENDED and not (
            newest.status == _CONFIRMED and view.status in _WAITING)):
        return Whose.UNKNOWN
    return Whose.OURS if _is_like(newest, wanted) else Whose.OTHERS


def _is_like(record, wanted):
    return (record.type == _MIGRATION and record.status != _REVERTING and
            _is_to(record, wanted))


def _is_to(record, wanted):
    return wanted is None or record.destination in (None, wanted)


def is_still(records, source, host):
    """Tell whether the newest record is of the migration that was followed.

    Somebody may have ended it since the server was seen: its status does not
    count.

    :param records: the list of :class:`Record`, the newest first; None where
        they are not shown, which is no reason to doubt
    :param source: the host that it started from
    :param host: the host where the server waits
    """
    if not records:
        return records is None
    return (records[0].type == _MIGRATION and
            (records[0].source, records[0].destination) == (source, host))


def is_waiting(records):
    """Tell whether the newest migration waits, and nobody is ending it.

    :param records: the list of :class:`Record`, the newest first; None where
        they are not shown
    """
    return bool(records) and records[0].status == _FINISHED


def is_being_confirmed(records):
    """Tell whether the newest migration is being confirmed.

    :param records: the list of :class:`Record`, the newest first, not empty
    """
    return records[0].status == _CONFIRMING


def is_being_reverted(view):
    """Tell whether a migration, or a resize, is being reverted.

    :param view: the :class:`View`, or None where Nova knows no such server
    """
    return view is not None and view.status in _REVERT


def is_to_its_source(records, wanted):
    """Tell whether the newest record is of what is asked for, but in place.

    :param records: the list of :class:`Record`, the newest first; None where
        they are not shown
    :param wanted: the host that was asked for, or None for any other
    """
    return bool(records) and _is_like(records[0], wanted) and (
        records[0].destination == records[0].source)


def is_any_newer(records, view, wanted):
    """Tell whether what is asked for may have begun after a view.

    Nova shows a server's last change by the second. In doubt one has.

    :param records: the list of :class:`Record`
    :param view: the earlier :class:`View`
    :param wanted: the host that was asked for, or None for any other
    """
    return view.updated is not None and any(
        record.type == _MIGRATION and _is_to(record, wanted) and
        record.created[:_SECONDS] >= view.updated[:_SECONDS]
        for record in records)
