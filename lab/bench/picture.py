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

"""One picture: the time line of a migration, by each of those who watched."""

import matplotlib
from matplotlib import figure

COLOURS = {'ACTIVE': '#d9d9d9', 'resize_prep': '#c6dbef',
           'resize_migrating': '#6baed6', 'resize_migrated': '#3182bd',
           'resize_finish': '#08519c', 'VERIFY_RESIZE': '#fdae6b'}
PHASES, LOOKS = 1, 0.35


def draw(timelines, path):
    """Draw time lines above each other.

    :param timelines: what :func:`lab.bench.timeline.record` gives, by name
    :param path: the path of the picture's file, such as one that ends with
        ``.svg``
    """
    # The same input makes the same bytes.
    matplotlib.rcParams['svg.hashsalt'] = 'novamigrate'
    drawn = figure.Figure(figsize=(9, 1.5 * len(timelines) + 1),
                          layout='constrained')
    rows = drawn.subplots(len(timelines), sharex=True)
    for row, (name, timeline) in zip(rows, timelines.items()):
        _draw_row(row, timeline)
        row.set_title('%s: %d looks, knows after %.1f s' % (
            name, len(timeline['looks']), timeline['known']), loc='left')
    rows[-1].set_xlabel('seconds since Watcher was asked')
    rows[-1].set_xlim(0, 1.02 * max(
        timeline['known'] for timeline in timelines.values()))
    drawn.legend(*_legend(rows), loc='outside lower center', ncols=4)
    drawn.savefig(path, metadata={'Date': None})


def _draw_row(row, timeline):
    for name, start, end in timeline['phases']:
        row.broken_barh([(start, end - start)], (PHASES - 0.25, 0.5),
                        color=COLOURS[name], label=name)
    for times, mark, colour, label in (
            (timeline['looks'], '|', 'black', 'look'),
            (timeline['posts'], 'v', 'tab:green', 'migrate, confirmResize')):
        row.plot(times, [LOOKS] * len(times), mark, color=colour,
                 markersize=9, label=label)
    row.axvline(timeline['known'], color='tab:red', label='Watcher knows')
    row.set_yticks([LOOKS, PHASES], ['Watcher', 'Nova shows'])
    row.set_ylim(0, 1.4)


def _legend(rows):
    entries = {}
    for row in rows:
        for handle, label in zip(*row.get_legend_handles_labels()):
            entries.setdefault(label, handle)
    return list(entries.values()), list(entries)
