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

"""Each log line is one of the sentences that the guide is made of."""

import ast
import os

from novamigrate import project
from tests import base

SOURCE = os.path.join('watcher', 'common', 'cold_migration')


class TestLogLines(base.TestCase):

    def test_are_all_sentences(self):
        count = 0
        for name in sorted(os.listdir(os.path.join(project.ROOT, SOURCE))):
            if not name.endswith('.py'):
                continue
            for node in ast.walk(ast.parse(project.read(
                    os.path.join(SOURCE, name)))):
                if (isinstance(node, ast.Call) and
                        isinstance(node.func, ast.Attribute) and
                        getattr(node.func.value, 'id', None) == 'LOG'):
                    count += 1
                    self.assertIn('sentences.', ast.unparse(node.args[0]))
        self.assertGreater(count, 5)
