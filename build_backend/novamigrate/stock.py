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

"""The stock Watcher that a build starts from: which one, and getting it."""

import contextlib
import email
from importlib import metadata
import os
import subprocess
import sys
import sysconfig
import tempfile
import typing
import zipfile

from packaging import version as versions
from wheel import wheelfile

from novamigrate import errors
from novamigrate import project

# The name of each choice as a config setting, and in the environment.
VERSION_SETTING = 'watcher-version'
WHEEL_SETTING = 'watcher-wheel'
UNTESTED_SETTING = 'watcher-untested'
_ENVIRONMENT = {VERSION_SETTING: 'WATCHER_VERSION',
                WHEEL_SETTING: 'WATCHER_WHEEL',
                UNTESTED_SETTING: 'WATCHER_UNTESTED'}

# The newest Watcher that was tested, as a version.
NEWEST = 'newest'

HELPER = 'watcher/common/nova_helper.py'
STOCK_HELPER = 'watcher/common/nova_helper_stock.py'


class Choice(typing.NamedTuple):
    """The stock Watcher that was chosen.

    :ivar version: its ``packaging.version.Version``
    :ivar wheel: the path of its wheel, or None where the package index is to
        be asked for it
    """

    version: versions.Version
    wheel: typing.Optional[str]


def choose(config_settings):
    """Find out which stock Watcher is to be patched.

    The config settings count, else the environment, else what a source
    distribution was made for, else what pip would replace, else the project's
    default. Whether it may be one that was not tested is a setting of its own.

    :param config_settings: those of PEP 517, or None
    :returns: the :class:`Choice`
    :raises novamigrate.errors.BuildError: if the choice makes no sense, or was
        not tested and ``watcher-untested`` is not set
    """
    settings = dict(config_settings or {})
    unknown = sorted(set(settings) - set(_ENVIRONMENT))
    if unknown:
        raise errors.BuildError(
            'unknown config setting %s; there are: %s' %
            (', '.join(unknown), ', '.join(sorted(_ENVIRONMENT))))
    environment = {setting: os.environ[name]
                   for setting, name in _ENVIRONMENT.items()
                   if os.environ.get(name)}
    choice = _named(_which(settings) or _which(environment))
    if not _untested_allowed({**environment, **settings}):
        _check_tested(choice.version)
    return choice


def _which(settings):
    """Keep the settings that say which Watcher it is to be."""
    return {setting: value for setting, value in settings.items()
            if setting != UNTESTED_SETTING}


def _named(settings):
    if len(settings) > 1:
        raise errors.BuildError(
            'give either a version of Watcher (%s) or a local wheel (%s), '
            'not both' % (settings[VERSION_SETTING], settings[WHEEL_SETTING]))
    if WHEEL_SETTING in settings:
        return _local(os.path.abspath(settings[WHEEL_SETTING]))
    if settings.get(VERSION_SETTING) == NEWEST:
        return Choice(project.TESTED_WATCHERS[-1], None)
    return Choice(_version(settings.get(VERSION_SETTING) or
                           _version_of_sdist() or
                           _version_installed() or
                           project.DEFAULT_WATCHER), None)


def _untested_allowed(settings):
    value = settings.get(UNTESTED_SETTING)
    if value not in (None, 'yes'):
        raise errors.BuildError(
            '%s is %r; the one value that it takes is yes' %
            (UNTESTED_SETTING, value))
    return value == 'yes'


def _check_tested(version):
    if version not in project.TESTED_WATCHERS:
        raise errors.BuildError(
            'Watcher %s was not tested with this patch; tested are %s. To go '
            'ahead, give the config setting %s=yes, or %s=yes in the '
            'environment' % (
                version, ', '.join(map(str, project.TESTED_WATCHERS)),
                UNTESTED_SETTING, _ENVIRONMENT[UNTESTED_SETTING]))


def _local(path):
    if not os.path.isfile(path):
        raise errors.BuildError('there is no wheel %s' % path)
    try:
        with zipfile.ZipFile(path) as archive:
            name, = (name for name in archive.namelist()
                     if name.endswith('.dist-info/METADATA'))
            headers = email.message_from_bytes(archive.read(name))
            helpers = {HELPER, STOCK_HELPER} & set(archive.namelist())
    except (zipfile.BadZipFile, ValueError) as exc:
        raise errors.BuildError('%s is not a wheel' % path) from exc
    if headers['Name'] != 'python-watcher' or HELPER not in helpers:
        raise errors.BuildError(
            "%s is not Watcher's wheel: it is %s's" % (path, headers['Name']))
    if STOCK_HELPER in helpers:
        raise errors.BuildError(
            'the Watcher in %s is patched already (%s); take the stock one' %
            (path, headers['Version']))
    return Choice(_version(headers['Version']), path)


def _version_of_sdist():
    """Give the stock version in the PKG-INFO of an sdist."""
    path = os.path.join(project.ROOT, 'PKG-INFO')
    if not os.path.exists(path):
        return None
    with open(path, encoding='utf-8') as file:
        version = email.message_from_file(file)['Version']
    return versions.Version(version).public


def _version_installed():
    """Give the stock version of the Watcher in this Python's own packages.

    It is that of the environment that pip installs into, which a build of
    pip's does not see otherwise.
    """
    for watcher in metadata.distributions(
            name='python-watcher', path=[sysconfig.get_path('purelib')]):
        return versions.Version(watcher.version).public
    return None


def _version(text):
    try:
        version = versions.Version(text)
    except versions.InvalidVersion as exc:
        raise errors.BuildError(
            '%r is not a version of Watcher' % text) from exc
    if project.is_patched_version(version):
        raise errors.BuildError(
            'Watcher %s is patched already; name the stock one' % version)
    # 17.0 is 17.0.0, by which pip knows it.
    return next((tested for tested in project.TESTED_WATCHERS
                 if tested == version), version)


@contextlib.contextmanager
def opened(choice):
    """Open the stock Watcher's wheel; download it first if needed.

    :param choice: the :class:`Choice`
    :returns: context manager that gives a ``wheel.wheelfile.WheelFile``; it
        checks the hash of each file that is read from it
    :raises novamigrate.errors.BuildError: if the package index does not have
        it, or can't be reached; or if the wheel is damaged
    """
    with contextlib.ExitStack() as stack:
        path = choice.wheel or _download(choice.version, stack.enter_context(
            tempfile.TemporaryDirectory(prefix='novamigrate-')))
        try:
            yield stack.enter_context(wheelfile.WheelFile(path))
        except (wheelfile.WheelError, zipfile.BadZipFile) as exc:
            raise errors.BuildError(
                'the wheel %s is damaged: %s' % (path, exc)) from exc


def _download(version, folder):
    # "==" would take a patched 15.1.2+1.novamigrate for 15.1.2.
    pip = subprocess.run(
        [sys.executable, '-m', 'pip', 'download', '--no-deps',
         '--only-binary=:all:', '--dest', folder,
         'python-watcher===%s' % version],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if pip.returncode == 0:
        name, = os.listdir(folder)
        return os.path.join(folder, name)
    words = '\n'.join(line for line in pip.stderr.splitlines()
                      if line.startswith('ERROR:')) or pip.stderr
    if '(from versions: none)' in words:
        raise errors.BuildError(
            'no package index that has Watcher can be reached; a local wheel '
            'will do, named by the environment variable WATCHER_WHEEL or the '
            'config setting %s:\n%s' % (WHEEL_SETTING, words))
    raise errors.BuildError(
        'the package index has no wheel of Watcher %s for this Python:\n%s' %
        (version, words))
