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

"""The PEP 517 build backend that makes the patched Watcher.

Config settings: ``watcher-version``, ``watcher-wheel`` and
``watcher-untested``, or in the environment WATCHER_VERSION, WATCHER_WHEEL and
WATCHER_UNTESTED.
"""

from novamigrate import patched_wheel
from novamigrate import sdist
from novamigrate import stock


def build_wheel(wheel_directory, config_settings=None,
                metadata_directory=None):
    """Build the patched Watcher's wheel; see PEP 517."""
    return patched_wheel.write(stock.choose(config_settings), wheel_directory)


def build_sdist(sdist_directory, config_settings=None):
    """Build the source distribution; see PEP 517."""
    return sdist.write(stock.choose(config_settings), sdist_directory)
