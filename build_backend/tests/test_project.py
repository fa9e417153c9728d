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

"""setup.cfg does not contradict itself about the Watchers."""

import os
import re

from packaging import version as versions

from novamigrate import project
from tests import base


class TestTested(base.TestCase):

    def test_default_is_tested(self):
        self.assertIn(versions.Version(project.DEFAULT_WATCHER),
                      project.TESTED_WATCHERS)

    def test_releases_and_pythons(self):
        for tested in project.TESTED:
            self.assertEqual(sorted(tested.releases), tested.releases)
            self.assertNotEqual([], tested.releases)
            self.assertNotEqual([], tested.pythons)
            self.assertIn(tested.tests, ('all', 'helper and actions'))

    def test_each_release_on_a_python_once(self):
        rows = [(release, python) for tested in project.TESTED
                for release in tested.releases for python in tested.pythons]
        self.assertEqual(sorted(set(rows)), sorted(rows))

    def test_constraints_are_the_files(self):
        names = {constraints.name for constraints in project.CONSTRAINTS}
        self.assertLessEqual(
            {tested.constraints for tested in project.TESTED}, names)
        self.assertEqual({name + '.txt' for name in names}, set(os.listdir(
            os.path.join(project.ROOT, 'constraints'))))


class TestNovas(base.TestCase):

    def test_each_with_a_watcher_that_is_tested(self):
        self.assertLessEqual({nova.watcher for nova in project.NOVAS},
                             set(project.TESTED_WATCHERS))

    def test_each_watcher_that_the_tests_run_on_beside_its_nova(self):
        self.assertLessEqual(
            {versions.Version(project.DEFAULT_WATCHER),
             project.TESTED_WATCHERS[-1]},
            {nova.watcher for nova in project.NOVAS})

    def test_oldest_first(self):
        releases = [nova.release for nova in project.NOVAS]
        self.assertEqual(sorted(releases), releases)


class TestBuildRequirements(base.TestCase):

    def test_are_pinned_like_everything_that_builds(self):
        pins = project.read('constraints/build.txt').decode().split()
        requires, = re.findall(r'^requires = \[(.*)\]$', project.read(
            'pyproject.toml').decode(), re.MULTILINE)
        self.assertLessEqual(set(re.findall('"(.*?)"', requires)), set(pins))
