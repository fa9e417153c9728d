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

"""Keep a deployment for people: how they find it, until Ctrl-C."""

import os
import shlex
import sys
import time

from lab.support import accounts

_HINT = '''\
{endpoints}

As an administrator: . {admin}
As the servers' owner: . {owner}
Logs: {logs}
The client: {openstack}

Ctrl-C ends it.'''


def write_openrc(running, account):
    """Write a file of exports for one account; gives its path.

    :param running: the :class:`lab.fullstack.deployment.Deployment`
    :param account: the :class:`lab.support.accounts.Account`
    """
    path = os.path.join(running.site.folder, account.user + '-openrc')
    variables = account.environment(
        auth_url=running.auth_url, region_name=accounts.REGION,
        identity_api_version='3', compute_api_version='2.87')
    with open(path, 'w') as file:
        file.writelines('export %s=%s\n' % (name, shlex.quote(value))
                        for name, value in variables.items())
    return path


def stay(running):
    """Tell how to find a deployment, and keep it until it is interrupted.

    :param running: the :class:`lab.fullstack.deployment.Deployment`
    """
    print(_HINT.format(
        endpoints='\n'.join(sorted(
            '%(Service Type)s (%(Interface)s): %(URL)s' % endpoint
            for endpoint in running.admin.get('endpoint', 'list'))),
        admin=write_openrc(running, accounts.ADMIN),
        owner=write_openrc(running, accounts.OWNER),
        logs=running.site.logs,
        openstack=os.path.join(sys.prefix, 'bin', 'openstack')), flush=True)
    # In steps: a Ctrl-C just before a wait without end would be lost.
    while True:
        time.sleep(0.2)
