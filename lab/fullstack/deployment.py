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


"""The whole service: OpenStack as far as Watcher needs it, and Watcher."""

from concurrent import futures
import contextlib

import fixtures

from lab.fullstack import openstack_client
from lab.fullstack.services import cinder
from lab.fullstack.services import glance
from lab.fullstack.services import neutron
from lab.fullstack.services import nova
from lab.fullstack.services import placement
from lab.fullstack.services import watcher
from lab.fullstack import site as sites
from lab.keystone import process
from lab.support import accounts
from lab.support import processes
from lab.support import waiting

IMAGE = NETWORK = FLAVOR = 'tiny'
# What stands between Watcher and an API.
PROXIES = {'nova-proxy': 'nova-api', 'keystone-proxy': 'keystone'}


class Deployment(fixtures.Fixture):
    """Everything is started, and known to everything.

    :param prefix: where the Python is that has OpenStack's services
    :param differs: Watcher's options that are not as usual: a dict of dicts,
        by section

    :ivar site: the :class:`lab.fullstack.site.Site`
    :ivar nova: its :class:`lab.fullstack.services.nova.Nova`
    :ivar auth_url: where Keystone answers
    :ivar watcher_conf: the path of watcher.conf
    :ivar ram: the memory of a server, in MiB
    :ivar admin: the ``openstack`` client of an administrator
    :ivar owner: that of an ordinary user
    """

    ram = 64
    # Its Nova, whose hosts Neutron has agents on.
    _nova = nova.Nova

    def __init__(self, prefix, differs=None):
        self._prefix = prefix
        self._differs = differs or {}

    def setUp(self):
        """Start it.

        :raises lab.support.errors.LabError: if a part does not start
        """
        try:
            super().setUp()
        except fixtures.MultipleExceptions as exc:
            # The others are of the clean-up.
            raise exc.args[0][1] from None

    def _setUp(self):
        self.site = self.useFixture(sites.Site(self._prefix))
        self.nova, its_neutron = self._make_hosts()
        self._watcher = watcher.Watcher(self.site, self._differs)
        self.watcher_conf = self._watcher.conf
        all_of_them = [
            placement.Placement(self.site), glance.Glance(self.site),
            its_neutron, cinder.Cinder(self.site), self.nova, self._watcher]
        known = process.Keystone(
            [endpoint for project in all_of_them
             for endpoint in project.endpoints()],
            [accounts.OWNER, accounts.BARE_LOOP,
             *(project.user for project in all_of_them)],
            self.site.ports['keystone'], self.site.database_url('keystone'))
        self.addCleanup(known.stop)
        with futures.ThreadPoolExecutor() as pool:
            list(pool.map(self._set_up, all_of_them))
        known.wait_until_ready()
        self.auth_url = known.url
        self.admin = openstack_client.Client(known.url, accounts.ADMIN)
        self.owner = openstack_client.Client(known.url, accounts.OWNER)
        self._start_proxies(0)
        self.site.start([started for project in all_of_them
                         for started in project.services()])
        self._wait_until_ready()
        self._make_things()

    def _make_hosts(self):
        """Give Nova and Neutron, which both have a part on each host."""
        its_nova = self._nova(self.site)
        return its_nova, neutron.Neutron(self.site, its_nova.hosts)

    @contextlib.contextmanager
    def broken_replies(self, share):
        """Have so many of Nova's and Keystone's replies to Watcher be broken.

        :param share: 0 for none, 1 for all
        """
        self._start_proxies(share)
        try:
            yield
        finally:
            self._start_proxies(0)

    def _start_proxies(self, share):
        for name in PROXIES.keys() & self.site.services.keys():
            self.site.services[name].kill()
        self.site.start([self._proxy(*those, share)
                         for those in PROXIES.items()])

    def _proxy(self, name, api, share):
        port, its_port = (self.site.ports[one].number for one in (name, api))
        return processes.Process(
            name, [*self.site.script('proxy.py'), str(port), str(its_port),
                   '--share', str(share)], self.site.logs, port=port)

    def log_of(self, name):
        """Give the log of a service, as lines."""
        with open(self.site.services[name].log, errors='replace') as log:
            return log.read().splitlines()

    def kill_and_restart(self, name):
        """Kill a service with signal 9, and start it again."""
        victim = self.site.services[name]
        victim.kill()
        victim.start()
        victim.wait_until_ready()

    def restart_applier(self, differs):
        """Restart Watcher's applier with other options.

        :param differs: a dict of dicts by section, beside the usual options
        """
        watcher.Watcher(self.site, dict(self._differs, **differs))
        applier = self.site.services[watcher.APPLIER]
        applier.stop()
        applier.start()

    @contextlib.contextmanager
    def another_applier(self):
        """Have a second applier, on another controller.

        Before it takes plans, it cancels those that are under way.
        """
        another = self._watcher.another_applier('controller2')
        self.site.start([another])
        try:
            _wait_until_started(
                lambda: self.site.broker.consumers(watcher.PLANS) == 2,
                'both appliers take plans')
            yield
        finally:
            another.stop()

    def _set_up(self, project):
        for command in project.set_up():
            self.site.run(command)

    def _wait_until_ready(self):
        """Wait until each compute host can have servers, with ports."""
        hosts = len(self.nova.hosts)
        _wait_until_started(self._knows_hosts, 'Nova knows its hosts')
        _wait_until_started(
            lambda: len(self.admin.get('network', 'agent', 'list')) == hosts,
            'Neutron knows its agents')
        _wait_until_started(
            lambda: len(self.admin.get('optimize', 'service', 'list')) == 2,
            'Watcher is up')

    def _knows_hosts(self):
        self.site.run(self.nova.discover_hosts())
        return len(self.admin.get('hypervisor', 'list')) == len(
            self.nova.hosts)

    def _make_things(self):
        run = self.admin.run
        self._make_image()
        run('network', 'create', '--share', NETWORK)
        run('subnet', 'create', '--network', NETWORK,
            '--subnet-range', '10.0.0.0/16', NETWORK)
        run('flavor', 'create', '--ram', self.ram, '--disk', '1', FLAVOR)

    def _make_image(self):
        self.admin.run(
            'image', 'create', '--file', __file__, '--disk-format', 'raw',
            '--container-format', 'bare', '--public', IMAGE)


def _wait_until_started(condition, what):
    waiting.wait_until(condition, what, processes.START_LIMIT)
