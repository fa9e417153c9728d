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

"""Writing the source distribution: this project, without any Watcher."""

import gzip
import io
import os
import tarfile

from novamigrate import project

_PKG_INFO = '''\
Metadata-Version: 2.1
Name: python-watcher
Version: %s
Summary: %s
License: Apache-2.0
'''


def write(choice, folder):
    """Write the source distribution for patching one stock Watcher.

    :param choice: the stock Watcher, a :class:`novamigrate.stock.Choice`
    :param folder: where to write it
    :returns: the name of the file written
    """
    version = project.patched_version(choice.version)
    top = 'python_watcher-%s' % version
    content = {path: project.read(path) for path in project.sdist_files()}
    content['PKG-INFO'] = (_PKG_INFO % (version, project.SUMMARY)).encode()
    name = top + '.tar.gz'
    # No times: the same files make the same bytes.
    with open(os.path.join(folder, name), 'wb') as raw, \
            gzip.GzipFile(filename='', fileobj=raw, mode='wb',
                          mtime=0) as packed, \
            tarfile.open(fileobj=packed, mode='w',
                         format=tarfile.PAX_FORMAT) as archive:
        for path, data in sorted(content.items()):
            entry = tarfile.TarInfo('%s/%s' % (top, path))
            entry.size = len(data)
            entry.mode = 0o755 if path == '.ci/run' else 0o644
            archive.addfile(entry, io.BytesIO(data))
    return name
