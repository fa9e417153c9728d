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

"""One cold migration by the applier of the Watcher that is installed here.

It needs nothing that Watcher does not bring along.
"""

# How Watcher's own program runs, with eventlet or without it, is decided while
# it is loaded, before anything else is.
from importlib import metadata
_SCRIPT, = (script for script
            in metadata.distribution('python-watcher').entry_points
            if script.name == 'watcher-applier')
_SCRIPT.load()

import argparse
import sys

from lab import action_plan

PARSER = argparse.ArgumentParser(
    prog='python -m lab.applier', description=__doc__.splitlines()[0])
PARSER.add_argument('conf', help='the path of the watcher.conf')
PARSER.add_argument('server', help='the id of the server to migrate')
PARSER.add_argument('source', help='the host that it is on')
PARSER.add_argument('destination', help='the host to migrate it to')


def main():
    """Have a plan of one migration executed; returns the exit status."""
    arguments = PARSER.parse_args()
    plan = action_plan.ActionPlan(arguments.conf, [
        (arguments.server, arguments.source, arguments.destination)])
    plan.execute()
    state = plan.action_states()[arguments.server]
    print(state)
    return 0 if state == plan.state() == 'SUCCEEDED' else 1


if __name__ == '__main__':
    sys.exit(main())
