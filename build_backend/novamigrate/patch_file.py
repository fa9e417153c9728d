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

"""Write the patch as a file, for those who package Watcher from its source.

``python -m novamigrate.patch_file 17.0.0`` writes a unified diff against the
``watcher/`` tree of that release. ``patch -p1`` and quilt apply it, and the
tree is then the patched wheel's. Its header is DEP-3's.
"""

import argparse
import difflib
import os
import tempfile

from wheel import wheelfile

from novamigrate import patched_wheel
from novamigrate import project
from novamigrate import stock

HEADER = '''\
Description: %(summary)s
 nova_helper.py is replaced. The module that Watcher %(watcher)s has is kept
 beside it, as nova_helper_stock.py.
Author: the cold migration project, version %(version)s
Forwarded: not-needed

'''

_PARSER = argparse.ArgumentParser(
    prog='python -m novamigrate.patch_file',
    description=__doc__.splitlines()[0])
_PARSER.add_argument('watcher', nargs='?', default=project.DEFAULT_WATCHER,
                     help='the release, the path of its wheel, or "newest" '
                     '(default: %(default)s)')
_PARSER.add_argument('--folder', default='dist',
                     help='where to write it (default: %(default)s)')


def write(choice, folder):
    """Write the patch for a stock Watcher.

    :param choice: the stock Watcher, a :class:`novamigrate.stock.Choice`
    :param folder: where to write it
    :returns: the path of the file written; the same input makes the same bytes
    :raises novamigrate.errors.BuildError: if the stock wheel can't be had
    """
    with stock.opened(choice) as wheel:
        before = _tree(wheel)
        with tempfile.TemporaryDirectory() as built:
            name = patched_wheel.write(
                choice._replace(wheel=wheel.filename), built)
            with wheelfile.WheelFile(os.path.join(built, name)) as patched:
                after = _tree(patched)
    path = os.path.join(folder, 'cold-migration-%s.patch' % choice.version)
    with open(path, 'wb') as file:
        file.write((HEADER % {
            'summary': project.SUMMARY, 'watcher': choice.version,
            'version': project.PATCH_VERSION}).encode())
        for name in sorted(after):
            if before.get(name) != after[name]:
                file.writelines(_difference(name, before.get(name),
                                            after[name]))
    return path


def _tree(wheel):
    """Read the files below ``watcher/`` in a wheel: a dict of bytes."""
    return {name: wheel.open(name).read() for name in wheel.namelist()
            if name.startswith('watcher/')}


def _difference(name, before, after):
    """Give the lines of the diff of one file.

    :param name: its path
    :param before: its content, as bytes; None where there is no such file
    :param after: its content afterwards
    """
    for line in difflib.diff_bytes(
            difflib.unified_diff, (before or b'').splitlines(True),
            after.splitlines(True),
            b'/dev/null' if before is None else b'a/' + name.encode(),
            b'b/' + name.encode()):
        yield line
        if not line.endswith(b'\n'):
            yield b'\n\\ No newline at end of file\n'


def main():
    """Write the patch, and print its path.

    :raises novamigrate.errors.BuildError: if something is wrong
    """
    arguments = _PARSER.parse_args()
    setting = (stock.WHEEL_SETTING if os.path.exists(arguments.watcher)
               else stock.VERSION_SETTING)
    os.makedirs(arguments.folder, exist_ok=True)
    print(write(stock.choose({setting: arguments.watcher}), arguments.folder))


if __name__ == '__main__':
    main()
