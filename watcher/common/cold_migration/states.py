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

"""What Nova shows of a server, and what it means for its cold migration.

Nothing here asks or waits: the tables and the functions that read them are
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
    :ivar is_host_shown: whether Nova shows the host; a server that is on none,
        such as one that was never built, has a host of None and True here
    :ivar project: the id of the project that owns it
    :ivar age: seconds from the last change, by Nova's clock, to the look, by
        this host's
    """

    status: str
    task_state: typing.Optional[str]
    host: typing.Optional[str]
    fault: typing.Optional[str] = None
    flavor: typing.Any = None
    updated: typing.Optional[str] = None
    is_host_shown: bool = True
    project: typing.Optional[str] = None
    age: float = 0

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
    :ivar person: the id of the user who requested it, where that is known and
        is not Watcher's own
    """

    id: int
    type: str
    status: str
    source: str
    destination: typing.Optional[str]
    created: str
    person: typing.Optional[str] = None


class Place(enum.Enum):
    """Where a server is, seen from its migration."""

    WANTED = 'the host asked for; any but the source, if none was asked for'
    SOURCE = 'the host that it started from'
    OTHER = 'another host, or none'
    HIDDEN = 'a host that is not shown'


class Meaning(enum.Enum):
    """What a view means for a cold migration."""

    GONE = 'there is no such server'
    HIDDEN = 'Nova does not show where the server is'
    BROKEN = 'the server is in ERROR'
    BUSY = 'Nova deletes the server, or live-migrates it'
    UNDER_WAY = 'Nova migrates or resizes the server'
    REVERTING = 'Nova reverts a migration or a resize'
    MOVED = 'moved to where it is wanted; to be confirmed'
    NEVER_LEFT = 'ended where it started; to be reverted'
    MOVED_ELSEWHERE = 'moved where nobody asked for; to be confirmed'
    RESIZED = 'resized by somebody; to be confirmed'
    ARRIVED = 'at rest where it is wanted'
    ARRIVED_BUSY = 'where it is wanted, and something is done to it'
    AT_SOURCE = 'where it started'
    ELSEWHERE = 'where nobody asked for'


class Story(enum.Enum):
    """What the migration records say, seen from what was asked for."""

    UNREAD = 'not read since the last look'
    HIDDEN = 'not shown to Watcher'
    NOTHING = 'none, or the newest is not of what was seen'
    BEGUN = 'what was asked for has begun since it was asked for'
    UNDER_WAY = 'what was asked for is under way'
    FINISHED = 'what was asked for is to be confirmed'
    CONFIRMING = 'what was asked for is being confirmed'
    CONFIRMED = 'what was asked for is confirmed'
    REVERTING = 'what was asked for is being reverted'
    FAILED = 'what was asked for has failed, or was reverted'
    PERSONS = 'the same, but somebody else than Watcher asked for it'
    OTHERS = 'a resize, or a migration to another host'


_ANY = None

_GONE = frozenset(['DELETED', 'SOFT_DELETED'])
_ERROR = frozenset(['ERROR'])
_LIVE = frozenset(['MIGRATING'])
_REVERT = frozenset(['REVERT_RESIZE'])
_RESIZE = frozenset(['RESIZE'])
_WAITING = frozenset(['VERIFY_RESIZE'])

_DELETING = frozenset(['deleting', 'soft-deleting'])
_NO_TASK = frozenset([None])
# In these the server is on its destination, and the record is written.
_ARRIVING = frozenset(['resize_migrated', 'resize_finish'])

# The first row that fits counts. Nova sets the task_state before it answers
# 202 to a migrate request, and has these statuses from then to the end: a
# server with another one is not being migrated, whatever else is done to it.
MEANINGS = (
    # status   task_state  place          meaning
    (_GONE,    _ANY,       _ANY,          Meaning.GONE),
    (_ANY,     _ANY,       Place.HIDDEN,  Meaning.HIDDEN),
    (_ERROR,   _ANY,       _ANY,          Meaning.BROKEN),
    (_ANY,     _DELETING,  _ANY,          Meaning.BUSY),
    (_LIVE,    _ANY,       _ANY,          Meaning.BUSY),
    (_REVERT,  _ANY,       _ANY,          Meaning.REVERTING),
    (_RESIZE,  _ANY,       _ANY,          Meaning.UNDER_WAY),
    (_WAITING, _NO_TASK,   Place.WANTED,  Meaning.MOVED),
    (_WAITING, _NO_TASK,   Place.SOURCE,  Meaning.NEVER_LEFT),
    (_WAITING, _NO_TASK,   Place.OTHER,   Meaning.MOVED_ELSEWHERE),
    (_WAITING, _ANY,       _ANY,          Meaning.UNDER_WAY),
    (_ANY,     _NO_TASK,   Place.WANTED,  Meaning.ARRIVED),
    (_ANY,     _ANY,       Place.WANTED,  Meaning.ARRIVED_BUSY),
    (_ANY,     _ANY,       Place.SOURCE,  Meaning.AT_SOURCE),
    (_ANY,     _ANY,       Place.OTHER,   Meaning.ELSEWHERE),
)

# What the status of a record of the requested migration says; with any other
# status Nova is still working on it.
STORIES = {
    'finished': Story.FINISHED,
    'confirming': Story.CONFIRMING,
    'confirmed': Story.CONFIRMED,
    'reverting': Story.REVERTING,
    'reverted': Story.FAILED,
    'error': Story.FAILED,
    'failed': Story.FAILED,
    'cancelled': Story.FAILED,
    'completed': Story.FAILED,
    'done': Story.FAILED,
}
_ENDED = frozenset([Story.CONFIRMED, Story.FAILED])
_TO_BE_CONFIRMED = frozenset([Story.UNDER_WAY, Story.FINISHED])

# A server's times in ISO 8601 have this length: they end with the seconds.
_SECONDS = len('2026-01-01T00:00:00')
# Seconds by which Nova's clock and this host's may differ.
_CLOCKS_DIFFER = 5


def place(view, source, wanted):
    """Tell where a server is, seen from its migration.

    :param view: the :class:`View`
    :param source: the host that it started from
    :param wanted: the host that was asked for, or None for any other
    :returns: the :class:`Place`
    """
    if not view.is_host_shown:
        return Place.HIDDEN
    if view.host is None:
        return Place.OTHER
    if view.host == wanted:
        return Place.WANTED
    if view.host == source:
        return Place.SOURCE
    return Place.WANTED if wanted is None else Place.OTHER


def meaning(view, origin, wanted):
    """Tell what a view means for a cold migration.

    :param view: the :class:`View`, or None where Nova knows no such server
    :param origin: the :class:`View` from which the migration started; its
        flavor is None where the migration records alone tell what is a resize
    :param wanted: the host that was asked for, or None for any other
    :returns: the :class:`Meaning`
    """
    if view is None:
        return Meaning.GONE
    if view.status in _WAITING and origin.flavor not in (None, view.flavor):
        return Meaning.RESIZED
    where = place(view, origin.host, wanted)
    return next(
        what for statuses, task_states, places, what in MEANINGS
        if ((statuses is _ANY or view.status in statuses) and
            (task_states is _ANY or view.task_state in task_states) and
            (places is _ANY or places is where)))


def in_resize(view):
    """Tell whether a server is migrated or resized, or is to be confirmed.

    :param view: its :class:`View`, or None where there is no server
    """
    return view is not None and view.status in _RESIZE | _WAITING


def shows_progress(view):
    """Tell whether a view shows that Nova is at work on the server.

    While a migration is being confirmed, the server stays in VERIFY_RESIZE.
    """
    return view.task_state is not None or view.status in _WAITING


def deciding(records, view):
    """Give the record by which a view is understood, or None.

    Of a server at rest it is that of how it came there, not of what has begun
    since.

    :param records: the list of :class:`Record`, the newest first
    :param view: the :class:`View`
    """
    return next((record for record in records if in_resize(view) or
                 record.source != record.destination == view.host), None)


def story(records, view, wanted, source=None):
    """Tell what the migration records say (P1, P5 of the contract).

    Nova shows its work first and writes the record shortly after: of a server
    in RESIZE the newest record may be the one before.

    :param records: the list of :class:`Record`, the newest first, read after
        the view; None where they, or their hosts, are not shown
    :param view: the latest :class:`View`
    :param wanted: the host that was asked for, or None for any other
    :param source: the host that the migration is known to have started from,
        or None
    :returns: the :class:`Story`
    """
    if records is None:
        return Story.HIDDEN
    newest = deciding(records, view)
    is_waiting = view.status in _WAITING
    if newest is None:
        # A server that is to be confirmed has a record.
        return Story.HIDDEN if is_waiting else Story.NOTHING
    is_leaving = view.status in _RESIZE and view.task_state not in _ARRIVING
    said = STORIES.get(newest.status, Story.UNDER_WAY)
    if is_waiting and (said is Story.UNDER_WAY or
                       newest.destination != view.host):
        # It has begun after the look.
        return Story.NOTHING
    is_the_same = (
        newest.type == 'migration' and _is_to(newest, wanted) and
        (not is_waiting or source in (None, newest.source)))
    if said in _ENDED and (is_leaving or not is_the_same):
        return Story.NOTHING
    if not is_the_same:
        return Story.OTHERS
    if said in _TO_BE_CONFIRMED and newest.person is not None:
        return Story.PERSONS
    return said


def _is_to(record, wanted):
    return wanted is None or (record.destination in (None, wanted) and
                              record.source != wanted)


def begun(records, view, origin, wanted):
    """Tell whether what was requested may have begun since a view (P3).

    What begins changes the server, and Nova shows by the second when it was
    last changed. A record of that second is of before if it still is, unless
    the view before was of that second, too.

    :param records: as above
    :param view: the latest :class:`View`
    :param origin: the :class:`View` before it was requested
    :param wanted: the host that was asked for, or None for any other
    :returns: the :class:`Story`
    """
    if records is None:
        return Story.HIDDEN
    if origin.updated is None:
        return Story.NOTHING
    changed = origin.updated[:_SECONDS]
    is_in_doubt = view.updated != origin.updated or origin.age < _CLOCKS_DIFFER
    return Story.BEGUN if any(
        record.type == 'migration' and record.person is None and
        _is_to(record, wanted) and (
            record.created[:_SECONDS] > changed or
            is_in_doubt and record.created[:_SECONDS] == changed)
        for record in records) else Story.NOTHING
