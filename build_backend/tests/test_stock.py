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

"""Which stock Watcher is chosen, and getting it."""

import os
import subprocess
from unittest import mock
import zipfile

import fixtures
from packaging import version as versions

from novamigrate import errors
from novamigrate import project
from novamigrate import stock
from tests import base

DEFAULT = versions.Version(project.DEFAULT_WATCHER)


class TestChoose(base.TestCase):

    def assert_refused(self, words, config_settings=None):
        error = self.assertRaises(errors.BuildError, stock.choose,
                                  config_settings)
        self.assertIn(words, str(error))

    def set_environment(self, **variables):
        for name, value in variables.items():
            self.useFixture(fixtures.EnvironmentVariable(name, value))

    def test_default(self):
        self.assertEqual((DEFAULT, None), stock.choose(None))

    def test_version_by_setting(self):
        self.set_environment(WATCHER_VERSION='12.1.0')
        choice = stock.choose({'watcher-version': '14.1.2'})
        self.assertEqual('14.1.2', str(choice.version))

    def test_version_by_environment(self):
        self.set_environment(WATCHER_VERSION='14.1.2', WATCHER_WHEEL='')
        self.assertEqual('14.1.2', str(stock.choose({}).version))

    def test_wheel(self):
        path = self.make_wheel('14.1.2')
        expected = (versions.Version('14.1.2'), path)
        self.assertEqual(expected, stock.choose({'watcher-wheel': path}))
        self.set_environment(WATCHER_WHEEL=path)
        self.assertEqual(expected, stock.choose(None))

    def test_wheel_by_relative_path(self):
        path = self.make_wheel()
        relative = os.path.relpath(path)
        self.assertEqual(path, stock.choose({'watcher-wheel': relative}).wheel)

    def test_version_of_the_sdist(self):
        self.useFixture(fixtures.MockPatchObject(project, 'ROOT',
                                                 self.folder))
        self.make_file('PKG-INFO', b'Version: 14.1.2+1.novamigrate\n')
        self.assertEqual('14.1.2', str(stock.choose(None).version))

    def test_version_that_pip_would_replace(self):
        for name in ('a_distribution-1.0', 'python_watcher-17.0.0+x'):
            folder = os.path.join(self.folder, name + '.dist-info')
            os.mkdir(folder)
            self.make_file(os.path.join(folder, 'METADATA'), (
                'Name: %s\nVersion: %s\n' % tuple(
                    name.replace('_', '-').rsplit('-', 1))).encode())
        self.assertEqual('17.0.0', str(stock.choose(None).version))
        self.assertEqual('14.1.2', str(stock.choose({
            'watcher-version': '14.1.2'}).version))

    def test_version_as_the_package_index_has_it(self):
        for text in ('17', '17.0', '17.0.0'):
            self.assertEqual('17.0.0', str(stock.choose({
                'watcher-version': text}).version))

    def test_both(self):
        self.assert_refused('not both', {'watcher-version': '14.1.2',
                                         'watcher-wheel': 'x.whl'})

    def test_newest(self):
        newest = max(project.TESTED_WATCHERS)
        self.assertEqual((newest, None),
                         stock.choose({'watcher-version': 'newest'}))
        self.set_environment(WATCHER_VERSION='newest')
        self.assertEqual((newest, None), stock.choose(None))

    def test_unknown_setting(self):
        self.assert_refused(
            'there are: watcher-untested, watcher-version, watcher-wheel',
            {'watcher_version': '14.1.2'})

    def test_no_version(self):
        self.assert_refused("'latest' is not a version of Watcher",
                            {'watcher-version': 'latest'})

    def test_every_tested_version(self):
        for version in project.TESTED_WATCHERS:
            choice = stock.choose({'watcher-version': str(version)})
            self.assertEqual(version, choice.version)

    def test_untested_versions(self):
        for version in ('1.12.1', '15.1.99', '15.1.2+distro.3', '99.0.0rc1'):
            self.assert_refused('Watcher %s was not tested' % version,
                                {'watcher-version': version})
        self.assert_refused('tested are 2.0.0, 3.0.0,',
                            {'watcher-version': '99.0.0'})
        self.assert_refused('watcher-untested=yes',
                            {'watcher-version': '99.0.0'})
        self.assert_refused('WATCHER_UNTESTED=yes',
                            {'watcher-version': '99.0.0'})

    def test_untested_wheel(self):
        path = self.make_wheel('99.0.0')
        self.assert_refused('Watcher 99.0.0 was not tested',
                            {'watcher-wheel': path})
        choice = stock.choose({'watcher-wheel': path,
                               'watcher-untested': 'yes'})
        self.assertEqual((versions.Version('99.0.0'), path), choice)

    def test_untested_sdist(self):
        self.useFixture(fixtures.MockPatchObject(project, 'ROOT',
                                                 self.folder))
        self.make_file('PKG-INFO', b'Version: 99.0.0+1.novamigrate\n')
        self.assert_refused('Watcher 99.0.0 was not tested')
        choice = stock.choose({'watcher-untested': 'yes'})
        self.assertEqual('99.0.0', str(choice.version))

    def test_untested_by_all_ways(self):
        version = {'watcher-version': '99.0.0'}
        go_ahead = {'watcher-untested': 'yes'}
        self.assertEqual('99.0.0', str(
            stock.choose(dict(version, **go_ahead)).version))
        self.set_environment(WATCHER_VERSION='99.0.0')
        self.assertEqual('99.0.0', str(stock.choose(go_ahead).version))
        self.set_environment(WATCHER_UNTESTED='yes')
        self.assertEqual('99.0.0', str(stock.choose(None).version))
        self.set_environment(WATCHER_VERSION='14.1.2')
        self.assertEqual('99.0.0', str(stock.choose(version).version))

    def test_untested_and_nothing_else(self):
        choice = stock.choose({'watcher-untested': 'yes'})
        self.assertEqual(DEFAULT, choice.version)

    def test_untested_with_another_word(self):
        words = 'watcher-untested is %r; the one value that it takes is yes'
        for value in ('no', '1', 'YES', ''):
            self.assert_refused(words % value, {'watcher-untested': value})
        self.set_environment(WATCHER_UNTESTED='true')
        self.assert_refused(words % 'true')
        self.set_environment(WATCHER_UNTESTED='')
        self.assertEqual(DEFAULT, stock.choose(None).version)

    def test_patched_version(self):
        self.assert_refused('patched already', {
            'watcher-version': '15.1.2+1.novamigrate'})

    def test_patched_wheel(self):
        files = dict(base.FILES, **{stock.STOCK_HELPER: ''})
        self.assert_refused('is patched already', {
            'watcher-wheel': self.make_wheel(files=files)})

    def test_no_such_wheel(self):
        self.assert_refused('there is no wheel /no/such.whl', {
            'watcher-wheel': '/no/such.whl'})

    def test_no_wheel(self):
        path = self.make_file('watcher.whl', b'not a zip file')
        self.assert_refused('is not a wheel', {'watcher-wheel': path})

    def test_wheel_of_something_else(self):
        path = self.make_wheel(name='nova')
        self.assert_refused("is not Watcher's wheel: it is nova's", {
            'watcher-wheel': path})

    def test_wheel_without_the_helper(self):
        path = self.make_wheel(files={'watcher/__init__.py': ''})
        self.assert_refused("is not Watcher's wheel", {'watcher-wheel': path})


