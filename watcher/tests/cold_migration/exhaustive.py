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

"""Search all states that two calls, a person and faults can lead to.

The search is breadth first. Nova is the machine (machine.py), with one server.
Two callers, in processes of their own, make the real decisions. Each possible
next event is tried in each state: a step of Nova's, a request of a caller's,
an act of a person's. Requests and replies get lost, or a proxy's page comes
instead, as often as the bounds allow. A caller that has no more events has
died; if Nova has none, a host has.

Time has no length here, except that a caller that gives way to others does not
meet them at the same moment. In the real world that is left to chance.

The shortest path to a broken promise is printed as a :class:`Path`. The
functional tests can replay it on a real Nova (COLD_MIGRATION_PATH names the
file).
"""

import argparse
import collections
import functools
import json
import random
import sys
import time
import typing

from watcher.common.cold_migration import decision
from watcher.common.cold_migration import states
from watcher.tests.cold_migration import machine

Do = decision.Do
Meaning = states.Meaning
Reply = decision.Reply
Stage = decision.Stage
Story = states.Story
Why = decision.Why

# What two callers are asked for.
CALLS = (('b', 'b'), (None, None), ('b', None), ('b', 'c'))
PERSONS_ACTS = ('confirm', 'revert', 'migrate', 'migrate elsewhere', 'resize',
                'reset state', 'delete')
INVARIANTS = ('P1', 'P2', 'P3', 'P4', 'P5', 'P6', 'P7', 'P8', 'P9',
              'P11')

# More decisions than may be made without a pause.
_RESTLESS = 12
_LOOKS = (Do.LOOK, Do.WAIT, Do.LINGER, Do.FOLLOW, Do.GIVE_WAY)
_AT_REST = ('ACTIVE', 'SHUTOFF')
_RESIZING = ('RESIZE', 'VERIFY_RESIZE', 'REVERT_RESIZE')


class Bounds(typing.NamedTuple):
    """How much may happen.

    :ivar acts: how often persons act
    :ivar faults: how many requests or replies get lost
    :ivar records: how many migrations and resizes there may be
    """

    acts: int = 1
    faults: int = 1
    records: int = 2


class Path(typing.NamedTuple):
    """What happens, one event after another.

    :ivar wanted: the hosts that the calls are asked for
    :ivar bounds: the :class:`Bounds`
    :ivar events: the events' names
    """

    wanted: typing.Tuple[typing.Optional[str], ...]
    bounds: Bounds
    events: typing.Tuple[str, ...]

    def __str__(self):
        """Give the text that :meth:`parse` reads."""
        return '\n'.join((json.dumps([self.wanted, self.bounds]),
                          *self.events))

    @classmethod
    def parse(cls, text):
        """Read the text of a path.

        :raises ValueError: if it is no path
        """
        first, *events = text.strip().splitlines()
        wanted, bounds = json.loads(first)
        return cls(tuple(wanted), Bounds(*bounds), tuple(events))

    def worlds(self):
        """Give each event with the world before and after it.

        :raises ValueError: if an event is not possible
        """
        one = Search(self.bounds)
        world = one.start(self.wanted)
        for event in self.events:
            then = dict(one.events(world)).get(event)
            if then is None:
                raise ValueError('It does not come to this: %s' % event)
            yield event, world, then
            world = then


class Broken(Exception):
    """A promise is broken.

    :param promise: which, and how
    :param path: the :class:`Path` to the last world before that, or None
    """

    def __init__(self, promise, path=None):
        super().__init__(promise if path is None
                         else '%s, after\n%s' % (promise, path))
        self.path = path


class Glimpse(typing.NamedTuple):
    """What was true when a caller looked at the server, or read its records.

    :ivar host: where it was at rest, or None
    :ivar arrival: the status of the record of how it came there, or None
    """

    host: typing.Optional[str]
    arrival: typing.Optional[str]


