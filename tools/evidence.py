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

"""Write what a command has measured to the pages of evidence."""

import datetime
import json
import os

from tools import environment
from tools import tables

FOLDER = os.path.join(environment.ROOT, 'doc', 'source', 'evidence')


def add_option(parser):
    """Let a command take ``--write``.

    :param parser: its ``argparse.ArgumentParser``
    """
    parser.add_argument('--write', action='store_true',
                        help='write the result to doc/source/evidence, too')


def refuse_part(parser, arguments, part):
    """End the command if it is to write the results of a part only.

    :param parser: its ``argparse.ArgumentParser``
    :param arguments: the parsed arguments
    :param part: what names the part; empty for all
    """
    if arguments.write and part:
        parser.error('what is written is all of it')


def write(name, versions, text, day=None):
    """Write a file that a page of evidence includes, from within tox.

    :param name: the file's name, without its ending
    :param versions: what was measured, such as "Watcher 17.0.0, Nova 32.2.1"
    :param text: the result
    :param day: the day, as text; None for today
    """
    with open(os.path.join(FOLDER, name + '.out'), 'w') as file:
        file.write('tox -e %s    (%s)\n%s\n\n%s\n' % (
            os.environ['TOX_ENV_NAME'], day or datetime.date.today(),
            versions, text.rstrip()))


def write_row(name, versions, columns, rows_name, row, names):
    """Write one row of a table that a page includes, from within tox.

    Rows that were tried before stay, each with its day.

    :param name: the name of the table's file, without its ending
    :param versions: what was tried; as for :func:`write`
    :param columns: the names of the columns
    :param rows_name: the name of the row
    :param row: its cells, as a list
    :param names: the names of all rows that there can be, in their order
    """
    path = os.path.join(FOLDER, name + '.json')
    known = {}
    if os.path.exists(path):
        with open(path) as file:
            known = json.load(file)
    known[rows_name] = [*row, str(datetime.date.today())]
    known = {name: known[name] for name in names if name in known}
    with open(path, 'w') as file:
        json.dump(known, file, indent=1)
        file.write('\n')
    write(name, versions, tables.table([*columns, 'day'],
                                       list(known.values())))
