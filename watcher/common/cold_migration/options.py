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

"""The options in ``watcher.conf`` that cold migration uses."""

import contextlib

from oslo_config import cfg

from watcher.common.cold_migration import waiting

GROUP = 'nova'
# Watcher has these from 15.1 on, with its own defaults. Up to 15.0 it waited
# this long.
MAX_RETRIES = cfg.IntOpt(
    'migration_max_retries', default=120,
    help='How many times migration_interval a cold migration may take before '
         'it is to be confirmed.')
INTERVAL = cfg.FloatOpt(
    'migration_interval', default=2.0,
    help='The most seconds between two looks at a server that is being '
         'cold-migrated.')
FIXED_INTERVAL = cfg.BoolOpt(
    'migration_fixed_interval', default=False,
    help='Look at a server that is being cold-migrated each '
         'migration_interval seconds, however long it takes. If this is not '
         'set, the pauses between two looks are short after each change, and '
         'grow up to migration_interval, while Nova shows that it is at work.')


def register(conf):
    """Register the option that is this patch's own, and those not there yet.

    :param conf: the ``oslo_config.cfg.ConfigOpts``, with Watcher's own options
    """
    conf.register_opt(FIXED_INTERVAL, group=GROUP)
    for option in (MAX_RETRIES, INTERVAL):
        with contextlib.suppress(cfg.DuplicateOptError):
            conf.register_opt(option, group=GROUP)


def time_limit(conf, retry=None, interval=None):
    """Make the time limit of a cold migration, which begins now.

    :param conf: the ``oslo_config.cfg.ConfigOpts``
    :param retry: how many times ``interval`` it may take; the option
        ``migration_max_retries`` where it is left out
    :param interval: the most seconds between two looks at the server; the
        option ``migration_interval`` where it is left out
    :returns: the :class:`~.waiting.TimeLimit`
    :raises ValueError: if ``retry`` or ``interval`` is negative
    """
    group = conf[GROUP]
    retry = retry or group.migration_max_retries
    interval = interval or group.migration_interval
    if retry < 0 or interval < 0:
        raise ValueError(
            'retry (%s) and interval (%s) must not be negative' %
            (retry, interval))
    return waiting.TimeLimit(
        retry * interval, interval,
        None if group[FIXED_INTERVAL.dest] else waiting.Pace(interval))
