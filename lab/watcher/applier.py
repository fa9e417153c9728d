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

"""An action plan of cold migrations, by the Watcher that is installed here.

It needs nothing that Watcher does not bring along. The result is printed
as one line of JSON.
"""

# Has to come before anything else.
from lab.watcher import monkey_patch  # noqa: F401

import argparse
import importlib
import json
import sys

from watcher.applier.actions import migration

from lab.support import cost
from lab.watcher import action_plan

PARSER = argparse.ArgumentParser(
    prog='python -m lab.watcher.applier', description=__doc__.splitlines()[0])
PARSER.add_argument('conf', help='the path of the watcher.conf')
PARSER.add_argument('migrations', nargs='+',
                    metavar='SERVER:SOURCE:DESTINATION',
                    help='a server\'s id, the host that it is on, and the '
                    'host to migrate it to')
PARSER.add_argument('--helper', default='nova_helper',
                    choices=['nova_helper', 'nova_helper_stock'],
                    help='the module that the action takes (default: '
                    '%(default)s)')


def main():
    """Have the plan executed.

    :returns: 0 if it succeeded, 1 if not
    """
    arguments = PARSER.parse_args()
    migration.nova_helper = importlib.import_module(
        'watcher.common.' + arguments.helper)
    plan = action_plan.ActionPlan(arguments.conf, [
        words.split(':') for words in arguments.migrations])
    with cost.Cost() as execution:
        plan.execute()
    state, action_states = plan.state(), plan.action_states()
    print(json.dumps(dict(execution.spent, plan=state, actions=action_states)))
    return 0 if {state, *action_states.values()} == {'SUCCEEDED'} else 1


if __name__ == '__main__':
    sys.exit(main())
