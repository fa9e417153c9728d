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

"""Tables of the pages, made of the tables and sentences that ship.

``.. meanings::``, ``.. stories::``, ``.. decisions::`` and ``.. replies::``
are tables of states.py and decision.py; ``.. sentences::`` is one of
sentences.py, with what to do: a name, and indented below it the text.
"""

import inspect
import os
import re

from docutils import nodes
from docutils import statemachine
from sphinx import errors
from sphinx.util import docutils
from watcher.common.cold_migration import decision
from watcher.common.cold_migration import sentences
from watcher.common.cold_migration import states

import stage_diagram

DIAGRAM = os.path.join(os.pardir, 'build', 'stages.svg')

# What the sentences are filled in with on the page.
_EXAMPLES = {
    'server': 'UUID', 'source': 'compute2', 'destination': 'compute1',
    'host': 'compute1', 'status': 'ACTIVE', 'request': 'req-...',
    'view': 'VERIFY_RESIZE, task_state None, on host compute1',
    'seconds': 11.4, 'left': 896.2, 'limit': '900.0', 'migration': 8,
    'migration_status': 'finished', 'user': 'f3a1...', 'code': 409,
    'reply': '...', 'novas_words': 'No valid host was found. ...',
    'obstacle': '', 'to_do': '...', 'why': 'WHY', 'purpose': 'show it'}


class _Table(docutils.SphinxDirective):

    def _table(self, heads, rows, options=()):
        """Make a table of rows, each of as many strings as there are heads."""
        lines = ['.. list-table::', '   :header-rows: 1',
                 *['   ' + option for option in options], '']
        for row in [heads, *rows]:
            for mark, cell in zip(('* -', *['  -'] * len(row)), row):
                first, *more = cell.splitlines() or ['']
                lines.append('   %s %s' % (mark, first))
                lines += ['       ' + line for line in more]
        made = nodes.Element()
        self.state.nested_parse(
            statemachine.StringList(lines, source=__file__), 0, made)
        return made.children


class Meanings(_Table):
    """``.. meanings::``."""

    def run(self):
        """Make the table."""
        rows = [('HTTP 404', 'any', 'any', states.Meaning.GONE),
                ('VERIFY_RESIZE, with another flavor', 'any', 'any',
                 states.Meaning.RESIZED), *states.MEANINGS]
        return self._table(
            ['status', 'task_state', 'host', 'meaning'],
            [[cell if isinstance(cell, str) else _words(cell)
              for cell in row[:2]] +
             [row[2] if isinstance(row[2], str) else
              row[2].value if row[2] else 'any',
              '``%s``: %s' % (row[3].name, row[3].value)] for row in rows])


class Stories(_Table):
    """``.. stories::``."""

    def run(self):
        """Make the table."""
        return self._table(['story', 'what the records say'], [
            ['``%s``' % story.name, story.value] for story in states.Story])


class Stages(_Table):
    """``.. stages::``."""

    def run(self):
        """Make the table."""
        return self._table(['stage', 'what it is'], [
            ['``%s``' % stage.name, stage.value] for stage in decision.Stage])


class Decisions(_Table):
    """``.. decisions::``."""

    def run(self):
        """Make the table."""
        return self._table(
            ['stage', 'the look shows', 'the records say', 'then'],
            [_named(row, decision.Stage, states.Meaning, states.Story)
             for row in decision.TABLE])


class Replies(_Table):
    """``.. replies::``."""

    def run(self):
        """Make the table."""
        return self._table(
            ['stage', 'request', 'reply', 'then'],
            [_named(row, decision.Stage, decision.Do, decision.Reply)
             for row in decision.REPLIES])


class Sentences(_Table):
    """``.. sentences:: NAME``, where the name is that of a level, or WHY."""

    required_arguments = 1
    has_content = True

    def run(self):
        """Make the table."""
        known = _sentences(self.arguments[0])
        told = dict(_told(self.content))
        if set(told) != set(known):
            raise errors.ExtensionError(
                'Sentences without a text, or the other way round: %s' % (
                    set(told) ^ set(known)))
        return self._table(
            [self.arguments[0], 'What to do'],
            [['``%s``' % (known[name] % _EXAMPLES), text]
             for name, text in told.items()])


def _sentences(kind):
    """Give the sentences of a level, or those of failures, by their names."""
    if kind == 'WHY':
        return {why.name: why.value for why in sentences.Why}
    # They stand below a comment that names the level.
    part = re.search(r'^# %s\.\n(.*?)^(?:# |class)' % kind,
                     inspect.getsource(sentences), re.M | re.S).group(1)
    return {name: getattr(sentences, name)
            for name in re.findall(r'^([A-Z]\w+) =', part, re.M)}


def _told(content):
    """Give the names and the texts of a directive's content."""
    name, lines = None, []
    for line in [*content, 'END']:
        if line and not line.startswith(' '):
            if name is not None:
                yield name, '\n'.join(lines).strip()
            name, lines = line.strip(), []
        else:
            lines.append(line.strip())


def _words(values):
    return 'any' if values is None else ', '.join(
        sorted(value or 'none' for value in values))


def _named(row, *kinds):
    """Put a row of a table of decisions into four strings."""
    cells = []
    for values, kind in zip(row, kinds):
        few = len(values) <= len(kind) / 2
        names = ', '.join('``%s``' % one.name for one in kind
                          if (one in values) is few)
        cells.append('any' if values == frozenset(kind) else
                     names if few else 'any but ' + names)
    step = row.step
    what = step.do.value
    if step.why:
        what += ': ``%s``' % step.why.name
    if step.stage:
        what += '; then ``%s``' % step.stage.name
    return [*cells, what]


def _draw(app):
    path = os.path.join(app.srcdir, DIAGRAM)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    stage_diagram.draw(path)


def setup(app):
    """Tell Sphinx what is here.

    :param app: the ``sphinx.application.Sphinx``
    """
    for directive in (Meanings, Stories, Stages, Decisions, Replies,
                      Sentences):
        app.add_directive(directive.__name__.lower(), directive)
    app.connect('builder-inited', _draw)
    return {'parallel_read_safe': True}
