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

"""The options of the commands that start a whole service."""

import argparse
import contextlib
import io

from oslotest import base

from lab.fullstack import options


class TestOptions(base.BaseTestCase):

    def setUp(self):
        super().setUp()
        self.parser = argparse.ArgumentParser()
        options.add(self.parser, 'CASE', {'one': 1, 'two': 2})

    def test_nothing_named(self):
        arguments = self.parser.parse_args([])
        self.assertEqual(([], False), (arguments.only, arguments.stay))

    def test_some_named(self):
        self.assertEqual(['two', 'one'],
                         self.parser.parse_args(['two', 'one']).only)

    def test_unknown(self):
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            self.assertRaises(SystemExit, self.parser.parse_args, ['three'])
        self.assertIn('there is no three', said.getvalue())

    def test_stay(self):
        self.assertTrue(self.parser.parse_args(['--stay']).stay)
