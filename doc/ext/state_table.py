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

"""The table of states on a page, as a table and as a diagram.

Both are made of the table that the drop-in goes by, each time that Sphinx
runs.
"""

import os

from docutils import nodes
from docutils import statemachine
from sphinx.util import docutils

import state_diagram
import state_words

# From the sources; git, and the source distribution, leave it out.
DIAGRAM = os.path.join(os.pardir, 'build', 'states.svg')


class StateTable(docutils.SphinxDirective):
    """``.. state-table::`` is the table."""

    def run(self):
        """Make the table; returns docutils' nodes."""
        lines = ['.. list-table::', '   :header-rows: 1', '']
        heads = [('status', 'task_state', 'host', 'meaning', 'then')]
        for row in heads + state_words.table():
            lines += ['   %s %s' % (mark, cell)
                      for mark, cell in zip(('* -', *['  -'] * 4), row)]
        made = nodes.Element()
        self.state.nested_parse(
            statemachine.StringList(lines, source=__file__), 0, made)
        return made.children


def _draw(app):
    path = os.path.join(app.srcdir, DIAGRAM)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    state_diagram.draw(path)


def setup(app):
    """Tell Sphinx what is here.

    :param app: the ``sphinx.application.Sphinx``
    """
    app.add_directive('state-table', StateTable)
    app.connect('builder-inited', _draw)
    return {'parallel_read_safe': True}
