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

"""A Keystone of the lab's: a real one, in a process of its own.

It needs no other part of the lab, and any cloud can have it::

  with process.Keystone([
          process.Endpoint('compute', 'http://127.0.0.1:8774/v2.1')]) as it:
      session.Session(auth=it.auth(accounts.ADMIN))
"""

import json
import os
import typing

from keystoneauth1.identity import v3

from lab.support import accounts
from lab.support import ports
from lab.support import processes


class Endpoint(typing.NamedTuple):
    """A line of the service catalogue.

    :ivar service_type: the service's type, such as ``compute``
    :ivar url: where it answers
    :ivar interface: ``public``, ``internal`` or ``admin``
    :ivar region: the name of its region
    """

    service_type: str
    url: str
    interface: str = accounts.PUBLIC
    region: str = accounts.REGION


class Keystone(processes.LabProcess):
    """A running Keystone. As a context manager it ends with the block.

    It is made with its own ``keystone-manage``, in a folder of its own, and
    with its own API filled with what is asked for. Its own endpoints are in
    the catalogue, too. What it writes, but for a database elsewhere, is gone
    when it has ended.

    :param catalogue: list of :class:`Endpoint`
    :param users: the accounts that it has beside ``accounts.ADMIN``
    :param port: the :class:`lab.support.ports.Port` that it takes, or None
    :param database: the SQLAlchemy URL of an empty database; None for SQLite
    :param options: what its keystone.conf has in addition: a dict of dicts, by
        group
    :param certificate: path of the certificate and key to use TLS with, or
        None
    :raises lab.support.errors.LabError: from :meth:`wait_until_ready`, if it
        doesn't start

    :ivar url: where it answers; what clients call ``auth_url``
    """

    # Nova's, or another one beside the Novas that no Keystone fits in with.
    _PYTHON = os.environ.get('LAB_KEYSTONE_PYTHON', processes.PYTHON)

    def __init__(self, catalogue, users=accounts.OTHERS, port=None,
                 database=None, options=None, certificate=None):
        self._kept_port = port or ports.Port()
        self.url = self._kept_port.url(
            'https' if certificate else 'http') + '/v3'
        self._description = {
            'port': self._kept_port.number, 'url': self.url,
            'database': database, 'options': options or {},
            'certificate': certificate,
            'catalogue': [endpoint._asdict() for endpoint in catalogue],
            'users': [account._asdict() for account in users]}
        super().__init__('keystone', 'lab.keystone.main')

    def _prepare(self):
        # Not as arguments, which all can see: there are passwords in it.
        with open(os.path.join(self.folder, 'lab.json'), 'w') as file:
            json.dump(self._description, file)
        return []

    def auth(self, account):
        """Make keystoneauth's plugin to log in as somebody.

        :param account: the :class:`lab.support.accounts.Account`
        """
        return v3.Password(self.url, **account.credentials)

    def stop(self):
        """End it, and wait until it is gone."""
        super().stop()
        self._kept_port.release()
