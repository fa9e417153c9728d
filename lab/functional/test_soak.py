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

"""What of one applier grows over many migrations is found."""

import os
import socket

from oslotest import base

from lab.fullstack import soak


class TestProblems(base.BaseTestCase):

    COUNT = 50

    def samples(self, **growing):
        """Take samples; what is named grows by so much with each."""
        level = {'memory': 150.0, 'files': 20, 'threads': 30, 'lines': 8.0}
        return [soak.Sample(number, **{
            name: usual + number * growing.get(name, 0)
            for name, usual in level.items()})
            for number in range(self.COUNT)]

    def test_all_is_level(self):
        self.assertEqual([], soak.problems(self.samples()))

    def test_beginning_does_not_count(self):
        samples = self.samples()
        samples[:10] = [sample._replace(memory=80.0, threads=1)
                        for sample in samples[:10]]
        self.assertEqual([], soak.problems(samples))

    def test_what_grows_is_named(self):
        for name in soak.Sample._fields[1:]:
            problem, = soak.problems(self.samples(**{name: 1}))
            self.assertIn(name, problem)

    def test_memory_of_this_process(self):
        sample = soak.sample(os.getpid(), 20, 7.5)
        self.assertEqual((20, 7.5), (sample.migrations, sample.lines))
        self.assertGreater(sample.memory, 1)
        with socket.socket():
            self.assertEqual(sample.files + 1,
                             soak.sample(os.getpid(), 40, 7.5).files)
