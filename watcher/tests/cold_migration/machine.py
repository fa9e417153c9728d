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

"""Nova's state machine of one server, by its documented behaviour; pure.

The model (model.py) plays it in time, the exhaustive search (exhaustive.py)
visits all its states, and the twin of the functional tests checks it against a
real Nova.
"""

import typing

HOSTS = ('a', 'b', 'c')
SMALL, LARGE = 'small', 'large'

OUTCOMES = ('good', 'no valid host', 'rolled back', 'source fails',
            'destination fails', 'same host')
ACTS = ('confirm', 'revert', 'stop', 'start', 'reboot', 'resize',
        'migrate elsewhere', 'migrate', 'another applier migrates',
        'reset state', 'delete')

PERSON = 'a person'

# The statuses of records of what has ended.
ENDED = ('confirmed', 'error', 'reverted')


class Record(typing.NamedTuple):
    """A migration record; its fields are those of :class:`.states.Record`."""

    id: int
    type: str
    status: str
    source: str
    destination: typing.Optional[str]
    created: typing.Any
    person: typing.Optional[str]


# Of how the server may have come to where it is.
EARLIER = Record(1, 'migration', 'confirmed', 'c', 'a', 0, None)


class Change(typing.NamedTuple):
    """What a step of Nova's changes; None for what it leaves as it is.

    :ivar server: the new status and task_state
    :ivar host: the host
    :ivar record: the status of a record, the newest one or that of ``number``
    :ivar destination: the destination of that
    :ivar new: type, source and person of a record that is written
    :ivar flavor: the flavor
    :ivar number: the index of the record
    """

    server: typing.Optional[tuple] = None
    host: typing.Optional[str] = None
    record: typing.Optional[str] = None
    destination: typing.Optional[str] = None
    new: typing.Optional[tuple] = None
    flavor: typing.Optional[str] = None
    number: int = -1


class Server(typing.NamedTuple):
    """All that Nova knows of the server, and is about to do with it.

    :ivar coming: the :class:`Change`\\ s that are to come
    :ivar rest: the status that it has when it is at rest again
    :ivar source: the host that it started from last
    :ivar records: the :class:`Record`\\ s, the newest last
    :ivar changed: when it changed last
    """

    status: str = 'ACTIVE'
    task_state: typing.Optional[str] = None
    host: str = 'a'
    flavor: str = SMALL
    exists: bool = True
    records: typing.Tuple[Record, ...] = ()
    coming: typing.Tuple[Change, ...] = ()
    rest: str = 'ACTIVE'
    source: typing.Optional[str] = None
    changed: typing.Any = 0

    @property
    def is_at_rest(self):
        """Tell whether Nova takes a request to migrate or to resize it."""
        return (self.exists and self.status in ('ACTIVE', 'SHUTOFF') and
                not self.task_state)

    @property
    def is_waiting(self):
        """Tell whether Nova takes a request to confirm or to revert."""
        return (self.exists and self.status == 'VERIFY_RESIZE' and
                self.finished() is not None)

    def finished(self):
        """Give the index of the record that Nova would end, or None.

        It takes the oldest: after a state was reset, that is another one.
        """
        return next((index for index, record in enumerate(self.records)
                     if record.status == 'finished'), None)


def changed(server, change, now):
    """Make a change.

    :param server: the :class:`Server`
    :param change: the :class:`Change`
    :param now: when
    :returns: the :class:`Server` then
    """
    records = server.records
    if change.new:
        kind, source, person = change.new
        records += (Record(len(records) + 1, kind, 'pre-migrating', source,
                           None, now, person),)
    if change.record or change.destination:
        records = list(records)
        record = records[change.number]
        records[change.number] = record._replace(
            status=change.record or record.status,
            destination=change.destination or record.destination)
        records = tuple(records)
    status, task_state = change.server or (server.status, server.task_state)
    return server._replace(
        status=status, task_state=task_state, records=records,
        host=change.host or server.host, flavor=change.flavor or server.flavor,
        changed=now if change.server else server.changed)


def step(server, now):
    """Do the next of what is to come."""
    return changed(server, server.coming[0], now)._replace(
        coming=server.coming[1:])


