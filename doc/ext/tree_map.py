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

"""The map of the tree, drawn from the first lines of the modules' docstrings.

``.. tree-map:: FOLDER`` lists each module below a folder, with its folder's
name once.
"""

import ast
import os

from docutils import nodes
from docutils.parsers import rst

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))


def first_line(path):
    """Give the first line of a module's docstring; None for an empty one.

    :raises ValueError: if it has none
    """
    with open(path) as file:
        text = file.read()
    if not text:
        return None
    docstring = ast.get_docstring(ast.parse(text))
    if not docstring:
        raise ValueError('No docstring: %s' % path)
    return docstring.splitlines()[0]


def lines(folder):
    """Give the lines of the map of a folder.

    :param folder: its path, from the root of the tree
    """
    for path, folders, names in os.walk(os.path.join(ROOT, folder)):
        folders.sort()
        described = [(name, first_line(os.path.join(path, name)))
                     for name in sorted(names) if name.endswith('.py')]
        described = [one for one in described if one[1]]
        if described:
            yield os.path.relpath(path, ROOT) + '/'
            width = max(len(name) for name, _ in described)
            for name, line in described:
                yield '  %-*s  %s' % (width, name, line)


class TreeMap(rst.Directive):
    """The directive."""

    required_arguments = 1

    def run(self):
        """Give the map as a literal block."""
        text = '\n'.join(lines(self.arguments[0]))
        return [nodes.literal_block(text, text, language='none')]


def setup(app):
    """Make the directive known to Sphinx."""
    app.add_directive('tree-map', TreeMap)
    return {'parallel_read_safe': True}
