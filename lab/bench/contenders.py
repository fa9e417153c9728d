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

"""Who migrates in the benchmark, each in processes of its own."""

import contextlib
import functools
import importlib
import logging
import time
import typing

from watcher.applier.actions import migration
from watcher import conf as watcher_conf

from lab.bench import bare_loop
from lab.support import accounts
from lab.support import processes

# How many migrations each can do at once.
AT_ONCE = 6
NO_SERVER = '00000000-0000-4000-8000-000000000000'


class Outcome(typing.NamedTuple):
    """How one migration went, seen by who did it.

    :ivar moved: whether it was reported to have succeeded
    :ivar start: when it began, in seconds since the epoch
    :ivar end: when its outcome was known
    """

    moved: bool
    start: float
    end: float

    @property
    def seconds(self):
        """Give how long it took."""
        return self.end - self.start


class Contender:
    """One of those who migrate. As a context manager it ends with the block.

    :param account: the :class:`lab.support.accounts.Account` that it asks as
    :param migrate: function that migrates: gets the server's id, the host it
        is on and the host to migrate it to; tells whether it succeeded
    :param prepare: function that each of its processes calls first
    :param arguments: the arguments of that

    :ivar account: as above
    """

    def __init__(self, account, migrate, prepare=None, *arguments):
        self.account = account
        self._migrate = migrate
        self._pool = processes.pool(AT_ONCE, prepare, *arguments)

    def start(self, server_id, source, destination):
        """Begin to migrate; returns a future that has the outcome."""
        return self._pool.submit(_timed, self._migrate, server_id, source,
                                 destination)

    def __enter__(self):
        """Give the contender."""
        return self

    def __exit__(self, *exc_info):
        """End its processes."""
        self._pool.shutdown()


def bare(auth_url):
    """Make the bare loop a contender.

    :param auth_url: Keystone's URL
    """
    return Contender(
        accounts.BARE_LOOP,
        functools.partial(_run_bare_loop, auth_url),
        bare_loop.log_in, auth_url)


def watcher(conf_path, helper):
    """Make Watcher's own action a contender.

    :param conf_path: the path of the ``watcher.conf``
    :param helper: the module that the action takes its helper from
    """
    return Contender(accounts.WATCHER, _execute, _be_watcher, conf_path,
                     helper)


def _timed(migrate, *arguments):
    start = time.time()
    moved = migrate(*arguments)
    return Outcome(moved, start, time.time())


def _run_bare_loop(auth_url, server_id, source, destination):
    return bare_loop.run(
        bare_loop.Server(bare_loop.log_in(auth_url), server_id), destination)


def _be_watcher(conf_path, helper):
    logging.disable()
    watcher_conf.CONF(['--config-file', conf_path], project='watcher')
    migration.nova_helper = importlib.import_module('watcher.common.' + helper)
    # Load what is loaded late, as in a service that has run for a while.
    _execute(NO_SERVER, None, None)


def _execute(server_id, source, destination):
    action = migration.Migrate(None)
    action.input_parameters = {
        'migration_type': 'cold', 'resource_id': server_id,
        'source_node': source, 'destination_node': destination}
    with contextlib.suppress(Exception):
        # As Watcher's engine judges it.
        return action.execute() is True
    return False
