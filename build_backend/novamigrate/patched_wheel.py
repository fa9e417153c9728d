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

"""Writing the patched Watcher's wheel from the stock one."""

import calendar
import os
import re

from wheel import wheelfile

from novamigrate import project
from novamigrate import stock

# The console script that the patch adds to Watcher's.
COMMAND = (b'watcher-cold-migration = '
           b'watcher.common.cold_migration.__main__:main')


def write(choice, folder):
    """Write the patched Watcher's wheel.

    All files of the stock wheel are in it as they were, but for the module
    that is renamed, the version in METADATA, the entry points, which get the
    command, and RECORD. Their times are kept and the patch's files get the
    time of the module that they replace, so that the same files make the same
    bytes.

    :param choice: the stock Watcher, a :class:`novamigrate.stock.Choice`
    :param folder: where to write it
    :returns: the name of the file written
    :raises novamigrate.errors.BuildError: if the stock wheel can't be had
    """
    with stock.opened(choice) as old:
        helper = old.getinfo(stock.HELPER)
        # For RECORD, which WheelFile writes itself.
        os.environ.setdefault('SOURCE_DATE_EPOCH',
                              str(calendar.timegm(helper.date_time)))
        version = project.patched_version(choice.version)
        name = 'python_watcher-%s-%s.whl' % (
            version, '-'.join(old.parsed_filename.group('pyver', 'abi',
                                                        'plat')))
        with wheelfile.WheelFile(os.path.join(folder, name), 'w') as new:
            for entry in old.infolist():
                _copy(old, new, entry, version)
                if entry is helper:
                    _add_patch(new, helper)
    return name


def _copy(old, new, entry, version):
    if entry.filename == old.record_path:
        return
    with old.open(entry.filename) as file:
        data = file.read()
    if entry.filename == stock.HELPER:
        name = stock.STOCK_HELPER
    else:
        name = _in_new_folder(entry.filename, version)
    if entry.filename == old.dist_info_path + '/METADATA':
        data = re.sub(rb'(?m)^Version: .*$', b'Version: ' + version.encode(),
                      data, count=1)
    elif entry.filename == old.dist_info_path + '/entry_points.txt':
        data = re.sub(rb'(?m)^\[console_scripts\]$',
                      rb'\g<0>\n' + COMMAND, data, count=1)
    _write(new, entry, name, data)


def _in_new_folder(name, version):
    """Rename the folders whose names have the version in them."""
    return re.sub(r'^python_watcher-.*?(\.dist-info|\.data)/',
                  r'python_watcher-%s\1/' % version, name)


def _add_patch(new, helper):
    for path in project.patch_files():
        _write(new, helper, path, project.read(path))


def _write(new, like, name, data):
    entry = type(like)(name, like.date_time)
    entry.external_attr = like.external_attr
    new.writestr(entry, data, compress_type=like.compress_type)
