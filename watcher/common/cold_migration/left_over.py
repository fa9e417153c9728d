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

"""Which cold migrations an applier has left over.

What is seen of a server, and the table of what it means for the command.
Nothing here asks, waits or reads a clock.
"""

import enum
import typing

from watcher.common.cold_migration import states

Story = states.Story


class Standing(enum.Enum):
    """What a server is to the command."""

    UNSEEN = 'the look at it failed'
    GONE = 'there is no such server'
    NOTHING = 'no migration of it is under way or to be confirmed'
    HIDDEN = 'its migrations are not shown to Watcher'
    PERSONS = 'another user requested its migration'
    OTHERS = 'it is being resized, or reverted'
    UNKNOWN = 'who requested its migration is not shown'
    IN_PLAN = 'a running action plan has it'
    YOUNG = 'it changed too short a time ago'
    LEFT_OVER = 'Watcher requested its migration, and nobody is at it'


class Seen(typing.NamedTuple):
    """What is seen of one server.

    :ivar server: its UUID
    :ivar view: the :class:`~.states.View`, or None where there is none
    :ivar records: its :class:`~.states.Record` list, the newest first, read
        after that; None where they are not shown
    :ivar is_watchers: whether Watcher's user is known to have requested the
        newest cold migration
    :ivar plan: UUID of the running action plan that has the server, or None
    :ivar obstacle: why the look at it failed, where it did
    """

    server: str
    view: typing.Optional[states.View]
    records: typing.Optional[typing.List[states.Record]] = ()
    is_watchers: bool = False
    plan: typing.Optional[str] = None
    obstacle: typing.Optional[str] = None


_ANY = None

_HIDDEN = frozenset([Story.HIDDEN])
_PERSONS = frozenset([Story.PERSONS])
_OTHERS = frozenset([Story.OTHERS, Story.REVERTING])
_THE_SAME = frozenset([Story.UNDER_WAY, Story.FINISHED, Story.CONFIRMING])

# The first row that fits counts. "The same" is what the decisions call it
# when a call finds the migration that it was to request.
_STANDINGS = (
    # records   Watcher's  planned  young  standing
    (_HIDDEN,   _ANY,      _ANY,    _ANY,  Standing.HIDDEN),
    (_PERSONS,  _ANY,      _ANY,    _ANY,  Standing.PERSONS),
    (_OTHERS,   _ANY,      _ANY,    _ANY,  Standing.OTHERS),
    (_THE_SAME, False,     _ANY,    _ANY,  Standing.UNKNOWN),
    (_THE_SAME, True,      True,    _ANY,  Standing.IN_PLAN),
    (_THE_SAME, True,      False,   True,  Standing.YOUNG),
    (_THE_SAME, True,      False,   False, Standing.LEFT_OVER),
    (_ANY,      _ANY,      _ANY,    _ANY,  Standing.NOTHING),
)


def standing(seen, older_than=0):
    """Tell what a server is to the command.

    :param seen: the :class:`Seen`
    :param older_than: for how many seconds Nova has to have left it as it is
    :returns: the :class:`Standing`
    """
    if seen.obstacle is not None:
        return Standing.UNSEEN
    if seen.view is None:
        return Standing.GONE
    said = _story(seen)
    return next(
        what for stories, is_watchers, is_planned, is_young, what
        in _STANDINGS
        if ((stories is _ANY or said in stories) and
            is_watchers in (_ANY, seen.is_watchers) and
            is_planned in (_ANY, seen.plan is not None) and
            is_young in (_ANY, seen.view.age < older_than)))


def destination(seen):
    """Give the host that the newest migration leads to; None if not chosen."""
    return seen.records[0].destination


def _story(seen):
    """Read the records as a call does that wants what they lead to."""
    if not states.in_resize(seen.view):
        return Story.NOTHING
    wanted = destination(seen) if seen.records else None
    return states.story(seen.records, seen.view, wanted)
