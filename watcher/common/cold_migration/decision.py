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

"""The decisions of a cold migration: one table, and nothing else.

The loop in ``migration.py`` looks at the server, lets :func:`decide` find the
first row that fits what is known, and does what it says; :func:`on_reply` does
the same for the outcome of a request. Nothing here makes requests, waits, logs
or reads a clock.
"""

import enum
import typing

from watcher.common.cold_migration import sentences
from watcher.common.cold_migration import states

Why = sentences.Why


class Stage(enum.Enum):
    """How far a call has come."""

    NEW = 'nothing was requested'
    WATCHED = 'nothing was requested; there was work that is not on record'
    LOST = 'requested; the reply was lost'
    REFUSED = 'refused, perhaps because something had changed'
    LATE = 'refused, perhaps because Nova has the request that was lost'
    ADOPTED = 'under way; whoever requested it may be about to end it'
    MOVING = 'under way, and ours to end'
    CONFIRM = 'to be confirmed'
    CONFIRM_REFUSED = 'to be confirmed; Nova refused'
    CONFIRMING = 'Nova has accepted our confirmation'
    REVERT = 'to be reverted'
    REVERT_REFUSED = 'to be reverted; Nova refused'
    REVERTING = 'Nova has accepted our revert'


class Do(enum.Enum):
    """What to do next: until it is one of the last two, or its time is up."""

    LOOK = 'look at the server'
    WAIT = 'pause, and look; at the time limit: False'
    LINGER = 'pause, and look; at the time limit: True'
    READ = 'read the migration records'
    REQUEST = 'request the migration'
    ADOPT = 'adopt the migration on record'
    FOLLOW = 'adopt what has begun since it was requested; look'
    GIVE_WAY = 'let others end it first, for a while; look'
    END = 'begin to end it, within a time limit of its own'
    CONFIRM = 'confirm it'
    REVERT = 'revert it'
    SUCCEED = 'True'
    FAIL = 'False'


class Reply(enum.Enum):
    """The outcome of a request."""

    ACCEPTED = 'Nova accepts it'
    LOST = 'no reply, or none of Nova'
    REFUSED = 'HTTP 400, 404 or 409, as where something had changed'
    FORBIDDEN = 'HTTP 403 or 406'


class Memory(typing.NamedTuple):
    """What one call remembers.

    :ivar stage: the :class:`Stage`
    :ivar origin: the :class:`~.states.View` from which the migration starts
    """

    stage: Stage = Stage.NEW
    origin: typing.Optional[states.View] = None


class Step(typing.NamedTuple):
    """What a row says.

    :ivar do: what is done
    :ivar stage: the stage from then on; None for the same
    :ivar why: why it failed, where it did
    """

    do: Do
    stage: typing.Optional[Stage] = None
    why: typing.Optional[Why] = None


class Row(typing.NamedTuple):
    """A row of the table: the sets of values that it fits, and the step."""

    stage: frozenset
    meaning: frozenset
    story: frozenset
    step: Step


class ReplyRow(typing.NamedTuple):
    """The same of the table for the outcome of a request."""

    stage: frozenset
    request: frozenset
    reply: frozenset
    step: Step


# Words that stand for several values. A cell may have several words.
_STAGES = {
    'OPEN': 'NEW WATCHED LOST REFUSED LATE',
    'UNANSWERED': 'LOST LATE',
    'TO_CONFIRM': 'CONFIRM CONFIRM_REFUSED',
    'CONFIRMS': 'CONFIRM CONFIRM_REFUSED CONFIRMING',
    'TO_REVERT': 'REVERT REVERT_REFUSED',
    'REVERTS': 'REVERT REVERT_REFUSED REVERTING',
}
_MEANINGS = {
    'A_MOVE': 'UNDER_WAY MOVED NEVER_LEFT MOVED_ELSEWHERE RESIZED',
    'TO_END': 'MOVED NEVER_LEFT',
    'AT_WORK': 'BUSY UNDER_WAY REVERTING',
    'THERE': 'ARRIVED ARRIVED_BUSY',
}
_STORIES = {
    'OURS': 'UNDER_WAY FINISHED CONFIRMING CONFIRMED',
    'DIFFERENT': 'OTHERS REVERTING',
    'NOT_OURS': 'PERSONS OTHERS',
    'UNCONFIRMED': 'UNDER_WAY FINISHED PERSONS REVERTING',
}