class Caller(typing.NamedTuple):
    """One call.

    :ivar wanted: the host that it is asked for, or None
    :ivar do: what it does next
    :ivar memory: its :class:`~.decision.Memory`
    :ivar view: what it saw last
    :ivar glimpses: of that look, and of each read of the records since
    :ivar record: the id of the record that it follows, or None
    :ivar requests: how many requests to migrate Nova has accepted
    :ivar is_refused: whether Nova has refused one
    :ivar has_given_way: whether it has let others go first
    :ivar known: how many records there were when it decided what to do next,
        if that is to read them or to end a migration
    :ivar is_posting: whether Nova is working on its confirmation or revert
    :ivar verdict: what it has returned, or None
    """

    wanted: typing.Optional[str]
    do: Do = Do.LOOK
    memory: decision.Memory = decision.Memory()
    view: typing.Optional[states.View] = None
    glimpses: typing.Tuple[Glimpse, ...] = ()
    record: typing.Optional[int] = None
    requests: int = 0
    is_refused: bool = False
    has_given_way: bool = False
    known: typing.Optional[int] = None
    is_posting: bool = False
    verdict: typing.Optional[bool] = None

    def returned(self, verdict):
        """Give what is left of a call that has returned."""
        return Caller(self.wanted, Do.SUCCEED, verdict=verdict)


class World(typing.NamedTuple):
    """A state of it all; ``acts`` and ``faults`` are how many are left."""

    server: machine.Server
    callers: typing.Tuple[Caller, Caller]
    acts: int
    faults: int

    def then(self, number, caller, **changes):
        """Give the world with this caller in the place of that number."""
        callers = list(self.callers)
        callers[number] = caller
        return self._replace(callers=tuple(callers), **changes)


def _now(server, is_written=False):
    """Give a time that is before or after each record's."""
    return '%04.1f' % (len(server.records) + (1 if is_written else 0.5))


def _expect(promise, kept, what):
    if not kept:
        raise Broken('%s: %s' % (promise, what))


def _arrival(server):
    """Give the record of the migration that brought it where it is."""
    return next((record for record in reversed(server.records)
                 if record.source != record.destination == server.host and
                 record.type == 'migration'), None)


def _glimpse(server):
    if not (server.exists and server.status in _AT_REST):
        return Glimpse(None, None)
    record = _arrival(server)
    return Glimpse(server.host, record and record.status)


def _has_arrived(caller, glimpse):
    """Tell whether it was where it is wanted, its migration confirmed."""
    if glimpse.host is None:
        return False
    if caller.wanted is None:
        if glimpse.host == caller.memory.origin.host:
            return False
    elif glimpse.host != caller.wanted:
        return False
    return glimpse.arrival in (None, 'confirmed') or (
        glimpse.arrival in machine.ENDED and
        not decision.is_requested(caller.memory))


