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

"""The fullstack cloud, as Watcher's acceptance tests want it."""

import os
import sys

from lab.fullstack import deployment
from lab.fullstack.services import nova
from lab.fullstack.services import watcher

SECOND_FLAVOR = 'small'
# What Watcher is told: the tests read attributes that it collects, at times.
OPTIONS = {
    'watcher_cluster_data_model_collectors.compute': {'period': 120},
    'compute_model': {'enable_extended_attributes': True},
    # The first that shows all of these attributes.
    'nova_client': {'api_version': '2.96'},
    'watcher_applier': {'rollback_when_actionplan_failed': True},
    # 4 minutes: what stock waits for ends before the test does.
    'nova': {'migration_max_retries': 48}}


class Nova(nova.Nova):
    """Servers, whose ports nobody plugs in."""

    def _common(self, **default):
        return dict(super()._common(**default), compute={
            'live_migration_wait_for_vif_plug': False})


class StockWatcher(watcher.Watcher):
    """Watcher without the drop-in, where it migrates."""

    def _command(self, name):
        return [sys.executable, os.path.join(
            os.path.dirname(__file__), 'programs', 'stock_watcher.py'), name]


class Deployment(deployment.Deployment):
    """Everything is started, and known to everything."""

    _nova = Nova

    def _make_things(self):
        super()._make_things()
        self.admin.run('flavor', 'create', '--ram', '128', '--disk', '1',
                       SECOND_FLAVOR)

    def use_stock(self):
        """Put stock Watcher in place of the patched one."""
        for service in StockWatcher(self.site, self._differs).services():
            self.site.services[service.name].stop()
            self.site.start([service])
