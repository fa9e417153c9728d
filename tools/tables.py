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

"""Tables, as text."""

import textwrap

import prettytable

# Characters; longer cells are wrapped.
WIDTH = 40


def table(columns, rows, numbers=()):
    """Make a table, as text; long cells are wrapped between words.

    :param columns: the names of the columns
    :param rows: lists
    :param numbers: the names of the columns to align on the right
    """
    made = prettytable.PrettyTable(columns)
    made.align = 'l'
    for name in numbers:
        made.align[name] = 'r'
    made.add_rows([list(map(_wrapped, row)) for row in rows])
    return made.get_string()


def _wrapped(cell):
    return '\n'.join(textwrap.wrap(
        str(cell), WIDTH, break_long_words=False, break_on_hyphens=False))
