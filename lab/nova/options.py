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

"""The options of the lab's Nova."""

import argparse
import os


def host_count(text):
    """Read the number of compute hosts."""
    count = int(text)
    if not 1 <= count <= 100:
        raise argparse.ArgumentTypeError('there can be 1 to 100 hosts')
    return count


PARSER = argparse.ArgumentParser(
    prog='python -m lab.nova.main', description='A real Nova for exploring.')
PARSER.add_argument('--hosts', type=host_count, default=3,
                    help='how many compute hosts (default: %(default)s)')
PARSER.add_argument('--cells', type=int,
                    default=os.environ.get('LAB_NOVA_CELLS', 1),
                    help='how many cells the hosts are in, by turns (default: '
                    '%(default)s)')
PARSER.add_argument('--driver', default='fake.MediumFakeDriver',
                    help='their virt driver (default: %(default)s)')
PARSER.add_argument('--max-microversion',
                    help="the API's newest (default: Nova's own)")
PARSER.add_argument('--soft-delete', action='store_true',
                    help='keep deleted servers for an hour')
PARSER.add_argument('--tls', action='store_true',
                    help='answer by https, with a certificate of its own')
PARSER.add_argument('--token-lifetime', type=int, default=3600,
                    metavar='SECONDS',
                    help="Keystone's tokens' (default: %(default)s)")
PARSER.add_argument('--no-token-cache', action='store_true',
                    help='let Nova ask Keystone about each token each time')
# What lab.nova.process adds.
for name in ('--folder', '--port', '--watchers-port', '--auth-url',
             '--certificate', '--cafile'):
    PARSER.add_argument(name, help=argparse.SUPPRESS)
