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

"""Installing the patch as an operator does, and a migration by each Watcher.

For the newest of each set of releases in setup.cfg, and each of its
Pythons: a fresh environment, "pip install ." there, and a cold migration by
that Watcher's own applier on the lab's Nova. Exits with 1 if one fails.
"""

import argparse
import os
import re
import subprocess
import sys
import time

import fixtures
from novamigrate import project

from lab import client
from lab.nova import process
from lab.watcher import configuration
from tools import evidence
from tools import progress
from tools import pythons
from tools import rows
from tools import tables

PARSER = argparse.ArgumentParser(
    prog='tox -e installs --', description=__doc__.splitlines()[0])
PARSER.add_argument('regex', nargs='?', default=re.compile(''),
                    type=re.compile,
                    help='install the releases that this matches (default: '
                    'all)')
evidence.add_option(PARSER)

COLUMNS = ('Watcher', 'Python', 'pip shows', 'pip s', 'action', 'migration')


def choose(regex):
    """List what to install, the oldest release first."""
    return [row for row in rows.get() if row.release == row.tested.releases[-1]
            and regex.match(str(row.release))]


class Environment(fixtures.Fixture):
    """A fresh environment in which the patched Watcher is installed.

    :param row: the :class:`tools.rows.Row`
    :param interpreter: the path of the Python to make it of

    :ivar python: the path of its Python
    :ivar seconds: how long pip took
    :raises subprocess.CalledProcessError: if it can't be made; what it said
        is on stderr
    """

    def __init__(self, row, interpreter):
        self._row = row
        self._interpreter = interpreter

    def _setUp(self):
        folder = self.useFixture(fixtures.TempDir()).path
        self.python = os.path.join(folder, 'bin', 'python')
        self._run(self._interpreter, '-m', 'venv', folder)
        start = time.monotonic()
        self._run(self.python, '-m', 'pip', 'install', '--quiet',
                  '--use-pep517',
                  '--constraint',
                  project.constraints_path(self._row.tested.constraints), '.',
                  WATCHER_VERSION=str(self._row.release))
        self.seconds = time.monotonic() - start
        self._run(self.python, '-m', 'pip', 'check')

    @staticmethod
    def _run(*command, **environment):
        subprocess.run(command, check=True, cwd=project.ROOT,
                       stdout=subprocess.DEVNULL,
                       env=dict(pythons.ENVIRONMENT, **environment))

    def version(self):
        """Give the version that pip shows."""
        shown = subprocess.run(
            [self.python, '-m', 'pip', 'show', 'python-watcher'], check=True,
            stdout=subprocess.PIPE, text=True).stdout
        return re.search('^Version: (.*)$', shown, re.MULTILINE).group(1)


def migrate(python, nova):
    """Have the Watcher of an environment migrate a server.

    :param python: the path of the environment's Python
    :param nova: the :class:`lab.nova.process.NovaProcess`
    :returns: tuple of what Watcher says, what Nova says (both as text), and
        whether that is right
    """
    lab = client.Cloud(nova)
    server = lab.boot('to-migrate')
    lab.wait_for(server, 'ACTIVE')
    source = lab.host(server)
    destination = next(host for host in lab.hosts if host != source)
    with fixtures.TempDir() as folder, configuration.WatcherConf(nova, {
            'database': {'connection': 'sqlite:///%s' % os.path.join(
                folder.path, 'watcher.sqlite')}}) as conf:
        applier = subprocess.run(
            [python, '-W', 'ignore', '-m', 'lab.watcher.applier', conf.path,
             '%s:%s:%s' % (server, source, destination)], cwd=project.ROOT,
            env=pythons.ENVIRONMENT, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
    records = [(record['source_compute'], record['dest_compute'],
                record['status']) for record in lab.migrations(server)]
    is_right = (applier.returncode == 0 and
                records == [(source, destination, 'confirmed')] and
                lab.host(server) == destination)
    if not is_right:
        print(applier.stdout, applier.stderr, sep='\n', file=sys.stderr)
    lab.delete(server)
    return ('SUCCEEDED' if applier.returncode == 0 else 'FAILED',
            ', '.join('%s -> %s: %s' % record for record in records),
            is_right)


def play(row, nova):
    """Install a release and have it migrate a server.

    :returns: tuple of the table's cells, and whether all is right
    """
    names = [str(version) for version in row[:2]]
    interpreter = pythons.find(row.python)
    if interpreter is None:
        return [*names, 'no Python %s here' % row.python, '', '', ''], True
    try:
        with Environment(row, interpreter) as environment:
            action, migration, is_right = migrate(environment.python, nova)
            return [*names, environment.version(),
                    '%.0f' % environment.seconds, action, migration], is_right
    except subprocess.CalledProcessError as exc:
        return [*names, 'failed: %s' % ' '.join(exc.cmd), '', '', ''], False


def main():
    """Install all that was asked for; returns the exit status."""
    arguments = PARSER.parse_args()
    chosen = choose(arguments.regex)
    if not chosen:
        PARSER.error('no release matches')
    versions = 'Nova %s' % process.nova_version()
    names = [row.name for row in choose(re.compile(''))]
    made, all_right = [], True
    with process.NovaProcess() as nova:
        for row in progress.each(chosen):
            cells, is_right = play(row, nova)
            progress.say('  ' + ', '.join(cells))
            made.append(cells)
            all_right = all_right and is_right
            if arguments.write:
                evidence.write_row('installs', versions, COLUMNS, row.name,
                                   cells, names)
    print(tables.table(COLUMNS, made))
    return 0 if all_right else 1


if __name__ == '__main__':
    sys.exit(main())
