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

"""The diagram of a cold migration: its phases, and what shows each of them.

What stands where is told here; what is said of a meaning comes from the table.
"""

import textwrap

import matplotlib
from matplotlib import figure
from matplotlib import patches
import states

import state_words

Meaning = states.Meaning
Whose = states.Whose

# All in units of which the diagram is this wide.
WIDTH = 1000
_COLUMN, _BOX, _GAP = 250, 226, 46
_LEFT, _PAD, _LINE = 30, 9, 17
_UNITS_AN_INCH = 100
_FONT, _TITLE = 9.2, 10.5
_LETTERS = 30
_BULLET = '\u2022 '

_LOOK, _WAIT, _TRUE, _FALSE, _PLAIN = (
    '#dbe9f6', '#fde4c8', '#d5ecd0', '#f8d7d4', '#eeeeee')


def _there(whose, kind):
    return ['%s; on record: %s' % (
        state_words.statuses_at_first(whose, kind), whose.value)]


def _phase(meaning, colour):
    return (meaning.name, state_words.observations(meaning),
            state_words.DONE[meaning], colour)


# Each row of the diagram: title, what is seen, what is done, colour.
_ROWS = (
    (('First look', ['Is the server where it is wanted? Is it on its way?'],
      'ARRIVED already: True', _PLAIN),
     ('Asked', ['neither: POST migrate'],
      'watch; refused: False', _PLAIN),
     ('Taken up', _there(Whose.OURS, 'migration'), 'watch, as if asked for',
      _PLAIN),
     ("Somebody else's", _there(Whose.OTHERS, 'resize'),
      'leave it alone: False', _FALSE)),
    (_phase(Meaning.UNDER_WAY, _LOOK), _phase(Meaning.MOVED, _WAIT),
     ('Confirming', ['MOVED or UNDER_WAY, until Nova has ended it'],
      'look again, for 60 s', _LOOK),
     _phase(Meaning.ARRIVED, _TRUE)),
    (_phase(Meaning.NEVER_LEFT, _FALSE),
     _phase(Meaning.MOVED_ELSEWHERE, _FALSE),
     _phase(Meaning.RESIZED, _FALSE),
     _phase(Meaning.HIDDEN, _FALSE)),
    (_phase(Meaning.AT_SOURCE, _FALSE), _phase(Meaning.ELSEWHERE, _FALSE),
     _phase(Meaning.BROKEN, _FALSE), _phase(Meaning.GONE, _FALSE)),
)


class _Diagram:
    """A diagram that is written from its top to its bottom."""

    def __init__(self):
        heights = [max(_height(box) for box in row) for row in _ROWS]
        self.tops = [_GAP + sum(heights[:i]) + _GAP * i
                     for i in range(len(heights))]
        self.bottoms = [top + height
                        for top, height in zip(self.tops, heights)]
        height = self.bottoms[-1] + 4
        self.figure = figure.Figure(
            figsize=(WIDTH / _UNITS_AN_INCH, height / _UNITS_AN_INCH),
            dpi=_UNITS_AN_INCH)
        self.axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set(xlim=(0, WIDTH), ylim=(height, 0))
        self.axes.axis('off')
        for top, bottom, row in zip(self.tops, self.bottoms, _ROWS):
            for i, box in enumerate(row):
                self._box(_x(i), top, bottom, *box)

    def _box(self, x, top, bottom, title, seen, done, colour):
        self.axes.add_patch(patches.FancyBboxPatch(
            (x, top), _BOX, bottom - top, facecolor=colour,
            edgecolor='#555555', boxstyle='round,pad=0,rounding_size=6'))
        y = top + _PAD + 12
        self._text(x, y, title, fontsize=_TITLE, fontweight='bold')
        for line in _wrapped(seen):
            y += _LINE
            self._text(x, y + 4, line)
        self._text(x, bottom - _PAD - 1, '\u2192 ' + done,
                   fontweight='bold')

    def _text(self, x, y, text, **style):
        shown = self.axes.text(x + _PAD, y, text,
                               **{'fontsize': _FONT, **style})
        if shown.get_window_extent().width > _BOX - 2 * _PAD:
            raise ValueError('Too wide for its box: %s' % text)

    def line(self, *points):
        self.axes.plot(*zip(*points), color='#333333', linewidth=1.2,
                       solid_joinstyle='miter')

    def arrow(self, start, end):
        self.axes.annotate('', end, start, arrowprops={
            'arrowstyle': '-|>', 'color': '#333333', 'shrinkA': 0,
            'shrinkB': 0})

    def note(self, x, y, text):
        self.axes.text(x, y, text, va='center', fontsize=_FONT,
                       fontstyle='italic')


def _x(column):
    return _LEFT + column * _COLUMN - (0 if column < 1 else 8)


def _wrapped(seen):
    return [line for text in seen for line in textwrap.wrap(
        text, _LETTERS, initial_indent=_BULLET, break_on_hyphens=False,
        subsequent_indent=' ' * (len(_BULLET) + 1))]


def _height(box):
    return 2 * _PAD + _LINE * (2 + len(_wrapped(box[1]))) + 6


def _connect(diagram):
    middle = _BOX / 2
    first, main, waiting, ends = (
        (top, bottom) for top, bottom in zip(diagram.tops, diagram.bottoms))
    # From the first look to what may come of it.
    bus = first[0] - _GAP / 2
    diagram.line((_x(0) + middle, first[0]), (_x(0) + middle, bus),
                 (_x(3) + middle, bus))
    for column in (1, 2, 3):
        diagram.arrow((_x(column) + middle, bus),
                      (_x(column) + middle, first[0]))
    # What is asked for, or taken up, is watched.
    bus = first[1] + _GAP / 2
    diagram.line((_x(2) + middle, first[1]), (_x(2) + middle, bus),
                 (_x(0) + middle, bus))
    diagram.line((_x(1) + middle, first[1]), (_x(1) + middle, bus))
    diagram.arrow((_x(0) + middle, bus), (_x(0) + middle, main[0]))
    # The good way.
    y = sum(main) / 2
    for column in (1, 2, 3):
        diagram.arrow((_x(column - 1) + _BOX, y), (_x(column), y))
    # What each look may show instead.
    trunk = _x(0) - _LEFT / 2
    diagram.line((_x(0), y), (trunk, y), (trunk, ends[0] - _GAP / 2))
    for (top, _), row in zip((waiting, ends), _ROWS[2:]):
        bus = top - _GAP / 2
        diagram.line((trunk, bus), (_x(len(row) - 1) + middle, bus))
        for column in range(len(row)):
            diagram.arrow((_x(column) + middle, bus),
                          (_x(column) + middle, top))
    diagram.note(_x(2) + middle, main[1] + _GAP / 4,
                 'each look, here too, may show one of these instead')


def draw(path):
    """Draw the diagram.

    :param path: the path of its file, such as one that ends with ``.svg``
    :raises ValueError: if a meaning has no place in it, or a text none in its
        box
    """
    missing = {meaning.name for meaning in Meaning} - {
        box[0] for row in _ROWS for box in row}
    if missing:
        raise ValueError('No place in the diagram: %s' % missing)
    # The same input makes the same bytes.
    matplotlib.rcParams['svg.hashsalt'] = 'novamigrate'
    diagram = _Diagram()
    _connect(diagram)
    diagram.figure.savefig(path, metadata={'Date': None})
