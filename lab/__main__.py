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

"""Start the lab's Nova by hand: ``python -m lab``."""

import os
import sys

from lab import client
from lab.nova import options
from lab.nova import process
from lab.support import accounts
from lab.support import errors

HINT = '''\
Nova answers at {nova.url}, Keystone at {nova.keystone.url}
compute hosts: {hosts}
logs: {nova.log} {nova.keystone.log}

To look around as an administrator:

{exports}
  export OS_COMPUTE_API_VERSION={version}
  alias openstack={openstack}
  openstack server create --image {image} --flavor m1.tiny --nic none one
  openstack server list --all-projects --long
  openstack server migrate --host {host} one
  openstack server migration list

As an ordinary user:

{owners_exports}

Ctrl-C ends it.'''


def exports(variables):
    """Give a shell's lines that export these."""
    return '\n'.join('  export %s=%s' % pair for pair in variables)


def main():
    """Run a Nova until it is interrupted."""
    options.PARSER.prog = 'python -m lab'
    options.PARSER.parse_args()
    try:
        with process.NovaProcess(*sys.argv[1:]) as nova:
            admins = nova.environment(accounts.ADMIN).items()
            owners = nova.environment(accounts.OWNER).items()
            print(HINT.format(
                nova=nova, hosts=', '.join(nova.hosts), host=nova.hosts[-1],
                version=client.microversion(nova), image=client.IMAGE,
                exports=exports(admins),
                owners_exports=exports(owners - admins),
                openstack=os.path.join(sys.prefix, 'bin', 'openstack')),
                flush=True)
            return 'Nova has ended by itself, with status %s' % nova.wait()
    except KeyboardInterrupt:
        return 0
    except errors.LabError as exc:
        return str(exc)


if __name__ == '__main__':
    sys.exit(main())
