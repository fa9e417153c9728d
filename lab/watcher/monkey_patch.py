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

"""Importing this sets a process up as Watcher's applier is.

Whether that runs with eventlet is decided while its program is loaded, before
anything else is.
"""

from importlib import metadata

_SCRIPT, = (script for script
            in metadata.distribution('python-watcher').entry_points
            if script.name == 'watcher-applier')
_SCRIPT.load()
