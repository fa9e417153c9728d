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

"""Many migrations at once: servers of the lab's Nova, through one process."""

import os
import subprocess

import fixtures

from lab.bench import single
from lab.support import processes
from lab.watcher import configuration

SERVERS = 100
# Seconds that bare loops may take.
BARE_LIMIT = 180


def boot(lab):
    """Boot the servers, one after the other; returns them."""
    def boot_one(number):
        server_id = lab.boot('crowd-%d' % number)
        lab.wait_for(server_id, 'ACTIVE')
        return server_id

    return [boot_one(number) for number in range(SERVERS)]


def trips(lab, server_ids):
    """Give for each server its id, its host, and the host to migrate it to."""
    def trip(server_id):
        source = lab.host(server_id)
        return server_id, source, single.next_host(lab, source)

    return [trip(server_id) for server_id in server_ids]


def count_moved(lab, made):
    """Count the servers that are where they were to go, once, and confirmed.

    :param made: the trips
    """
    def is_right(server_id, source, destination):
        newest = lab.migrations(server_id)[-1]
        return (lab.host(server_id) == destination and
                (newest['source_compute'], newest['dest_compute'],
                 newest['status']) == (source, destination, 'confirmed'))

    return sum(is_right(*trip) for trip in made)


def run_bare_loops(nova, made):
    """Migrate servers by bare loops; returns what it cost.

    They may take no longer than ``BARE_LIMIT``: they keep Nova from its work.
    """
    try:
        return processes.run_module(
            'lab.bench.bare_loop', nova.keystone.url, *map(':'.join, made),
            timeout=BARE_LIMIT)
    except subprocess.TimeoutExpired:
        return {'seconds': BARE_LIMIT}


def run_applier(nova, made, helper):
    """Migrate servers by one plan of Watcher's applier.

    :returns: what it cost, and how many actions ``succeeded``
    :param helper: the module that the actions take their helper from
    """
    with fixtures.TempDir() as folder, configuration.WatcherConf(nova, {
            'DEFAULT': {'default_log_levels': 'watcher=CRITICAL'},
            'watcher_workflow_engines.taskflow': {'max_workers': len(made)},
            'database': {'connection': 'sqlite:///%s' % os.path.join(
                folder.path, 'watcher.sqlite')}}) as conf:
        told = processes.run_module(
            'lab.watcher.applier', conf.path, '--helper', helper,
            *map(':'.join, made))
    return dict(
        {name: told[name] for name in ('seconds', 'cpu_seconds', 'memory')},
        succeeded=list(told['actions'].values()).count('SUCCEEDED'))
