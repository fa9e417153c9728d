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

"""The operator's guide tells of each line that goes to the log."""

import ast
import os
import re

from novamigrate import project
from tests import base

SOURCE = os.path.join('watcher', 'common', 'cold_migration')
GUIDE = os.path.join('doc', 'source', 'operator', 'troubleshooting.rst')
LEVELS = ('info', 'warning', 'error')


def calls():
    """Give the formats of all lines that are logged at these levels."""
    for name in sorted(os.listdir(os.path.join(project.ROOT, SOURCE))):
        if name.endswith('.py'):
            tree = ast.parse(project.read(os.path.join(SOURCE, name)))
            yield from (
                node.args[0].value for node in ast.walk(tree)
                if isinstance(node, ast.Call) and
                isinstance(node.func, ast.Attribute) and
                node.func.attr in LEVELS and
                getattr(node.func.value, 'id', None) == 'LOG')


def pattern(line_format):
    """Make a pattern of what a format gives."""
    return '.+'.join(re.escape(part) for part in
                     re.split(r'%(?:\.\d)?[sdf]', line_format))


class TestLogLines(base.TestCase):

    def test_are_told_of(self):
        text = ' '.join(project.read(GUIDE).decode().split())
        examples = re.findall('``(.+?)``|:: (Cold migration .*?req-...\\))',
                              text)
        formats = list(calls())
        self.assertNotEqual([], formats)
        for line_format in formats:
            self.assertTrue(
                any(re.fullmatch(pattern(line_format), ''.join(example))
                    for example in examples), line_format)
