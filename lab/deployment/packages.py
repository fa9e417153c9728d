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


"""What the deployment needs of the system: RabbitMQ and MariaDB.

They come from Debian's packages, which are installed if they are missing.
"""

import os
import subprocess
import sys

# A program of each package, and the package.
_PACKAGES = {
    '/usr/lib/rabbitmq/bin/rabbitmq-server': 'rabbitmq-server',
    '/usr/sbin/mariadbd': 'mariadb-server',
    '/usr/bin/setpriv': 'util-linux'}


def missing():
    """Name the packages that are not installed."""
    return [package for program, package in _PACKAGES.items()
            if not os.path.exists(program)]


def main():
    """Install what is missing.

    :returns: None, or what is wrong
    """
    packages = missing()
    if not packages:
        return None
    install = ['apt-get', 'install', '--yes', '--no-install-recommends',
               *packages]
    if os.geteuid() != 0:
        return 'Not installed: %s. As root: %s' % (
            ', '.join(packages), ' '.join(install))
    environment = dict(os.environ, DEBIAN_FRONTEND='noninteractive')
    subprocess.run(['apt-get', 'update'], check=True, env=environment)
    subprocess.run(install, check=True, env=environment)
    return None


if __name__ == '__main__':
    sys.exit(main())