class Search:
    """What can happen next.

    :param bounds: the :class:`Bounds`
    """

    def __init__(self, bounds):
        self._bounds = bounds
        self._meaning = functools.lru_cache(maxsize=None)(states.meaning)
        self._step = functools.lru_cache(maxsize=None)(
            lambda stage, meaning, story: decision.decide(
                decision.Memory(stage), meaning, story))

    def start(self, wanted):
        """Give the world before two calls."""
        return World(machine.Server(changed='0000'),
                     tuple(map(Caller, wanted)),
                     self._bounds.acts, self._bounds.faults)

    def events(self, world):
        """Give what can happen next: pairs of its name and the world then.

        :raises Broken: if a promise is broken by one
        """
        server = world.server
        if server.exists and server.coming:
            yield 'Nova goes on', world._replace(server=machine.step(
                server, _now(server, server.coming[0].new)))
        if world.acts:
            yield from self._acts(world)
        for number, caller in enumerate(world.callers):
            if caller.verdict is None:
                for what, then in self._requests(world, number, caller):
                    yield 'caller %d: %s' % (number + 1, what), then

    def _may_begin(self, server):
        return len(server.records) < self._bounds.records

    def _acts(self, world):
        server = world.server
        if any(caller.is_posting for caller in world.callers):
            # That two end it together is left to chance here, too.
            return
        for what in PERSONS_ACTS:
            then = machine.act(server, what, 'b', 'good', _now(server))
            if then is not server and (
                    then.source is server.source or self._may_begin(server)):
                yield 'a person: ' + what, world._replace(
                    server=then, acts=world.acts - 1)

    def _requests(self, world, number, caller):
        if caller.do in _LOOKS:
            yield 'look', self._looked(world, number, caller)
            if caller.do in (Do.WAIT, Do.LINGER):
                yield 'time limit', world.then(
                    number, caller.returned(caller.do is Do.LINGER))
        elif caller.do is Do.READ:
            if not self._has_gone_by(caller, world.server) and (
                    not caller.has_given_way or
                    self._is_alone(world, number)):
                yield from self._read(world, number, caller)
        elif caller.do is Do.REQUEST:
            yield from self._asked(world, number, caller)
        else:
            yield from self._ended(world, number, caller)

    @staticmethod
    def _has_gone_by(caller, server):
        """Tell whether a whole migration has passed since a decision.

        That takes seconds, and no request does.
        """
        return len(server.records) > caller.known and (
            server.records[-1].status in (
                'finished', 'confirming', *machine.ENDED))

    @staticmethod
    def _is_alone(world, number):
        return not any(
            other.do in (Do.CONFIRM, Do.REVERT)
            for index, other in enumerate(world.callers) if index != number)

    # Looks.

    def _looked(self, world, number, caller):
        server = world.server
        view = states.View(
            server.status, server.task_state, server.host, None, server.flavor,
            server.changed) if server.exists else None
        caller = caller._replace(
            view=view, glimpses=(_glimpse(server),),
            memory=decision.look(caller.memory, view))
        return world.then(number, self._decided(world, number, caller))

    def _read(self, world, number, caller):
        records = [states.Record(*record)
                   for record in reversed(world.server.records)]
        caller = caller._replace(
            glimpses=caller.glimpses[:1] + (_glimpse(world.server),))
        meaning = self._meaning(caller.view, caller.memory.origin,
                                caller.wanted)
        story = decision.read(caller.memory, meaning, caller.view, records,
                              caller.wanted)
        caller = self._decided(world, number, caller, story, records)
        then = world.then(number, caller)
        if caller.has_given_way and caller.do in (Do.CONFIRM, Do.REVERT):
            # Nobody else comes in between.
            for what, one in self._ended(then, number, caller):
                posting = one.callers[number]
                if posting.is_posting:
                    for end, other in self._ended(one, number, posting):
                        yield ', '.join(('read', what, end)), other
                else:
                    yield 'read, ' + what, one
        else:
            yield 'read', then

    # Decisions.

    def _decided(self, world, number, caller, story=Story.UNREAD, records=()):
        """Give the caller after it has decided what to do next."""
        wanted, memory = caller.wanted, caller.memory
        meaning = self._meaning(caller.view, memory.origin, wanted)
        record = caller.record
        for _ in range(_RESTLESS):
            before = memory
            step, then = self._step(memory.stage, meaning, story)
            memory = memory._replace(stage=then.stage)
            if step.do is Do.ADOPT:
                memory = decision.adopt(memory, caller.view, records[0])
                record = records[0].id
                meaning = self._meaning(caller.view, memory.origin, wanted)
                story = Story.UNREAD
            elif step.do is not Do.END:
                break
        else:
            raise Broken('P7: it decides for ever')
        caller = caller._replace(do=step.do, memory=memory, record=record)
        if step.do is Do.SUCCEED:
            _expect('P1', any(_has_arrived(caller, glimpse)
                              for glimpse in caller.glimpses), 'True')
            return caller.returned(True)
        if step.do is Do.FAIL:
            self._check_failure(world.server, caller, step.why)
            return caller.returned(False)
        if step.do is Do.READ:
            _expect('P7', story is Story.UNREAD, 'reads the same again')
        if step.do is Do.FOLLOW:
            _expect('P8', decision.is_requested(before),
                    'says that it has requested what it has not')
        _expect('P7', step.do is not Do.LOOK or before.stage is Stage.WATCHED,
                'looks again without a pause')
        self._check_next(world, number, caller, meaning)
        return caller._replace(
            has_given_way=caller.has_given_way or step.do is Do.GIVE_WAY,
            known=len(world.server.records)
            if step.do in (Do.READ, Do.CONFIRM, Do.REVERT) else None)

    @staticmethod
    def _check_next(world, number, caller, meaning):
        server, do = world.server, caller.do
        if do is Do.REQUEST:
            _expect('P9', caller.view.status not in _RESIZING, 'requested')
            _expect('P6', caller.wanted is None or
                    caller.view.host != caller.wanted or
                    caller.view.status not in _AT_REST, 'requested')
        if do is Do.WAIT:
            _expect('P2', meaning not in (
                Meaning.GONE, Meaning.BROKEN, Meaning.AT_SOURCE,
                Meaning.ELSEWHERE), 'waits in spite of %s' % meaning)
            is_current = server.exists and (
                caller.view[:3] == server[:3])
            # It may wait for what follows its own, which ends soon.
            is_its_own = caller.record in (None, len(server.records))
            _expect('P4', server.coming or not (is_current and is_its_own) or
                    any(other.is_posting for other in world.callers),
                    'waits for nothing')

    @staticmethod
    def _check_failure(server, caller, why):
        _expect('P1', not all(_has_arrived(caller, glimpse)
                              for glimpse in caller.glimpses), why)
        newest = server.records[-1] if server.records else None
        # A host that was not chosen yet may turn out to be another one, and
        # the server may have started from another host than was seen.
        is_ours = (
            newest is not None and server.exists and
            not (server.coming and server.coming[0].new) and
            server.status not in _AT_REST + ('ERROR',) and
            newest.type == 'migration' and
            newest.person is None and
            newest.status not in machine.ENDED + ('reverting',) and
            (caller.wanted is None or
             (newest.destination in (None, caller.wanted) and
              newest.source != caller.wanted)) and
            newest.source == caller.memory.origin.host)
        _expect('P3', not (is_ours and newest.id == caller.record and
                           why is not Why.REFUSED),
                '%s, though it goes on' % why)
        if why in (Why.OTHERS_WORK, Why.PERSONS):
            _expect('P5', not is_ours, '%s, though it is ours' % why)
        elif why is Why.REFUSED:
            _expect('P4', caller.is_refused, 'nobody has refused')
        elif why is not Why.GONE:
            _expect('P4', server.records, '%s, though nothing was' % why)

    # Requests.

    def _replied(self, world, number, caller, do, reply, **changes):
        """Give the worlds after a reply, and after it got lost."""
        for one, lost in ((reply, 0), (Reply.LOST, 1))[:1 + (
                reply is not Reply.LOST and world.faults > 0)]:
            step, memory = decision.on_reply(caller.memory, do, one)
            then = caller._replace(do=step.do, memory=memory, known=None,
                                   is_posting=False)
            if one is not Reply.LOST and reply is Reply.REFUSED:
                then = then._replace(is_refused=True)
            if step.do is Do.FAIL:
                self._check_failure(world.server, then, step.why)
                then = then.returned(False)
            yield one.name, world.then(number, then, **dict(
                changes, faults=world.faults - lost))

    def _lost(self, world, number, caller):
        if world.faults:
            (_, then), = self._replied(
                world._replace(faults=world.faults - 1), number, caller,
                caller.do, Reply.LOST)
            yield 'request lost', then

    def _asked(self, world, number, caller):
        yield from self._lost(world, number, caller)
        server = world.server
        if not server.is_at_rest or caller.wanted == server.host:
            for name, then in self._replied(world, number, caller, Do.REQUEST,
                                            Reply.REFUSED):
                yield 'request, ' + name, then
        elif self._may_begin(server):
            _expect('P3', not caller.requests, 'two migrations')
            caller = caller._replace(requests=1,
                                     record=len(server.records) + 1)
            for outcome in machine.OUTCOMES:
                if outcome == 'same host' and caller.wanted:
                    continue
                begun = machine.begin(server, 'migration', caller.wanted, None,
                                      outcome, _now(server))
                for name, then in self._replied(
                        world, number, caller, Do.REQUEST, Reply.ACCEPTED,
                        server=begun):
                    yield 'request (%s), %s' % (outcome, name), then

    def _ended(self, world, number, caller):
        """Confirm, or revert: Nova checks whether it may, and then does."""
        server, do = world.server, caller.do
        what = do.name.lower()
        if self._has_gone_by(caller, server):
            return
        if not caller.is_posting:
            yield from self._lost(world, number, caller)
            if server.is_waiting and any(
                    other.is_posting for other in world.callers):
                # Two that do not follow the same record do not meet, as if
                # one had given way.
                _expect('P11', any(other.record != len(server.records)
                                   for other in world.callers), 'two at once')
            elif server.is_waiting:
                self._check_end(server, caller)
                yield what, world.then(number,
                                       caller._replace(is_posting=True))
            else:
                for name, then in self._replied(world, number, caller, do,
                                                Reply.REFUSED):
                    yield '%s, %s' % (what, name), then
            return
        if do is Do.REVERT:
            ended = [('reverted', machine.revert(server, _now(server)))]
        else:
            ended = [(outcome, machine.confirm(server, outcome, _now(server)))
                     for outcome in ('good', 'source fails')]
        for outcome, end in ended:
            for name, then in self._replied(world, number, caller, do,
                                            Reply.ACCEPTED, server=end):
                yield '%s (%s), %s' % (what, outcome, name), then

    @staticmethod
    def _check_end(server, caller):
        record = server.records[-1]
        is_in_place = record.source == record.destination
        _expect('P5', record.type == 'migration' and record.person is None and
                caller.wanted in (None, record.destination), 'not ours')
        _expect('P9', is_in_place is (caller.do is Do.REVERT), caller.do)


