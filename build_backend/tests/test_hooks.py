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

"""What pip and build call: the wheel and the source distribution."""

import os
import tarfile

from packaging import version as versions
from wheel import wheelfile

from novamigrate import hooks
from novamigrate import project
from novamigrate import stock
from tests import base


class TestBuildWheel(base.TestCase):

    def build(self, path=None, name='built'):
        folder = os.path.join(self.folder, name)
        os.mkdir(folder)
        file = hooks.build_wheel(
            folder, {'watcher-wheel': path or self.make_wheel()})
        return os.path.join(folder, file)

    def content(self, path):
        """Read all files; WheelFile checks each against RECORD."""
        with wheelfile.WheelFile(path) as wheel:
            return {name: wheel.open(name).read()
                    for name in wheel.namelist()
                    if not name.endswith('/RECORD')}

    def test_name(self):
        self.assertEqual(
            'python_watcher-15.1.2+1.novamigrate-py3-none-any.whl',
            os.path.basename(self.build()))

    def test_files(self):
        path = self.make_wheel()
        old, new = self.content(path), self.content(self.build(path))
        info = 'python_watcher-15.1.2+1.novamigrate.dist-info/'
        data = 'python_watcher-15.1.2+1.novamigrate.data/'
        expected = {
            'watcher/__init__.py': b'',
            'watcher/tests/__init__.py': b'',
            stock.STOCK_HELPER: old[stock.HELPER],
            data + 'data/etc/watcher/x.conf': b'x',
            info + 'METADATA': base.METADATA.format(
                'python-watcher', '15.1.2+1.novamigrate').encode(),
            info + 'WHEEL': base.WHEEL.encode(),
            info + 'entry_points.txt': (base.ENTRY_POINTS % (
                'watcher-cold-migration = '
                'watcher.common.cold_migration.__main__:main\n'
                'watcher-api = a:main')).encode()}
        for path in project.patch_files():
            expected[path] = project.read(path)
        self.assertEqual(expected, new)
        self.assertNotEqual(old[stock.HELPER], new[stock.HELPER])

    def test_no_init_file_of_watchers_is_replaced(self):
        self.assertEqual([], [path for path in project.patch_files()
                              if path.endswith('__init__.py') and
                              'cold_migration' not in path])

    def test_same_bytes_again(self):
        path = self.make_wheel()
        first, second = self.build(path, '1'), self.build(path, '2')
        with open(first, 'rb') as one, open(second, 'rb') as other:
            self.assertEqual(one.read(), other.read())


class TestBuildSdist(base.TestCase):

    def build(self):
        return os.path.join(self.folder, hooks.build_sdist(
            self.folder, {'watcher-version': '14.1.2'}))

    def test_files(self):
        path = self.build()
        top = 'python_watcher-14.1.2+1.novamigrate/'
        self.assertEqual(top[:-1] + '.tar.gz', os.path.basename(path))
        with tarfile.open(path) as archive:
            names = set(archive.getnames())
            info = archive.extractfile(top + 'PKG-INFO').read().decode()
        self.assertIn('Version: 14.1.2+1.novamigrate\n', info)
        self.assertEqual(
            {top + name for name in project.sdist_files()} |
            {top + 'PKG-INFO'}, names)
        for name in ('watcher/common/nova_helper.py', 'setup.cfg', 'tox.ini',
                     'build_backend/novamigrate/hooks.py', '.ci/run'):
            self.assertIn(top + name, names)

    def test_same_bytes_again(self):
        with open(self.build(), 'rb') as one:
            first = one.read()
        with open(self.build(), 'rb') as other:
            self.assertEqual(first, other.read())


class TestPatchedVersion(base.TestCase):

    def test_version_with_a_local_part_of_its_own(self):
        version = versions.Version(project.patched_version(
            versions.Version('15.1.2+distro.3')))
        self.assertEqual('15.1.2+distro.3.1.novamigrate', str(version))
        self.assertTrue(project.is_patched_version(version))
