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

"""The benchmark's results as text."""

from tools import tables

# The goals: seconds after Nova until a refusal is known, at most; how many
# times as long as the bare loops many calls at once may take.
MOST_SECONDS_LATE = 0.2
MOST_TIMES = 1.2


def _table(header, rows):
    return tables.table(header, rows, numbers=header[1:])


def _times(result, than):
    return '%.2f' % (result['seconds'] / than['seconds'])


def _seconds(result):
    return '%.2f' % result['seconds']


def _time_table(results):
    rows = [['%g s' % case['work'], _seconds(case['bare']),
             _seconds(case['drop_in']), _times(case['drop_in'], case['bare']),
             '%.2f' % case['goal'], '%.2f' % case['worst'],
             '%.2f' % case['worst_goal'] if case['worst_goal'] else '',
             _seconds(case['stock']),
             _times(case['stock'], case['bare'])]
            for case in results['single']['cases']]
    refused = results['single']['refused']
    rows.append(['refused', _seconds(refused['bare']),
                 _seconds(refused['drop_in']), '%+.2f s' % (
                     refused['drop_in']['seconds'] -
                     refused['bare']['seconds']),
                 '%+g s' % MOST_SECONDS_LATE, '', '',
                 _seconds(refused['stock']),
                 _times(refused['stock'], refused['bare'])])
    return _table(["Nova's work", 'bare s', 'drop-in s', 'drop-in/bare',
                   'goal', 'worst', 'at most', 'stock s', 'stock/bare'], rows)


def _call_table(results):
    return _table(
        ["Nova's work", 'drop-in calls', 'at most', 'drop-in GETs',
         'stock calls', 'stock GETs'],
        [['%g s' % case['work'], '%.1f' % case['drop_in']['calls'],
          case['most_calls'], '%.1f' % case['drop_in']['gets'],
          '%.1f' % case['stock']['calls'], '%.1f' % case['stock']['gets']]
         for case in results['single']['cases']])


def _crowd_row(what, count, results):
    drop_in, bare = results['drop_in'], results['bare']
    stock = results.get('stock')
    # Bare loops may have been stopped before their end.
    more, less = ('', '') if bare['right'] == count else ('> ', '< ')
    return [what, '%d of %d' % (drop_in['right'], count),
            drop_in['succeeded'] if stock else '',
            stock['succeeded'] if stock else '',
            more + _seconds(bare), _seconds(drop_in),
            less + _times(drop_in, bare), '%.2f' % MOST_TIMES,
            _seconds(stock) if stock else '',
            '%.1f' % (drop_in['cpu_seconds'] / count * 1000),
            '%.0f' % (drop_in['memory'] / count / 1024)]


def _crowd_table(results):
    in_lab, simulated = results['crowd'], results['simulated']
    return _table(
        ['at once', 'right', 'SUCCEEDED', 'stock', 'bare s', 'drop-in s',
         'drop-in/bare', 'at most', 'stock s', 'CPU ms', 'KiB'],
        [_crowd_row('one applier', in_lab['servers'], in_lab),
         _crowd_row('simulated', simulated['drop_in']['calls'], simulated)])


def _old_way(results):
    calls = dict(results['old_way']['calls'])
    return 'The old way (Watcher 1.8.1): %d calls (%s), %d s slept' % (
        calls.pop('all'), ', '.join(
            '%s: %d' % count for count in sorted(calls.items())),
        results['old_way']['seconds'])


def text(results):
    """Give the tables.

    :param results: what was measured, as a dict
    """
    return '\n'.join([_time_table(results), _call_table(results),
                      _crowd_table(results), _old_way(results)])


def is_all_right(results):
    """Tell whether all servers are where they should be."""
    simulated = results['simulated']['drop_in']
    return (all(case[who]['moved'] for case in results['single']['cases']
                for who in ('bare', 'drop_in', 'stock')) and
            not any(refused['moved']
                    for refused in results['single']['refused'].values()) and
            results['crowd']['drop_in']['right'] ==
            results['crowd']['servers'] and
            simulated['right'] == simulated['calls'])