class Figures(typing.NamedTuple):
    """How large a search was."""

    states: int
    transitions: int
    depth: int
    seconds: float


def search(wanted, bounds, most=None):
    """Visit all states that two calls can lead to.

    :param wanted: the hosts that they are asked for
    :param bounds: the :class:`Bounds`
    :param most: how many states there may be, or None
    :returns: the :class:`Figures`
    :raises Broken: if a promise is broken, with the shortest way to it
    """
    began = time.monotonic()
    one = Search(bounds)
    first = one.start(wanted)
    came_from = {first: (None, None, 0)}
    waiting = collections.deque([first])
    transitions = depth = 0
    while waiting:
        world = waiting.popleft()
        depth = came_from[world][2]
        try:
            for what, then in one.events(world):
                transitions += 1
                if then not in came_from:
                    came_from[then] = (world, what, depth + 1)
                    waiting.append(then)
            _expect('P7', most is None or len(came_from) <= most,
                    'comes to no end')
        except Broken as exc:
            raise Broken(exc, _path(came_from, world, bounds)) from exc
    return Figures(len(came_from), transitions, depth,
                   time.monotonic() - began)


def _path(came_from, world, bounds):
    """Give the shortest path from the first world to this one."""
    wanted = tuple(caller.wanted for caller in world.callers)
    events = []
    while came_from[world][0] is not None:
        world, what, _ = came_from[world]
        events.append(what)
    return Path(wanted, bounds, tuple(reversed(events)))


