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

import datetime
import json
import os

import prettytable

from tools import evidence

_COLUMNS = ('tried', 'servers', 'plan', 'its actions',
            'left in VERIFY_RESIZE', 'repaired', 'further plans', 's',
            'not as promised')
_ROWS = os.path.join(evidence.FOLDER, 'fullstack.json')


def row(run):
    """Make the row of a :class:`lab.fullstack.run.Run`."""
    return [run.name, len(run.ids), ''.join(run.plans[:1]),
            ', '.join('%s: %d' % state for state in sorted(
                run.actions.items())),
            run.left, len(run.repaired), ', '.join(run.plans[1:]),
            '%.0f' % run.seconds, len(run.problems)]


def table(rows, *more):
    """Make the table of some rows, as text.

    :param rows: the rows
    :param more: the names of what the rows have in addition
    """
    made = prettytable.PrettyTable([*_COLUMNS, *more])
    made.align = 'l'
    made.add_rows(rows)
    return made.get_string()


def write(rows, versions):
    """Write rows to the evidence; the other scenarios keep theirs.

    :param rows: the rows
    :param versions: what was tried
    """
    with open(_ROWS) as file:
        known = json.load(file)
    for one in rows:
        known[one[0]] = [*one, str(datetime.date.today())]
    with open(_ROWS, 'w') as file:
        json.dump(known, file, indent=1)
        file.write('\n')
    evidence.write('fullstack', versions, table(list(known.values()), 'day'))
