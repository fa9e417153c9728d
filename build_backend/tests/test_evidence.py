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

"""The pages of evidence, README and setup.cfg agree."""

import importlib
import json
import os
import re
import sys

import fixtures
import freezegun
from novamigrate import project
from tests import base

sys.path.append(project.ROOT)
evidence = importlib.import_module('tools.evidence')
rows = importlib.import_module('tools.rows')


def read(name):
    return project.read(os.path.join(
        os.path.relpath(evidence.FOLDER, project.ROOT), name)).decode()


class TestEvidence(base.TestCase):

    def test_each_release_was_tested(self):
        count = r'\d+/\d+/\d+'
        self.assertEqual(
            [(str(row.release), str(row.python), row.tested.tests)
             for row in rows.get()],
            re.findall(r'(?m)^\| (\S+) +\| (\d\.\d+) +\| (\w[\w ]*\w) +'
                       r'\| %s +\| %s +\| %s +\| \S+ \|$' % (
                           count, count, count),
                       read('releases.out')))

    def test_each_nova_was_tested(self):
        self.assertEqual(
            [(str(nova.release), cells, str(nova.watcher))
             for nova in project.NOVAS for cells in nova.cells],
            [(release, int(cells or 1), watcher)
             for release, cells, watcher in re.findall(
                 r'(?m)^\| ([\d.]+)(?:, (\d) cells)? +\| 2\.\d+ +\| (\S+) +'
                 r'\| \d+ +\| 0 +\| \d+ +\| \S+ \|$', read('novas.out'))])

    def test_no_python_was_missing(self):
        for name in ('releases.out', 'novas.out', 'installs.out'):
            self.assertNotIn('no Python', read(name))

    def test_default_and_newest_were_measured(self):
        for release in (project.DEFAULT_WATCHER, project.TESTED_WATCHERS[-1]):
            for name in ('cases', 'speed', 'tempest'):
                self.assertIn('Watcher %s' % release,
                              read('%s-%s.out' % (name, release)))

    def test_each_has_its_command_and_its_day(self):
        names = [name for name in os.listdir(evidence.FOLDER)
                 if name.endswith('.out')]
        self.assertNotEqual([], names)
        for name in names:
            self.assertRegex(read(name),
                             r'\Atox -e \S+    \(\d{4}-\d\d-\d\d\)\n')

    def test_each_is_on_a_page(self):
        pages = ''.join(read(name)
                        for name in os.listdir(evidence.FOLDER)
                        if name.endswith('.rst'))
        for name in os.listdir(evidence.FOLDER):
            if name.endswith('.out'):
                self.assertIn('literalinclude:: %s\n' % name, pages)


class TestWriteRow(base.TestCase):
    """A row is renewed alone, and each has its day."""

    def setUp(self):
        super().setUp()
        self.useFixture(fixtures.MockPatchObject(
            evidence, 'FOLDER', self.folder))
        self.useFixture(fixtures.EnvironmentVariable(
            'TOX_ENV_NAME', 'releases'))

    def write(self, day, name, result):
        with freezegun.freeze_time(day):
            evidence.write_row('tried', 'Watcher', ['name', 'result'], name,
                               [name, result], ['first', 'second'])

    def written(self):
        with open(os.path.join(self.folder, 'tried.out')) as file:
            return file.read()

    def test_its_day_and_the_others(self):
        self.write('2026-11-26', 'second', 'old')
        self.write('2026-11-27', 'first', 'old')
        self.write('2026-11-28', 'first', 'new')
        self.assertEqual(
            'tox -e releases    (2026-11-28)\n'
            'Watcher\n'
            '\n'
            '+--------+--------+------------+\n'
            '| name   | result | day        |\n'
            '+--------+--------+------------+\n'
            '| first  | new    | 2026-11-28 |\n'
            '| second | old    | 2026-11-26 |\n'
            '+--------+--------+------------+\n', self.written())

    def test_what_is_tried_no_more(self):
        self.write('2026-11-26', 'first', 'old')
        with open(os.path.join(self.folder, 'tried.json')) as file:
            known = json.load(file)
        known['gone'] = known['first']
        with open(os.path.join(self.folder, 'tried.json'), 'w') as file:
            json.dump(known, file)
        self.write('2026-11-27', 'second', 'new')
        self.assertNotIn('gone', self.written())
        self.assertIn('first', self.written())


class TestReadme(base.TestCase):

    def test_range_of_the_releases(self):
        oldest, *_, newest = project.TESTED_WATCHERS
        self.assertIn(
            '%d.%d to %d.%d' % (oldest.release[:2] + newest.release[:2]),
            project.read('README.rst').decode())

    def test_how_often_stock_is_wrong(self):
        newest = project.TESTED_WATCHERS[-1]
        cases, wrong = re.search(r'\| All +\| +(\d+) +\| +(\d+) ',
                                 read('cases-%s.out' % newest)).groups()
        words = ('Watcher %s fails what can succeed, or reports what is not '
                 'so, in %s of %s cases' % (newest, wrong, cases))
        self.assertIn(words, ' '.join(
            project.read('README.rst').decode().split()))

    def test_range_of_the_novas(self):
        self.assertIn(
            'Nova %d to %d' % (project.NOVAS[0].release.major,
                               project.NOVAS[-1].release.major),
            project.read('README.rst').decode())
