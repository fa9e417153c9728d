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

"""The lab's Nova: starting and ending it, with the Keystone that it asks."""

import atexit
import functools

from keystoneauth1 import session

from lab.keystone import process as keystone
from lab.nova import options
from lab.support import accounts
from lab.support import ports
from lab.support import processes
from lab.support import tls
from tools import pythons

# In the catalogue, but nobody answers there.
OTHER_REGION = 'RegionTwo'


def nova_version():
    """Give the release of the lab's Nova."""
    return pythons.ask(processes.PYTHON, 'from nova import version\n'
                       'print(version.version_string())')


def _catalogue(people, watcher, nobody):
    """Give the service catalogue: where people and Watcher find Nova.

    It takes both the region and the interface to find the right one.
    """
    urls = {(accounts.REGION, accounts.PUBLIC): people,
            (accounts.REGION, accounts.INTERNAL): watcher,
            (OTHER_REGION, accounts.PUBLIC): nobody,
            (OTHER_REGION, accounts.INTERNAL): nobody}
    return [keystone.Endpoint('compute', url + '/v2.1', interface, region)
            for (region, interface), url in urls.items()] + [
        # The openstack client looks for images. Nova's stand-in for Glance has
        # no port; Nova shows its images.
        keystone.Endpoint('image', people + '/v2.1')]


@functools.lru_cache(maxsize=None)
def shared_nova(*arguments):
    """Give a Nova that all tests of this process share; it ends with it.

    :param arguments: what :class:`NovaProcess` takes
    """
    nova = NovaProcess(*arguments)
    atexit.register(nova.stop)
    return nova


class NovaProcess(processes.LabProcess):
    """A running lab. As a context manager it ends with the block.

    :param arguments: what ``lab.nova.main`` takes, such as ``--hosts=4``
    :raises lab.support.errors.LabError: if it doesn't start

    :ivar keystone: its :class:`lab.keystone.process.Keystone`
    :ivar url: where it answers
    :ivar cafile: the path of the certificate by which its TLS is trusted; None
        where it does without TLS
    :ivar hosts: the names of its compute hosts
    :ivar microversion: the newest that its API takes
    """

    def __init__(self, *arguments):
        self._options = options.PARSER.parse_args(arguments)
        self._sessions = {}
        self.cafile = None
        # People's, Watcher's, and nobody's.
        self._ports = [ports.Port() for _ in range(3)]
        super().__init__('nova', 'lab.nova.main', *arguments)
        try:
            self.keystone.wait_until_ready()
            ready = self.wait_until_ready()
        except BaseException:
            self.stop()
            raise
        self.hosts = ready['hosts']
        self.microversion = ready['microversion']

    def _prepare(self):
        scheme, certificate, trust = 'http', None, []
        if self._options.tls:
            made = tls.Certificates(self.folder)
            scheme, certificate = 'https', made.server
            self.cafile = made.cafile
            trust = ['--certificate', certificate, '--cafile', self.cafile]
        urls = [port.url(scheme) for port in self._ports]
        self.url = urls[0]
        self.keystone = keystone.Keystone(
            _catalogue(*urls), certificate=certificate,
            options={'token': {'expiration': self._options.token_lifetime}})
        return ['--port', str(self._ports[0].number),
                '--watchers-port', str(self._ports[1].number),
                '--auth-url', self.keystone.url, *trust]

    def session(self, account):
        """Give the keystoneauth1 session of an account.

        :param account: the :class:`lab.support.accounts.Account`; None for one
            without a login
        """
        if account not in self._sessions:
            self._sessions[account] = session.Session(
                auth=account and self.keystone.auth(account),
                verify=self.cafile or True)
        return self._sessions[account]

    def environment(self, account):
        """Give what a user exports for the openstack client, as a dict.

        :param account: the :class:`lab.support.accounts.Account`
        """
        more = {'cacert': self.cafile} if self.cafile else {}
        return account.environment(
            auth_url=self.keystone.url, region_name=accounts.REGION, **more)

    def stop(self):
        """End it and its Keystone, and wait until they are gone."""
        super().stop()
        self.keystone.stop()
        for port in self._ports:
            port.release()