def begin(server, kind, destination, person, outcome, now):
    """Begin a migration or a resize, as the API does before its 202.

    :param kind: ``migration`` or ``resize``
    :param destination: the host it is to, or None
    :param person: who requested it, or None where Watcher did
    :param outcome: how it ends, one of ``OUTCOMES``
    """
    source, rest = server.host, server.status
    if outcome == 'same host' and destination is None:
        destination = source
    chosen = destination or next(host for host in HOSTS if host != source)
    flavor = _other(server.flavor) if kind == 'resize' else None
    broken = Change(('ERROR', None), record='error')
    given_up = Change((rest, None), record='error')
    write = Change(new=(kind, source, person))
    moves = (write, Change(destination=chosen),
             Change(('RESIZE', 'resize_migrating'), record='migrating'),
             Change(('RESIZE', 'resize_migrated'), chosen, 'post-migrating'),
             Change(('RESIZE', 'resize_finish'), chosen, flavor=flavor),
             Change(('VERIFY_RESIZE', None), record='finished'))
    coming = {
        'no valid host': (write, given_up),
        'rolled back': moves[:3] + (given_up,),
        'source fails': moves[:3] + (broken,),
        'destination fails': moves[:5] + (
            broken._replace(flavor=server.flavor),),
    }.get(outcome, moves)
    return changed(server, Change(('RESIZE', 'resize_prep')), now)._replace(
        rest=rest, source=source, coming=coming)


def confirm(server, outcome, now):
    """Take a confirmation."""
    number = server.finished()
    end = (Change(('ERROR', None), record='error', number=number)
           if outcome == 'source fails' else
           Change((server.rest, None), record='confirmed', number=number))
    return changed(
        server, Change(record='confirming', number=number), now)._replace(
            coming=(end,))


def revert(server, now):
    """Take a revert."""
    record = server.records[-1]
    reverting = ('REVERT_RESIZE', 'resize_reverting')
    return changed(
        server, Change(
            reverting, record='reverting',
            flavor=_other(server.flavor) if record.type == 'resize' else None),
        now)._replace(coming=(
            Change(reverting, record.source, 'reverted'),
            Change((server.rest, None))))


def act(server, what, wanted, outcome, now):
    """Let somebody else than Watcher act.

    :param what: one of ``ACTS``
    :param wanted: the host that Watcher was asked for, or None
    :param outcome: as in :func:`begin`
    :returns: the :class:`Server` then; the same where Nova refuses
    """
    if not server.exists:
        return server
    if what == 'delete':
        return server._replace(exists=False)
    if what == 'revert' and server.finished() != len(server.records) - 1:
        # Nova goes wrong with an older one.
        return server
    if server.is_waiting and what in _ENDINGS:
        return _ENDINGS[what](server, outcome, now)
    if not server.is_at_rest:
        return server
    if what == 'stop' and server.status == 'ACTIVE':
        return changed(server, Change(('SHUTOFF', None)), now)
    if what == 'start' and server.status == 'SHUTOFF':
        return changed(server, Change(('ACTIVE', None)), now)
    if what == 'reboot' and server.status == 'ACTIVE':
        return changed(server, Change(('REBOOT', 'rebooting')), now)._replace(
            coming=(Change(('ACTIVE', None)),))
    if what == 'resize':
        return begin(server, 'resize', None if wanted == server.host
                     else wanted, PERSON, outcome, now)
    if what == 'migrate elsewhere':
        return begin(server, 'migration', next(
            host for host in HOSTS if host not in (server.host, wanted)),
            PERSON, outcome, now)
    if wanted != server.host and what in _MIGRATIONS:
        return begin(server, 'migration', wanted, _MIGRATIONS[what], outcome,
                     now)
    return server


_ENDINGS = {
    'confirm': confirm,
    'revert': lambda server, outcome, now: revert(server, now),
    'reset state': lambda server, outcome, now: changed(
        server, Change(('ACTIVE', None)), now),
}
_MIGRATIONS = {'migrate': PERSON, 'another applier migrates': None}


def _other(flavor):
    return LARGE if flavor == SMALL else SMALL
