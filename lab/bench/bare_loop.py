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

"""The bare loop: how soon a migration can be known to have ended.

It asks Nova to migrate, looks at the server each 20 ms, confirms, and looks
again. It assumes that nothing goes wrong, so it is of no practical use.

As a program it migrates several servers at once, and prints what that cost as
a line of JSON.
"""

import argparse
from concurrent import futures
import functools
import json
import sys
import time

from keystoneauth1 import adapter
from keystoneauth1.identity import v3
from keystoneauth1 import session

from lab.support import accounts
from lab.support import cost

PAUSE = 0.02
MICROVERSION = '2.56'

PARSER = argparse.ArgumentParser(prog='python -m lab.bench.bare_loop',
                                 description=__doc__.splitlines()[0])
PARSER.add_argument('auth_url', help="Keystone's URL")
PARSER.add_argument('migrations', nargs='+',
                    metavar='SERVER:SOURCE:DESTINATION')


@functools.lru_cache(maxsize=None)
def log_in(auth_url):
    """Give this process's session, with a token in it.

    :param auth_url: Keystone's URL
    """
    auth = v3.Password(auth_url, **accounts.BARE_LOOP.credentials)
    own = session.Session(auth=auth)
    own.get_token()
    return own


class Server:
    """One server, by bare HTTP.

    :param session: a keystoneauth1 session
    :param server_id: the server's id
    """

    def __init__(self, session, server_id):
        self._http = adapter.Adapter(
            session, service_type='compute', region_name=accounts.REGION,
            default_microversion=MICROVERSION)
        self._path = '/servers/' + server_id

    def look(self):
        """Get its status and task_state."""
        shown = self._http.get(self._path).json()['server']
        return shown['status'], shown['OS-EXT-STS:task_state']

    def migrate(self, host):
        """Ask for a migration."""
        self._post({'migrate': {'host': host}})

    def confirm(self):
        """Confirm it."""
        self._post({'confirmResize': None})

    def _post(self, action):
        self._http.post(self._path + '/action', json=action)


def run(server, host):
    """Migrate a server and confirm it.

    :param server: the :class:`Server`, or a stand-in
    :param host: the host to migrate it to
    :returns: True if it moved; False if Nova gave it up
    """
    server.migrate(host)
    if _wait_while(server, 'RESIZE') != 'VERIFY_RESIZE':
        return False
    server.confirm()
    return _wait_while(server, 'VERIFY_RESIZE') in ('ACTIVE', 'SHUTOFF')


def _wait_while(server, status):
    """Look until the status is another one; returns that."""
    while True:
        seen = server.look()[0]
        if seen != status:
            return seen
        time.sleep(PAUSE)


def main():
    """Migrate servers at once.

    :returns: 0 if all moved, 1 if not
    """
    arguments = PARSER.parse_args()
    trips = [words.split(':') for words in arguments.migrations]
    session = log_in(arguments.auth_url)
    servers = [(Server(session, server_id), destination)
               for server_id, _, destination in trips]
    with cost.Cost() as loops, \
            futures.ThreadPoolExecutor(len(servers)) as pool:
        ended = [pool.submit(run, *those) for those in servers]
    print(json.dumps(loops.spent))
    # Where Nova is overloaded, a loop may end with an error.
    return 0 if all(not loop.exception() and loop.result()
                    for loop in ended) else 1


if __name__ == '__main__':
    sys.exit(main())
