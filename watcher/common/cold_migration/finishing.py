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

"""Find the cold migrations that an applier left, and finish them.

Each is finished by the same code that finishes it in an applier
(:mod:`.migration`). What is there is looked at again right before a server's
turn. No migration is ever requested.
"""

import contextlib
import enum
from multiprocessing import pool
import typing

from oslo_config import cfg

from watcher.common.cold_migration import exceptions
from watcher.common.cold_migration import left_over
from watcher.common.cold_migration import migration
from watcher.common.cold_migration import options
from watcher.common.cold_migration import states
from watcher.common.cold_migration import waiting

CONF = cfg.CONF

Standing = left_over.Standing

# How many servers are looked at, or finished, at once.
AT_ONCE = 10

# Seconds that a look takes at most; for how many seconds it is retried after
# a transient error, and seconds before a retry.
LOOK_LIMIT = 60
RETRY_LIMIT = 10
RETRY_PAUSE = 1

# What a person who names such a server is refused.
_NOT_OURS = frozenset([Standing.GONE, Standing.HIDDEN, Standing.PERSONS,
                       Standing.OTHERS, Standing.UNKNOWN, Standing.IN_PLAN])

# What can keep the look at one server from its end, and at any server.
_ERRORS_OF_ONE = (exceptions.Refused, exceptions.Unavailable)
ERRORS = _ERRORS_OF_ONE + (exceptions.NoAccess, exceptions.NoDatabase)


class Verdict(enum.Enum):
    """What became of a server, in the command's words."""

    FINISHED = 'finished'
    FAILED = 'failed'
    REFUSED = 'refused'
    LEFT_ALONE = 'left alone'
    WOULD_FINISH = 'would be finished'


class Outcome(typing.NamedTuple):
    """What became of a server.

    :ivar seen: what was seen of it, a :class:`~.left_over.Seen`
    :ivar verdict: the :class:`Verdict`
    :ivar standing: the :class:`~.left_over.Standing` that decided it
    :ivar why: why it failed, where it did
    :ivar host: the host that it is on, where it was finished
    """

    seen: left_over.Seen
    verdict: Verdict
    standing: Standing
    why: typing.Optional[str] = None
    host: typing.Optional[str] = None


class Finisher:
    """Looks at servers, and finishes their cold migrations.

    :param adapter: the client library's adapter, a module
    :param helper: Watcher's NovaHelper
    :param plans: function that gives the servers that running action plans
        have, as :func:`.plans.servers_in_running_plans`
    :param note: function that :meth:`finish` calls with the
        :class:`~.left_over.Seen` when it adopts a migration, and with each
        :class:`Outcome`
    :param older_than: for how many seconds Nova has to have left a server as
        it is
    :param is_named: whether a person has named the servers
    """

    def __init__(self, adapter, helper, plans, note=None, older_than=0,
                 is_named=False):
        self._adapter = adapter
        self._helper = helper
        self._plans = plans
        self._note = note
        self._older_than = older_than
        self._is_named = is_named

    def servers(self):
        """List the servers that may have a migration of Watcher's.

        :returns: their UUIDs
        :raises: one of ``ERRORS``
        """
        with contextlib.closing(self._adapter.Nova(self._helper)) as nova:
            return _patiently(nova.servers_being_migrated)

    def look(self, servers):
        """Look at some servers.

        :param servers: their UUIDs
        :returns: a list of :class:`~.left_over.Seen`, in the same order
        :raises ~.exceptions.NoAccess: if there is no access to Nova
        :raises ~.exceptions.NoDatabase: if Watcher's database does not reply
        """
        return list(_at_once(self._look, servers))

    def finish(self, servers):
        """Finish what was left over, several at once.

        :param servers: the servers' UUIDs
        :returns: an iterator of :class:`Outcome`, in the order of the servers
        """
        return _at_once(self._finish, servers)

    def judge(self, seen):
        """Give the :class:`Outcome` of a server, were it not finished."""
        standing = left_over.standing(seen, self._older_than)
        if standing is Standing.UNSEEN:
            verdict = Verdict.FAILED
        elif standing is Standing.LEFT_OVER:
            verdict = Verdict.WOULD_FINISH
        elif self._is_named and standing in _NOT_OURS:
            verdict = Verdict.REFUSED
        else:
            verdict = Verdict.LEFT_ALONE
        return Outcome(seen, verdict, standing)

    def _server(self, server_id):
        return contextlib.closing(
            self._adapter.Server(self._helper, server_id))

    def _look(self, server_id):
        try:
            with self._server(server_id) as server:
                return self._see(server)
        except _ERRORS_OF_ONE as exc:
            return _unseen(server_id, exc)

    def _finish(self, server_id):
        try:
            with self._server(server_id) as server:
                outcome = self._outcome(server)
        except ERRORS as exc:
            outcome = self.judge(_unseen(server_id, exc))
        self._note(outcome)
        return outcome

    def _see(self, server):
        view = _patiently(server.look)
        if not states.in_resize(view):
            return left_over.Seen(server.id, view)
        try:
            records = _patiently(server.migrations)
        except exceptions.Refused:
            records = None
        return left_over.Seen(
            server.id, view, records,
            records is not None and _patiently(server.is_watchers),
            self._plans().get(server.id))

    def _outcome(self, server):
        seen = self._see(server)
        outcome = self.judge(seen)
        if outcome.verdict is not Verdict.WOULD_FINISH:
            return outcome
        self._note(seen)
        adopted = migration.ColdMigration(
            server, left_over.destination(seen), options.time_limit(CONF),
            self._helper.confirm_resize)
        adopted.adopt(seen.view, seen.records)
        if not adopted.run():
            return outcome._replace(verdict=Verdict.FAILED, why=adopted.why)
        return outcome._replace(verdict=Verdict.FINISHED, host=adopted.host)


def _unseen(server_id, exc):
    return left_over.Seen(server_id, None, obstacle=str(exc))


def _at_once(work, servers):
    """Work on several servers at once; gives the results in their order."""
    # Its threads do not outlive an interrupted command.
    with pool.ThreadPool(AT_ONCE) as threads:
        yield from threads.imap(work, servers)


def _patiently(ask):
    """Retry a request for a while after a transient error (P4)."""
    limit = waiting.TimeLimit(RETRY_LIMIT, RETRY_PAUSE)
    while True:
        try:
            return ask(seconds=LOOK_LIMIT)
        except exceptions.Unavailable as exc:
            if not limit.left():
                raise
            limit.pause(at_least=exc.retry_after)
