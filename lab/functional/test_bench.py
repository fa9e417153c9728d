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

"""The benchmark measures, and the page of evidence has what it measured."""

import glob
import json
import os

from oslotest import base

from lab.bench import tables
from lab.support import processes
from tools import evidence

RESULTS = glob.glob(os.path.join(
    processes.ROOT, 'lab', 'bench', 'results', '*.json'))


class TestEvidence(base.BaseTestCase):

    def test_has_the_results(self):
        self.assertNotEqual([], RESULTS)
        for path in RESULTS:
            with open(path) as file:
                results = json.load(file)
            self.assertTrue(tables.is_all_right(results), path)
            with open(os.path.join(
                    evidence.FOLDER,
                    'speed-%s.out' % results['watcher'])) as file:
                self.assertIn(tables.text(results), file.read())


class TestSimulated(base.BaseTestCase):

    def test_calls_of_the_drop_in(self):
        result = processes.run_module(
            'lab.bench.simulated', 'drop_in', '--calls=2', '--work=0.5')
        self.assertEqual((2, 2), (result['calls'], result['right']))