class TestOpened(base.TestCase):

    def setUp(self):
        super().setUp()
        self.run = self.useFixture(
            fixtures.MockPatchObject(subprocess, 'run')).mock
        self.choice = stock.Choice(versions.Version('15.1.2'), None)

    def open(self, choice=None):
        with stock.opened(choice or self.choice) as wheel:
            return {name: wheel.open(name).read()
                    for name in wheel.namelist()}

    def test_downloaded(self):
        made = self.make_wheel()

        def download(command, **options):
            folder = command[command.index('--dest') + 1]
            os.rename(made, os.path.join(folder, os.path.basename(made)))
            return mock.Mock(returncode=0)

        self.run.side_effect = download
        self.assertIn(stock.HELPER, self.open())
        # Not "==": that would take a patched wheel for the stock one.
        self.assertEqual('python-watcher===15.1.2',
                         self.run.call_args[0][0][-1])

    def assert_not_downloaded(self, words, stderr):
        self.run.return_value = mock.Mock(returncode=1, stderr=stderr)
        error = self.assertRaises(errors.BuildError, self.open)
        self.assertIn(words, str(error))
        self.assertIn(stderr.splitlines()[-1], str(error))

    def test_no_index(self):
        self.assert_not_downloaded(
            'no package index that has Watcher can be reached',
            'WARNING: Retrying\nERROR: Could not find a version that '
            'satisfies the requirement x (from versions: none)\n')

    def test_not_in_the_index(self):
        self.assert_not_downloaded(
            'the package index has no wheel of Watcher 15.1.2',
            'ERROR: Could not find a version that satisfies the requirement '
            'x (from versions: 1.0, 15.1.1)\n')

    def test_another_failure_of_pip(self):
        self.assert_not_downloaded('no wheel of Watcher', 'No module: pip\n')

    def test_damaged(self):
        path = self.make_wheel()
        with zipfile.ZipFile(path) as wheel:
            content = {name: wheel.read(name) for name in wheel.namelist()}
        content[stock.HELPER] += b'# not what RECORD says'
        with zipfile.ZipFile(path, 'w') as wheel:
            for name, data in content.items():
                wheel.writestr(name, data)
        error = self.assertRaises(errors.BuildError, self.open,
                                  self.choice._replace(wheel=path))
        self.assertIn('is damaged', str(error))
