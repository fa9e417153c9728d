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
    """

    status: str
    task_state: typing.Optional[str]
    host: typing.Optional[str]
    fault: typing.Optional[str] = None

    def __str__(self):
        """Show it as a log line does."""
        return '%s, task_state %s, on host %s' % (
            self.status, self.task_state, self.host)


class Place(enum.Enum):
    """Where a server is, seen from its migration."""

    WANTED = 'the host asked for; any but the source, if none was asked for'
    SOURCE = 'the host that it started from'
    OTHER = 'another host, or none'


class Meaning(enum.Enum):
    """What a view means for a cold migration."""

    GONE = 'there is no such server any more'
    BROKEN = 'the server is in ERROR'
    UNDER_WAY = 'Nova is at work on the server'
    MOVED = 'moved to where it is wanted, and waits for confirmation'
    NEVER_LEFT = 'ended where it started, and waits for confirmation'
    MOVED_ELSEWHERE = 'moved where nobody asked for, waits for confirmation'
    ARRIVED = 'settled where it is wanted'
    AT_SOURCE = 'settled where it started'
    ELSEWHERE = 'settled where nobody asked for'


_ANY = None
_SOME, _NONE = True, False  # whether there is a task_state

_GONE = frozenset(['DELETED', 'SOFT_DELETED'])
_ERROR = frozenset(['ERROR'])
_AT_WORK = frozenset(['MIGRATING', 'RESIZE', 'REVERT_RESIZE'])
_WAITING = frozenset(['VERIFY_RESIZE'])

# The first row that fits counts. Nova sets the task_state before it answers
# 202 to a migrate request, so a server at rest is really at rest.
_TABLE = (
    # status   task_state  place          meaning
    (_GONE,    _ANY,       _ANY,          Meaning.GONE),
    (_ERROR,   _ANY,       _ANY,          Meaning.BROKEN),
    (_ANY,     _SOME,      _ANY,          Meaning.UNDER_WAY),
    (_AT_WORK, _NONE,      _ANY,          Meaning.UNDER_WAY),
    (_WAITING, _NONE,      Place.WANTED,  Meaning.MOVED),
    (_WAITING, _NONE,      Place.SOURCE,  Meaning.NEVER_LEFT),
    (_WAITING, _NONE,      Place.OTHER,   Meaning.MOVED_ELSEWHERE),
    (_ANY,     _NONE,      Place.WANTED,  Meaning.ARRIVED),
    (_ANY,     _NONE,      Place.SOURCE,  Meaning.AT_SOURCE),
    (_ANY,     _NONE,      Place.OTHER,   Meaning.ELSEWHERE),
)


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


def meaning(view, source, wanted):
    """Tell what a view means for a cold migration.

    :param view: the :class:`View`, or None where Nova knows no such server
    :param source: the host that the server started from
    :param wanted: the host that was asked for, or None for any other
    :returns: the :class:`Meaning`
    """
    if view is None:
        return Meaning.GONE
    seen = place(view.host, source, wanted)
    return next(
        what for statuses, working, where, what in _TABLE
        if ((statuses is _ANY or view.status in statuses) and
            (working is _ANY or working == bool(view.task_state)) and
            (where is _ANY or where is seen)))