# The first row that fits counts; "-" stands for any value. The last column has
# the stage from then on, or why it failed.
_ROWS = (
    # stage          the look shows    the records say  then
    # Whatever was requested.
    ('-',            'GONE',           '-',             'FAIL', 'GONE'),
    ('-',            'HIDDEN',         '-',             'FAIL', 'HOST_HIDDEN'),
    # A migration or a resize is there: is it what Watcher is asked for?
    ('OPEN',         'REVERTING',      '-',             'FAIL', 'OTHERS_WORK'),
    ('OPEN',         'A_MOVE',         'UNREAD',        'READ'),
    ('OPEN',         'A_MOVE',         'OURS',          'ADOPT', 'ADOPTED'),
    ('OPEN',         'A_MOVE',         'PERSONS',       'FAIL', 'PERSONS'),
    ('OPEN',         'A_MOVE',         'DIFFERENT',     'FAIL', 'OTHERS_WORK'),
    ('UNANSWERED',   'A_MOVE',         'HIDDEN',        'FOLLOW', 'ADOPTED'),
    ('OPEN',         'A_MOVE',         'HIDDEN',        'FAIL', 'OTHERS_WORK'),
    ('NEW',          'A_MOVE',         '-',             'WAIT', 'WATCHED'),
    ('OPEN',         'A_MOVE',         '-',             'WAIT'),
    # The server is where it is wanted. The records have the last word (P1).
    ('-',            'THERE',          'UNREAD',        'READ'),
    ('-',            'THERE',          'CONFIRMING',    'WAIT'),
    ('-',            'THERE',          'UNCONFIRMED',   'FAIL',
     'NEVER_CONFIRMED'),
    # What was there, and not on record, has ended.
    ('WATCHED',      '-',              'UNREAD',        'READ'),
    ('WATCHED',      'THERE',          'CONFIRMED',     'SUCCEED'),
    ('WATCHED',      '-',              '-',             'LOOK', 'NEW'),
    # Nothing was.
    ('NEW',          'ARRIVED_BUSY',   '-',             'LINGER'),
    ('NEW',          'ARRIVED',        '-',             'SUCCEED'),
    ('-',            'THERE',          'FAILED',        'FAIL',
     'NEVER_CONFIRMED'),
    ('-',            'THERE',          '-',             'SUCCEED'),
    # It is not, and no migration is there.
    ('NEW',          '-',              '-',             'REQUEST'),
    ('REFUSED',      '-',              '-',             'FAIL', 'REFUSED'),
    ('UNANSWERED',   '-',              'UNREAD',        'READ'),
    ('UNANSWERED',   '-',              'HIDDEN',        'FAIL', 'NOT_KNOWN'),
    ('UNANSWERED',   '-',              'BEGUN',         'FOLLOW', 'ADOPTED'),
    ('LOST',         '-',              '-',             'REQUEST'),
    ('LATE',         '-',              '-',             'FAIL', 'REFUSED'),
    # The migration is followed to its end.
    ('-',            'AT_WORK',        '-',             'WAIT'),
    ('ADOPTED',      'TO_END',         '-',             'GIVE_WAY', 'MOVING'),
    ('MOVING',       'MOVED',          '-',             'END', 'CONFIRM'),
    ('MOVING',       'NEVER_LEFT',     '-',             'END', 'REVERT'),
    ('TO_CONFIRM',   'MOVED',          'UNREAD',        'READ'),
    ('TO_CONFIRM',   'MOVED',          'NOT_OURS',      'FAIL', 'ANOTHER'),
    ('CONFIRM',      'MOVED',          'FINISHED HIDDEN', 'CONFIRM'),
    ('CONFIRM_REFUSED', 'MOVED',       'FINISHED',      'FAIL', 'REFUSED'),
    ('CONFIRMS',     'MOVED',          '-',             'WAIT'),
    ('TO_REVERT',    'NEVER_LEFT',     'UNREAD',        'READ'),
    ('TO_REVERT',    'NEVER_LEFT',     'NOT_OURS HIDDEN', 'FAIL',
     'NOT_REVERTED'),
    ('REVERT',       'NEVER_LEFT',     'FINISHED',      'REVERT'),
    ('REVERT_REFUSED', 'NEVER_LEFT',   'FINISHED',      'FAIL', 'REFUSED'),
    ('REVERTS',      'NEVER_LEFT',     '-',             'WAIT'),
    ('REVERTS',      '-',              '-',             'FAIL', 'IN_PLACE'),
    # It has failed, or others have acted.
    ('-',            'BROKEN',         '-',             'FAIL', 'BROKEN'),
    ('-',            'AT_SOURCE',      '-',             'FAIL', 'AT_SOURCE'),
    ('-',            'ELSEWHERE',      '-',             'FAIL', 'ELSEWHERE'),
    ('-',            'MOVED_ELSEWHERE', '-',            'FAIL',
     'MOVED_ELSEWHERE'),
    ('-',            'RESIZED',        '-',             'FAIL', 'RESIZED'),
    ('-',            'NEVER_LEFT',     '-',             'FAIL', 'ANOTHER'),
)

