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

  with keystone.Keystone([
          keystone.Endpoint('compute', 'http://127.0.0.1:8774/v2.1')]) as it:
      session.Session(auth=it.auth(identities.ADMIN))
"""

import json
import os
import typing

from keystoneauth1.identity import v3

from lab import identities
from lab import program


class Endpoint(typing.NamedTuple):
    """A line of the service catalogue.

    :ivar service_type: the service's type, such as ``compute``
    :ivar url: where it answers
    :ivar interface: ``public``, ``internal`` or ``admin``
    :ivar region: the name of its region
    """

    service_type: str
    url: str
    interface: str = identities.PUBLIC
    region: str = identities.REGION


class Keystone(program.Program):
    """A running Keystone. As a context manager it ends with the block.

    It is made with its own ``keystone-manage``, in a folder of its own, and
    with its own API filled with what is asked for. Its own endpoints are in
    the catalogue, too. What it writes, but for a database elsewhere, is gone
    when it has ended.

    :param catalogue: list of :class:`Endpoint`
    :param users: the identities that it knows beside ``identities.ADMIN``
    :param port: the :class:`lab.program.Port` that it takes; None for any
    :param database: the SQLAlchemy URL of an empty database; None for SQLite
    :param options: what its keystone.conf has in addition: a dict of dicts, by
        group
    :param certificate: path of the certificate and key to use TLS with, or
        None
    :raises lab.errors.LabError: from :meth:`wait_until_ready`, if it doesn't
        start; tells its last words

    :ivar url: where it answers; what clients call ``auth_url``
    """

    def __init__(self, catalogue, users=identities.OTHERS, port=None,
                 database=None, options=None, certificate=None):
        self._port = port or program.Port()
        self.url = '%s/v3' % self._port.url('https' if certificate else 'http')
        self._description = {
            'port': self._port.number, 'url': self.url, 'database': database,
            'options': options or {}, 'certificate': certificate,
            'catalogue': [endpoint._asdict() for endpoint in catalogue],
            'identities': [identity._asdict() for identity in users]}
        super().__init__('keystone', 'lab.keystone_server')

    def _prepare(self):
        # Not as arguments, which all can see: there are passwords in it.
        with open(os.path.join(self.folder, 'lab.json'), 'w') as file:
            json.dump(self._description, file)
        return []

    def auth(self, identity):
        """Make keystoneauth's plugin to log in as somebody.

        :param identity: the :class:`lab.identities.Identity`
        """
        return v3.Password(self.url, **identity.credentials)

    def stop(self):
        """End it, and wait until it is gone."""
        super().stop()
        self._port.release()

    def __enter__(self):
        """Wait until it is ready, and give it."""
        self.wait_until_ready()
        return self
