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


"""The table of what was tried on the whole service."""

import prettytable

_COLUMNS = ('tried', 'servers', 'plan', 'its actions',
            'left in VERIFY_RESIZE', 'repaired', 'further plans', 's',
            'not as promised')


def table(runs):
    """Make the table of some :class:`lab.fullstack.run.Run`."""
    made = prettytable.PrettyTable(_COLUMNS)
    made.align = 'l'
    for run in runs:
        made.add_row([
            run.name, len(run.ids), ''.join(run.plans[:1]),
            ', '.join('%s: %d' % state for state in sorted(
                run.actions.items())),
            run.left, len(run.repaired), ', '.join(run.plans[1:]),
            '%.0f' % run.seconds, len(run.problems)])
    return made
