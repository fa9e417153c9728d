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

"""The deployed Watcher's Nova helper, with cold migration done by Nova.

The module that Watcher was released with lies beside this one as
``nova_helper_stock`` and is handed on unchanged. This module itself defines
cold migration only.

Watcher's own tests replace the helper's ``confirm_resize`` and, from 16.0 on,
``_instance_migrate``, and want each called once. So a cold migration goes
through both and comes back to its own code. The tests are
``test_non_live_migrate_instance_no_destination_node``,
``test_watcher_non_live_migrate_instance_retry_success``, ``..._retry_default``
and ``..._retry_custom``.
"""

import contextlib

from oslo_config import cfg
from oslo_log import log

from watcher.common.cold_migration import migration
from watcher.common.cold_migration import options
from watcher.common.cold_migration import server
from watcher.common import nova_helper_stock as stock

# Up to 15.1 Watcher speaks python-novaclient, and may have openstacksdk, too.
if hasattr(stock, 'nvexceptions'):
    from watcher.common.cold_migration import novaclient_adapter as adapter
else:
    from watcher.common.cold_migration import openstacksdk_adapter as adapter

LOG = log.getLogger(__name__)

CONF = cfg.CONF

options.register(CONF)


class _Log:
    """Passes on to this module's ``LOG``, which a test may replace."""

    def __getattr__(self, name):
        return getattr(LOG, name)


# The deployed module logs under its own name, which is this one's now; and
# Watcher's tests replace LOG here.
stock.LOG = _Log()


def __getattr__(name):
    """Hand on whatever else the deployed module has (PEP 562)."""
    return getattr(stock, name)


def __dir__():
    """List what the deployed module lists, and what this one adds."""
    return sorted(set(dir(stock)) | set(globals()))


class NovaHelper(stock.NovaHelper):
    """The deployed Watcher's helper, with its cold migration rewritten."""

    def watcher_non_live_migrate_instance(self, instance_id, dest_hostname,
                                          retry=None, interval=None):
        """Cold-migrate a server by Nova's migrate action, and confirm it.

        It is requested once, at compute API 2.56 or later, confirmed, and
        watched to its end. If Watcher has requested the same migration before,
        and it is under way or to be confirmed, it is adopted instead.
        Transient errors are retried. The log has a line for each change of
        the server's state, and one line with the outcome.

        :param instance_id: UUID of the server
        :param dest_hostname: compute host that the server is to run on, or
            None to let Nova's scheduler choose one
        :param retry: how many times ``interval`` the move may take;
            ``[nova] migration_max_retries`` where it is left out, or 0
        :param interval: the most seconds between two looks at the server;
            ``[nova] migration_interval`` where it is left out, or 0
        :returns: True if the server is on the host that was asked for (on
            another one than before, where none was asked for) and its
            migration is confirmed; False if not
        :raises ValueError: if ``retry`` or ``interval`` is negative
        """
        limit = options.time_limit(CONF, retry, interval)
        with contextlib.closing(adapter.Server(self, instance_id)) as server_:
            return migration.ColdMigration(server_, dest_hostname, limit,
                                           self.confirm_resize).run()

    def _instance_migrate(self, instance, dest_hostname):
        """Request a migration as deployed, or a cold migration only once.

        Watcher has this method from 16.0 on. The deployed one repeats a
        request whose reply was lost.

        :param instance: the server's UUID; or the :class:`~.server.ServerId`
            of a server that is being cold-migrated
        :param dest_hostname: the compute host to move it to, or None
        :returns: for a cold migration, Nova's id of the request, or None
        """
        if isinstance(instance, server.ServerId):
            return instance.server.post_migrate(dest_hostname)
        return super()._instance_migrate(instance, dest_hostname)

    def confirm_resize(self, instance, previous_status, retry=60):
        """Confirm a resize as deployed, or a cold migration by its own rules.

        :param instance: novaclient's server; or the
            :class:`~.migration.ColdMigration` to be confirmed, which has its
            own time limit
        :param previous_status: the status that the server is to have then
        :param retry: how often to look at the server, a second apart
        :returns: whether the server has that status; for a cold migration,
            True where it is then where it was to go
        :raises: for a cold migration, what
            :meth:`~.migration.ColdMigration.confirm` raises
        """
        if isinstance(instance, migration.ColdMigration):
            return instance.confirm()
        return super().confirm_resize(instance, previous_status, retry)