# The same for the outcome of a request.
_REPLIES = (
    # stage          request           reply            then
    ('-',            '-',              'FORBIDDEN',     'FAIL', 'REFUSED'),
    ('-',            'REQUEST',        'ACCEPTED',      'LOOK', 'MOVING'),
    ('-',            'REQUEST',        'LOST',          'LOOK', 'LOST'),
    ('NEW',          'REQUEST',        'REFUSED',       'LOOK', 'REFUSED'),
    ('LOST',         'REQUEST',        'REFUSED',       'LOOK', 'LATE'),
    ('-',            '-',              'LOST',          'LOOK'),
    ('-',            'CONFIRM',        'ACCEPTED',      'LOOK', 'CONFIRMING'),
    ('-',            'CONFIRM',        'REFUSED',       'LOOK',
     'CONFIRM_REFUSED'),
    ('-',            'REVERT',         'ACCEPTED',      'LOOK', 'REVERTING'),
    ('-',            'REVERT',         'REFUSED',       'LOOK',
     'REVERT_REFUSED'),
)


def _values(kind, words, groups):
    """Give the values that a cell of a table stands for."""
    if words == '-':
        return frozenset(kind)
    return frozenset(kind[name] for word in words.split()
                     for name in groups.get(word, word).split())


def _step(do, then=None):
    if Do[do] is Do.FAIL:
        return Step(Do.FAIL, None, Why[then])
    return Step(Do[do], then and Stage[then], None)


_OPEN = _values(Stage, 'OPEN', _STAGES)
_UNANSWERED = _values(Stage, 'UNANSWERED', _STAGES)
_A_MOVE = _values(states.Meaning, 'A_MOVE', _MEANINGS)
_THERE = _values(states.Meaning, 'THERE', _MEANINGS)
# While it means one of these, Nova is at work on the server.
AT_WORK = _values(states.Meaning, 'AT_WORK', _MEANINGS)

TABLE = tuple(
    Row(_values(Stage, stage, _STAGES),
        _values(states.Meaning, meaning, _MEANINGS),
        _values(states.Story, story, _STORIES), _step(*step))
    for stage, meaning, story, *step in _ROWS)

REPLIES = tuple(
    ReplyRow(_values(Stage, stage, _STAGES), _values(Do, request, {}),
             _values(Reply, reply, {}), _step(*step))
    for stage, request, reply, *step in _REPLIES)


def row_for(table, *known):
    """Give the first row of a table that fits what is known, or None."""
    return next((row for row in table if all(
        value in column for value, column in zip(known, row))), None)


def _go_on(memory, row):
    return row.step, memory._replace(stage=row.step.stage or memory.stage)


def decide(memory, meaning, story):
    """Decide what to do next.

    :param memory: the :class:`Memory`
    :param meaning: the :class:`~.states.Meaning` of the last look
    :param story: the :class:`~.states.Story` of what was read since then
    :returns: the :class:`Step`, and the :class:`Memory` from then on
    """
    return _go_on(memory, row_for(TABLE, memory.stage, meaning, story))


def on_reply(memory, request, reply):
    """Decide what to do after a request.

    :param memory: the :class:`Memory`
    :param request: the :class:`Do` that was done
    :param reply: the :class:`Reply`
    :returns: the :class:`Step`, and the :class:`Memory` from then on
    """
    return _go_on(memory, row_for(REPLIES, memory.stage, request, reply))


def is_followed(memory):
    """Tell whether a migration is known to have begun, and is followed."""
    return memory.stage not in _OPEN


def is_requested(memory):
    """Tell whether the migration was requested, or is followed."""
    return memory.stage not in (Stage.NEW, Stage.WATCHED)


def look(memory, view):
    """Remember what a look showed.

    Until something is requested or watched, the migration starts where the
    server was seen last.

    :param memory: the :class:`Memory`
    :param view: the :class:`~.states.View`, or None where there is no server
    :returns: the :class:`Memory` from then on
    """
    if view is None or memory.stage is not Stage.NEW:
        return memory
    return memory._replace(origin=view)


def read(memory, meaning, view, records, wanted):
    """Find out what the migration records say.

    :param memory: the :class:`Memory`
    :param meaning: the :class:`~.states.Meaning` of the last look
    :param view: the :class:`~.states.View` of that
    :param records: the list of :class:`~.states.Record`, the newest first;
        None where they are not shown
    :param wanted: the host that was asked for, or None for any other
    :returns: the :class:`~.states.Story`
    """
    if memory.stage in _UNANSWERED and meaning not in _A_MOVE | _THERE:
        return states.begun(records, view, memory.origin, wanted)
    source = memory.origin.host if is_followed(memory) else None
    return states.story(records, view, wanted, source)


def adopt(memory, view, record):
    """Remember where an adopted migration started.

    :param memory: the :class:`Memory`
    :param view: the :class:`~.states.View` of the last look
    :param record: the :class:`~.states.Record` of what is adopted
    :returns: the :class:`Memory` from then on
    """
    # The records tell what is a resize.
    return memory._replace(origin=view._replace(host=record.source,
                                                flavor=None))
