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

"""Run one of Watcher's services without the drop-in.

``stock_watcher.py SERVICE ARGUMENTS...``: it has the module that the drop-in
was put in place of.
"""

import importlib
from importlib import metadata
import sys

del sys.argv[0]
service, = (script for script
            in metadata.distribution('python-watcher').entry_points
            if script.group == 'console_scripts' and
            script.name == sys.argv[0])
# This decides whether it runs with eventlet, and comes before anything else.
importlib.import_module(service.value.partition(':')[0].rpartition('.')[0])
sys.modules['watcher.common.nova_helper'] = importlib.import_module(
    'watcher.common.nova_helper_stock')
sys.exit(service.load()())
