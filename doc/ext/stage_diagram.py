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

"""The diagram of the stages, drawn from the tables of decision.py.

Where a stage stands is told here; which leads to which comes from the tables.
"""

import matplotlib
from matplotlib import figure
from matplotlib import patches
from watcher.common.cold_migration import decision

Do = decision.Do
Stage = decision.Stage

# Column and line of each stage.
_PLACES = {
    Stage.NEW: (0, 1), Stage.WATCHED: (0, 2), Stage.LOST: (1, 0),
    Stage.REFUSED: (1, 3), Stage.LATE: (2, 0), Stage.ADOPTED: (2, 2),
    Stage.MOVING: (3, 1), Stage.CONFIRM: (4, 1),
    Stage.CONFIRM_REFUSED: (5, 0), Stage.CONFIRMING: (5, 1),
    Stage.REVERT: (4, 2.5), Stage.REVERT_REFUSED: (5, 2),
    Stage.REVERTING: (5, 3)}
_WIDTH, _HEIGHT = 150, 40
_COLUMN, _LINE, _MARGIN = 190, 75, 16
_UNITS_AN_INCH = 100
_ADOPTED_OR_NOT = {True: '#fde4c8', False: '#dbe9f6'}


def _edges():
    """Give which stages lead to which, each once."""
    rows = [(row, row.step.stage) for row in
            (*decision.TABLE, *decision.REPLIES) if row.step.stage]
    for (row, then) in rows:
        for stage in sorted(row.stage, key=list(Stage).index):
            if stage is not then and _is_possible(stage, row):
                yield stage, then


def _is_possible(stage, row):
    """Tell whether a row that is for any stage is for this one."""
    requests = {Do.REQUEST: ('NEW', 'LOST'),
                Do.CONFIRM: ('CONFIRM',), Do.REVERT: ('REVERT',)}
    return all(stage.name in requests[do] for do in row.request
               if do in requests) if row in decision.REPLIES else True


def _corner(stage):
    column, line = _PLACES[stage]
    return _MARGIN + column * _COLUMN, _MARGIN + line * _LINE


def draw(path):
    """Draw the diagram.

    :param path: the path of its file, such as one that ends with ``.svg``
    :raises KeyError: if a stage has no place in it
    """
    corners = {stage: _corner(stage) for stage in Stage}
    width = max(x for x, _ in corners.values()) + _WIDTH + _MARGIN
    height = max(y for _, y in corners.values()) + _HEIGHT + _MARGIN
    # The same input makes the same bytes.
    matplotlib.rcParams['svg.hashsalt'] = 'novamigrate'
    drawn = figure.Figure(figsize=(width / _UNITS_AN_INCH,
                                   height / _UNITS_AN_INCH),
                          dpi=_UNITS_AN_INCH)
    axes = drawn.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.axis('off')
    boxes = {}
    for stage, (x, y) in corners.items():
        boxes[stage] = axes.add_patch(patches.FancyBboxPatch(
            (x, y), _WIDTH, _HEIGHT, edgecolor='#555555',
            facecolor=_ADOPTED_OR_NOT[decision.is_followed(
                decision.Memory(stage))],
            boxstyle='round,pad=0,rounding_size=6'))
        axes.text(x + _WIDTH / 2, y + _HEIGHT / 2, stage.name, ha='center',
                  va='center', fontsize=9.2, fontweight='bold')
    for start, end in dict.fromkeys(_edges()):
        middle = [(x + _WIDTH / 2, y + _HEIGHT / 2)
                  for x, y in (corners[start], corners[end])]
        axes.add_patch(patches.FancyArrowPatch(
            *middle, patchA=boxes[start], patchB=boxes[end], color='#333333',
            arrowstyle='-|>', mutation_scale=11, linewidth=1.1,
            connectionstyle='arc3,rad=0.08'))
    drawn.savefig(path, metadata={'Date': None})
