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

"""The lab's Nova: one process with API, conductor, scheduler and hosts.

Nova's own functional fixtures make it: real API, real state machine, real
Placement, SQLite databases, a virt driver that pretends, and stand-ins for
Neutron, Glance and Cinder. Only its API is put on a TCP port of its own.

``lab.nova.process`` starts it. It ends when its standard input does, so that
it never outlives who started it.
"""

# Have to come before anything else.
from lab.nova import monkey_patch  # noqa: F401
from lab.support import collector

import logging
import os
import shutil
import sys
import unittest
from unittest import mock

import eventlet.hubs
from eventlet import semaphore
from keystoneauth1 import loading
from keystonemiddleware import auth_token  # noqa: F401 registers options
from nova.api.openstack import api_version_request
from nova.api.openstack.compute import versions
import nova.conf
from nova import test
from nova.tests import fixtures as nova_fixtures
from nova.tests.functional import fixtures as functional_fixtures
from placement import deploy
from urllib3 import connection
from urllib3 import connectionpool

from lab.nova import faults
from lab.nova import fixtures
from lab.nova import listener
from lab.nova import options
from lab.nova import policy
from lab.nova import proxy
from lab.support import accounts
from lab.support import processes

CONF = nova.conf.CONF


class Nova(test.TestCase):
    """All of Nova. What runs is not a test, but needs what a test sets up."""

    REQUIRES_LOCKING = True

    def setUp(self):
        """Start everything."""
        arguments = options.PARSER.parse_args()
        self.NUMBER_OF_CELLS = arguments.cells
        super().setUp()
        # Nova's tests log everything, for debugging.
        logging.getLogger().setLevel(logging.INFO)
        logging.getLogger().addHandler(_stderr_handler())
        self.flags(compute_driver=arguments.driver)
        if arguments.soft_delete:
            self.flags(reclaim_instance_interval=3600)
        # As Nova is shipped. Nobody listens to notifications.
        self.flags(notification_format='unversioned', group='notifications')
        self.flags(instances=-1, cores=-1, ram=-1, group='quota')
        # A host is full when its memory is.
        self.flags(initial_cpu_allocation_ratio=16.0,
                   initial_ram_allocation_ratio=1.0)
        self.flags(api_paste_config=os.path.join(
            sys.prefix, 'etc', 'nova', 'api-paste.ini'), group='wsgi')
        self.useFixture(fixtures.real_policy())
        fixtures.neutron(self)
        fixtures.glance(self)
        self.useFixture(nova_fixtures.CinderFixture(self))
        with mock.patch.object(deploy, 'loadapp', _one_at_a_time(
                deploy.loadapp)):
            self.useFixture(functional_fixtures.PlacementFixture())
        if arguments.max_microversion:
            _be_as_old_as(arguments.max_microversion)
        self.computes, self._in_cell = {}, {}
        self.start_service('conductor')
        self.start_service('scheduler')
        for number in range(arguments.hosts):
            host = 'compute%d' % (number + 1)
            self._in_cell[host] = 'cell%d' % (number % arguments.cells + 1)
            self._start_compute(host)
        if arguments.cells > 1:
            policy.permit_between_cells()
        self._ask_keystone(arguments)
        self.api = self.useFixture(fixtures.api())
        # What the fixtures intercept is http; with their class for https no
        # certificate authority but the system's would be known.
        connectionpool.HTTPSConnectionPool.ConnectionCls = (
            connection.HTTPSConnection)

    def _start_compute(self, host):
        # Up to Nova 20 "cell_name" has another name.
        cell = ({'cell_name': self._in_cell[host]}
                if self.NUMBER_OF_CELLS > 1 else {})
        self.computes[host] = self.start_service('compute', host=host, **cell)

    def _ask_keystone(self, arguments):
        """Let the API check tokens with Keystone, as nova.conf says."""
        for option in loading.get_auth_plugin_conf_options('password'):
            CONF.register_opt(option, group='keystone_authtoken')
        self.flags(
            group='keystone_authtoken', auth_type='password',
            auth_url=arguments.auth_url, region_name=accounts.REGION,
            www_authenticate_uri=arguments.auth_url, cafile=arguments.cafile,
            **accounts.NOVA.credentials)
        if arguments.no_token_cache:
            self.flags(token_cache_time=-1, group='keystone_authtoken')

    def serve(self):
        """Answer requests until the standard input ends."""
        arguments = options.PARSER.parse_args()
        application = proxy.Front(self.api.app(), arguments.watchers_port)
        listener.Listener(application, int(arguments.port),
                          arguments.certificate)
        watchers = listener.Listener(application, int(arguments.watchers_port),
                                     arguments.certificate)
        made = faults.Faults(self.computes, self._start_compute)
        # Else Nova, when it ends, waits for what is held.
        self.addCleanup(made.clear_all)
        self._add_controls(application, made, watchers)
        collector.start()
        try:
            processes.report_ready(
                arguments.folder, hosts=sorted(self.computes),
                microversion=api_version_request.max_api_version()
                .get_string())
            eventlet.hubs.trampoline(sys.stdin.fileno(), read=True)
        finally:
            # Who started this may be gone, and can't clean up.
            shutil.rmtree(arguments.folder, ignore_errors=True)

    @staticmethod
    def _add_controls(application, made, watchers):
        for method, name, do in (
                ('PUT', 'faults', made.set), ('DELETE', 'faults', made.clear),
                ('PUT', 'dead', made.kill), ('DELETE', 'dead', made.revive),
                ('PUT', 'cell', made.break_cell),
                ('DELETE', 'cell', made.fix_cell),
                ('POST', 'confirm', made.confirm_by_itself),
                ('POST', 'audit', made.audit),
                ('PUT', 'policy', policy.forbid),
                ('DELETE', 'policy', policy.restore),
                ('PUT', 'refusal', watchers.close),
                ('DELETE', 'refusal', watchers.open)):
            application.control(method, name, do)


def _one_at_a_time(load):
    """Wrap what loads a WSGI application, so that it does one request a time.

    Placement's requests share one connection to a database in memory, and
    would roll back each other's changes.
    """
    def loaded(*arguments, **options):
        application, turn = load(*arguments, **options), semaphore.Semaphore()

        def in_turn(environ, start_response):
            with turn:
                return application(environ, start_response)
        return in_turn
    return loaded


def _be_as_old_as(microversion):
    """Let the API have no newer microversion than this."""
    api_version_request._MAX_API_VERSION = microversion
    # It was copied when Nova was imported.
    versions.VERSIONS['v2.1']['version'] = microversion


def _stderr_handler():
    handler = logging.StreamHandler(sys.__stderr__)
    handler.setLevel(logging.INFO)
    handler.setFormatter(logging.Formatter(
        '%(asctime)s %(levelname)s %(name)s %(message)s'))
    return handler


def main():
    """Run Nova.

    :returns: 0 if it ran until it was ended, 1 if it could not
    """
    options.PARSER.parse_args()
    result = unittest.TestResult()
    Nova('serve').run(result)
    for _, traceback in result.errors + result.failures:
        print(traceback, file=sys.stderr)
    return 0 if result.wasSuccessful() else 1


if __name__ == '__main__':
    sys.exit(main())
