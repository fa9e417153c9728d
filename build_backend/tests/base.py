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

"""A small wheel that looks like Watcher's, to build from without network."""

import os
import sysconfig

import fixtures
from oslotest import base
from wheel import wheelfile

from novamigrate import stock

FILES = {
    'watcher/__init__.py': '',
    stock.HELPER: 'class NovaHelper: pass\n',
    'watcher/tests/__init__.py': '',
}
ENTRY_POINTS = '[console_scripts]\n%s\n[watcher_goals]\ndummy = a:B\n'
METADATA = 'Metadata-Version: 2.1\nName: {}\nVersion: {}\n\nVersion: 0\n'
WHEEL = 'Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n'


class TestCase(base.BaseTestCase):

    def setUp(self):
        super().setUp()
        self.folder = self.useFixture(fixtures.TempDir()).path
        for name in ('WATCHER_VERSION', 'WATCHER_WHEEL', 'WATCHER_UNTESTED',
                     'SOURCE_DATE_EPOCH'):
            self.useFixture(fixtures.EnvironmentVariable(name))
        # The tests' own Watcher is none that pip would replace.
        self.useFixture(fixtures.MockPatchObject(
            sysconfig, 'get_path', lambda name: self.folder))

    def make_wheel(self, version='15.1.2', name='python-watcher', files=FILES):
        """Make a stock wheel; returns its path."""
        top = '%s-%s' % (name.replace('-', '_'), version)
        path = os.path.join(self.folder, top + '-py3-none-any.whl')
        with wheelfile.WheelFile(path, 'w') as wheel:
            for file, text in files.items():
                wheel.writestr(file, text)
            wheel.writestr(top + '.data/data/etc/watcher/x.conf', 'x')
            wheel.writestr(top + '.dist-info/METADATA',
                           METADATA.format(name, version))
            wheel.writestr(top + '.dist-info/WHEEL', WHEEL)
            wheel.writestr(top + '.dist-info/entry_points.txt',
                           ENTRY_POINTS % 'watcher-api = a:main')
        return path

    def make_file(self, name, content):
        path = os.path.join(self.folder, name)
        with open(path, 'wb') as file:
            file.write(content)
        return path