def _how_often(event):
    """Give the weight of an event on a random path."""
    who, _, what = event.partition(': ')
    if who == 'a person' or what == 'time limit':
        return 0.05
    return 1 if what else 2


def wander(wanted, bounds, seed):
    """Give a random path, to where nothing more happens.

    :param wanted: the hosts that the calls are asked for
    :param bounds: the :class:`Bounds`
    :param seed: the random seed
    """
    choices = random.Random(seed)
    one = Search(bounds)
    world, events = one.start(wanted), []
    while any(caller.verdict is None for caller in world.callers):
        coming = list(one.events(world))
        if not coming:
            break
        (event, world), = choices.choices(
            coming, [_how_often(event) for event, _ in coming])
        events.append(event)
    return Path(wanted, bounds, tuple(events))


def main():
    """Search with the bounds that are asked for, and print the figures.

    :returns: 0 if all promises are kept, 1 if not
    """
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in Bounds(acts=1, faults=1, records=2)._asdict().items():
        parser.add_argument('--' + name, type=int, default=default)
    bounds = Bounds(**vars(parser.parse_args()))
    print('Invariants: %s\nBounds, besides two calls: %s' % (
        ', '.join(INVARIANTS), ', '.join(
            '%d %s' % (most, name)
            for name, most in bounds._asdict().items())))
    print('%-14s %12s %12s %6s %8s' % ('asked for', *Figures._fields))
    try:
        for wanted in CALLS:
            print('%-14s %12d %12d %6d %8.0f' % (
                '%s and %s' % wanted, *search(wanted, bounds)), flush=True)
    except Broken as exc:
        print(exc)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
