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

"""The results of a comparison as text."""

import collections

from watcher import conf

from lab.comparison import cases as compared
from lab.functional import base
from lab.nova import process
from lab.watcher import release
from tools import tables


def circumstances():
    """Give what is compared, and with which time limit."""
    defaults = conf.CONF.nova
    return (
        'Watcher %s, Nova %s; looks %s s apart, time limit %.0f s '
        "(Watcher's defaults: %s s, %.0f s)" % (
            release.WATCHER, process.nova_version(), base.INTERVAL,
            base.INTERVAL * base.MAX_RETRIES, defaults.migration_interval,
            defaults.migration_interval * defaults.migration_max_retries))


def all_cases(cases):
    """Give a row a case, and what its mark means."""
    table = tables.table(
        ['case', 'drop-in', 'drop-in s', 'stock', 'stock s', 'which is',
         'stock leaves the server'],
        [[case.name, case.drop_in.words, '%.1f' % case.drop_in.seconds,
          case.stock.words, '%.1f' % case.stock.seconds, case.mark,
          case.stock.left] for case in cases],
        numbers=['drop-in s', 'stock s'])
    return ('%s\nwrong: not what is right (Watcher takes all but True for a '
            'failure); late: right, more than %d s after the drop-in' % (
                table, compared.LATE))


def groups(cases):
    """Give how often stock Watcher is right, by group and in all."""
    marks = collections.defaultdict(list)
    for case in cases:
        marks[case.group].append(case.mark)
        marks['All'].append(case.mark)
    marks['All'] = marks.pop('All', [])
    names, *numbers = 'cases', 'number', 'stock: wrong', 'late', 'right'
    return tables.table(
        [names, *numbers],
        [[group, len(those), *map(those.count, ('wrong', 'late', ''))]
         for group, those in marks.items()], numbers)


def seconds(cases):
    """Give how long all took."""
    return ('The calls took %.0f s with the drop-in, %.0f s with stock '
            'Watcher' % (sum(case.drop_in.seconds for case in cases),
                         sum(case.stock.seconds for case in cases)))
