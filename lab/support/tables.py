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

"""Tables of what was tried, and the evidence that they become."""

import datetime
import json
import os

import prettytable

from tools import evidence


def table(columns, rows):
    """Make a table, as text; long cells are wrapped.

    :param columns: the names of the columns
    :param rows: lists
    """
    made = prettytable.PrettyTable(columns)
    made.align = 'l'
    made.max_width = 40
    made.add_rows(rows)
    return made.get_string()


def write(name, versions, columns, rows, names):
    """Write rows to the evidence; those that were not tried now stay.

    :param name: the evidence's name
    :param versions: what was tried
    :param columns: the names of the columns
    :param rows: lists, which begin with the name of what was tried
    :param names: the names of all that can be tried, in their order
    """
    path = os.path.join(evidence.FOLDER, name + '.json')
    known = {}
    if os.path.exists(path):
        with open(path) as file:
            known = json.load(file)
    for row in rows:
        known[row[0]] = [*row, str(datetime.date.today())]
    known = {name: known[name] for name in names if name in known}
    with open(path, 'w') as file:
        json.dump(known, file, indent=1)
        file.write('\n')
    evidence.write(name, versions, table([*columns, 'day'],
                                         list(known.values())))
