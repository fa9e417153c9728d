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

"""Install the packages of bindep.txt that an environment needs."""

import os
import shutil
import subprocess
import sys

from lab.support import errors
from lab.support import processes


def missing(profile):
    """List the packages of a profile that are not installed.

    :param profile: the profile in bindep.txt
    :returns: their names
    :raises lab.support.errors.LabError: if bindep fails
    """
    listed = subprocess.run(
        ['bindep', '--brief', '--file',
         os.path.join(processes.ROOT, 'bindep.txt'), profile],
        stdout=subprocess.PIPE, text=True)
    if listed.returncode and not listed.stdout:
        raise errors.LabError('bindep: status %d' % listed.returncode)
    return listed.stdout.split()


def main(profile):
    """Install what is missing.

    :param profile: the profile in bindep.txt
    :returns: None, or what is wrong
    """
    packages = missing(profile)
    if not packages:
        return None
    install = ['apt-get', 'install', '--yes', '--no-install-recommends',
               *packages]
    if os.geteuid() != 0 or not shutil.which('apt-get'):
        return 'Not installed: %s. On Debian, as root: %s' % (
            ', '.join(packages), ' '.join(install))
    environment = dict(os.environ, DEBIAN_FRONTEND='noninteractive')
    subprocess.run(['apt-get', 'update'], check=True, env=environment)
    subprocess.run(install, check=True, env=environment)
    return None


if __name__ == '__main__':
    sys.exit(main(sys.argv[1]))
