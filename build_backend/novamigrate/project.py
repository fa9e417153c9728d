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

"""What the project itself defines: version, tested Watchers, files."""

import configparser
import os
import typing

from packaging import version as versions

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))

_SDIST = ('.ci', '.gitignore', 'CONTRIBUTING.rst', 'LICENSE', 'PKG-INFO',
          'README.rst', 'bindep.txt', 'build-requirements.txt',
          'build_backend', 'constraints', 'doc/ext', 'doc/requirements.txt',
          'doc/source', 'lab', 'lint-requirements.txt', 'pyproject.toml',
          'releasenotes/notes', 'releasenotes/requirements.txt',
          'releasenotes/source', 'requirements.txt', 'setup.cfg',
          'test-requirements.txt', 'tools', 'tox.ini', 'toxfile.py',
          'watcher')
_LEFT_OUT = ('.pyc', '.pyo')

_CONFIG = configparser.ConfigParser()
_CONFIG.read(os.path.join(ROOT, 'setup.cfg'))

PATCH_VERSION = _CONFIG['metadata']['version']
SUMMARY = _CONFIG['metadata']['summary']
DEFAULT_WATCHER = _CONFIG['watcher']['default']


class Tested(typing.NamedTuple):
    """Releases of Watcher that the patch is tested with, and how.

    :ivar name: what they are called
    :ivar releases: their ``packaging.version.Version``, the newest last
    :ivar pythons: Pythons' ``packaging.version.Version``; each release is
        tested on each of them
    :ivar constraints: the name of their file in ``constraints/``
    :ivar tests: which of Watcher's own tests are run, ``all`` or ``helper and
        actions``
    :ivar packages: what the tests need beside ``test-requirements.txt``
    :ivar without: modules that must not be there
    """

    name: str
    releases: typing.List[versions.Version]
    pythons: typing.List[versions.Version]
    constraints: str
    tests: str
    packages: typing.List[str]
    without: typing.List[str]


class Nova(typing.NamedTuple):
    """A release of Nova that the patch is tested on.

    :ivar release: its ``packaging.version.Version``
    :ivar placement: that of its Placement
    :ivar watcher: that of the Watcher of its series
    :ivar python: that of its Python
    :ivar newest: the day of the newest packages that it is installed with
    :ivar packages: more requirements
    :ivar cells: how many cells its hosts are in, a run for each number
    """

    release: versions.Version
    placement: versions.Version
    watcher: versions.Version
    python: versions.Version
    newest: str
    packages: typing.List[str]
    cells: typing.List[int]


class Constraints(typing.NamedTuple):
    """What a file in ``constraints/`` is resolved for.

    :ivar name: the file's name
    :ivar requirements: paths of requirements files
    :ivar packages: more requirements
    :ivar newest: the day of the newest packages, or None where OpenStack's
        upper constraints decide
    :ivar instead: pins that take the place of those in the upper constraints
    :ivar python: the oldest Python's ``packaging.version.Version``; None for
        that of the releases tested with it
    """

    name: str
    requirements: typing.List[str]
    packages: typing.List[str]
    newest: typing.Optional[str]
    instead: typing.List[str]
    python: typing.Optional[versions.Version]


def _sections(kind):
    """List the sections of a kind, such as ``[tested:NAME]``, by name."""
    return {section.split(':', 1)[1]: _CONFIG[section]
            for section in _CONFIG.sections()
            if section.startswith(kind + ':')}


def _words(section, key):
    return section.get(key, '').split()


def _versions(section, key):
    return [versions.Version(word) for word in _words(section, key)]


TESTED = [
    Tested(name, _versions(section, 'releases'),
           _versions(section, 'python'), section['constraints'],
           section['tests'], _words(section, 'packages'),
           _words(section, 'without'))
    for name, section in _sections('tested').items()]
TESTED_WATCHERS = sorted({release for tested in TESTED
                          for release in tested.releases})
NOVAS = [
    Nova(*(versions.Version(text) for text in (
        release, section['placement'], section['watcher'],
        section['python'])), section['newest'], _words(section, 'packages'),
        [int(word) for word in _words(section, 'cells') or ['1']])
    for release, section in _sections('nova').items()]
CONSTRAINTS = [
    Constraints(name, _words(section, 'requirements'),
                _words(section, 'packages'), section.get('newest'),
                _words(section, 'instead'),
                next(iter(_versions(section, 'python')), None))
    for name, section in _sections('constraints').items()]


def constraints_path(name):
    """Give the path of a file in ``constraints/``.

    :param name: its name, without the ending
    """
    return os.path.join(ROOT, 'constraints', name + '.txt')


def patched_version(version):
    """Give the version of the patched package.

    pbr reads ``15.1.2+1.novamigrate`` as 15.1.2, so that Watcher still knows
    its own version.

    :param version: the stock Watcher's ``packaging.version.Version``
    """
    mark = '%s.novamigrate' % PATCH_VERSION
    return '%s%s%s' % (version, '.' if version.local else '+', mark)


def is_patched_version(version):
    """Tell whether a version is one of the patched package's.

    :param version: a ``packaging.version.Version``
    """
    return 'novamigrate' in (version.local or '').split('.')


def patch_files():
    """List the files that the patch adds to Watcher or replaces in it.

    :returns: paths from the project's root, sorted, such as
        ``watcher/common/nova_helper.py``
    """
    return _files_below('watcher')


def sdist_files():
    """List the files that belong in a source distribution.

    :returns: paths from the project's root, sorted
    """
    return sorted(path for name in _SDIST for path in _files_below(name))


def read(path):
    """Give the content of one of the project's files, as bytes.

    :param path: its path from the project's root
    """
    with open(os.path.join(ROOT, path), 'rb') as file:
        return file.read()


def _files_below(name):
    top = os.path.join(ROOT, name)
    if os.path.isfile(top):
        return [name]
    return sorted(
        os.path.relpath(os.path.join(folder, file), ROOT).replace(os.sep, '/')
        for folder, _, files in os.walk(top) for file in files
        if not file.endswith(_LEFT_OUT))
