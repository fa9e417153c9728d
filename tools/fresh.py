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

"""Make every environment of tox.ini from empty caches, and try each one.

In a fresh clone of this checkout's last commit, by the README's first command.
Each environment has its own empty caches of pip, uv and tox, and is removed
afterwards. Exits with 1 if one can't be made, or does not do what it is for.
"""

import argparse
import contextlib
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import typing

from lab.support import processes
from tools import environment
from tools import progress
from tools import tables

README = os.path.join(environment.ROOT, 'README.rst')
# Where packages come from, which certificates are trusted, and the Pythons.
KEPT = re.compile(
    'PATH|LANG|TERM|PYENV_ROOT|(https?|no)_proxy|SSL_CERT_(FILE|DIR)|'
    '(CURL|REQUESTS)_CA_BUNDLE|PIP_CERT|'
    '(PIP|UV)_(DEFAULT_|EXTRA_)?INDEX(_URL)?',
    re.IGNORECASE)
# Of the environment that this runs in; the others must not get them.
TOXS_OWN = re.compile('TOX_.*|UV_BUILD_CONSTRAINT|PYTHON.*|VIRTUAL_ENV')
# How much is shown of what went wrong.
SHOWN_LINES = 30


class Smoke(typing.NamedTuple):
    """The shortest use of an environment that shows that it works.

    :ivar arguments: what follows ``--``
    :ivar variables: environment variables, as a dict
    :ivar until: what it prints when it is to be interrupted, if it does not
        end by itself
    """

    arguments: typing.Sequence[str] = ()
    variables: typing.Mapping[str, str] = {}
    until: typing.Optional[str] = None


ONE_SERVER = r'TestMoved\.test_running_server_to_a_host$'
SMOKE = {
    'bench': Smoke(['--parts', 'old_way', 'simulated']),
    'fullstack': Smoke(['host-maintenance']),
    'comparison': Smoke([ONE_SERVER]),
    # Each file is the solution of itself.
    'constraints': Smoke(['constraints/2025.2.txt']),
    'cover': Smoke(),
    'demo': Smoke(),
    'docs': Smoke(),
    'exhaustive': Smoke(['--acts', '0', '--faults', '0', '--records', '1']),
    'functional': Smoke([ONE_SERVER]),
    'hypervisor': Smoke(['running']),
    'installs': Smoke(['15.1.2']),
    'lab': Smoke(until='Ctrl-C ends it'),
    'mutants': Smoke(['--every', '50']),
    'novas': Smoke([r'32\..*', '--tests', ONE_SERVER]),
    'patch': Smoke(),
    'pep8': Smoke(),
    'py3': Smoke(['test_nova_helper']),
    'releasenotes': Smoke(),
    'releases': Smoke(['15.1.2-3.12']),
    'simulation': Smoke(variables={'COLD_MIGRATION_SCHEDULES': '1000'}),
    'tempest': Smoke(['test_actuator_to_named_hosts']),
    'venv': Smoke(['reno', 'list']),
}

PARSER = argparse.ArgumentParser(
    prog='tox -e fresh --', description=__doc__.splitlines()[0])
PARSER.add_argument('only', nargs='*', metavar='ENVIRONMENT',
                    help='try these (default: all)')
PARSER.add_argument('--clean', action='store_true',
                    help='in a clean root, too: HOME, TMPDIR and '
                    'XDG_CACHE_HOME are empty, and no variable but those of '
                    'the package index is known')


def smoke_of(name):
    """Give an environment's :class:`Smoke`; None where there is none."""
    return SMOKE.get(name.replace('-newest', ''))


class Error(Exception):
    """Something went wrong. Its message shows what, and where."""


class Root(contextlib.ExitStack):
    """A clean place: a clone, and caches that are removed at the end.

    :param is_clean: whether it has a home and a set of variables of its own
    """

    def __init__(self, is_clean):
        super().__init__()
        folder = self.enter_context(
            tempfile.TemporaryDirectory(prefix='fresh-'))
        # MariaDB and RabbitMQ, as their own users, have folders below it.
        os.chmod(folder, 0o755)
        self.clone = os.path.join(folder, 'clone')
        self._caches = os.path.join(folder, 'caches')
        self._variables = {
            name: value for name, value in os.environ.items()
            if not TOXS_OWN.fullmatch(name) and (
                not is_clean or KEPT.fullmatch(name))}
        self._variables['PATH'] = os.pathsep.join(
            path for path in self._variables['PATH'].split(os.pathsep)
            if not path.startswith(environment.ROOT + os.sep))
        caches = {'PIP_CACHE_DIR': 'pip', 'UV_CACHE_DIR': 'uv',
                  'VIRTUALENV_OVERRIDE_APP_DATA': 'virtualenv'}
        if is_clean:
            caches = {'HOME': 'home', 'TMPDIR': 'tmp',
                      'XDG_CACHE_HOME': 'cache'}
        for name, below in caches.items():
            self._variables[name] = os.path.join(self._caches, below)
        subprocess.run(['git', 'clone', '--quiet', environment.ROOT,
                        self.clone], check=True)

    def empty(self):
        """Remove all that was cached or written, and each environment."""
        subprocess.run(['git', 'checkout', '--quiet', '.'], cwd=self.clone,
                       check=True)
        for folder in (self._caches, os.path.join(self.clone, '.tox')):
            shutil.rmtree(folder, ignore_errors=True)
        for name in ('home', 'tmp'):
            os.makedirs(os.path.join(self._caches, name))

    def run(self, *command, variables=None, until=None):
        """Run a command in the clone; see :func:`run`.

        :param variables: environment variables that it has beside the others
        """
        return run(command, self.clone,
                   dict(self._variables, **variables or {}), until)


def run(command, folder, variables, until=None):
    """Run a command in a session of its own; an interrupt ends all of it.

    :param command: its words
    :param folder: where it runs
    :param variables: its environment variables
    :param until: what it prints when it is to be interrupted
    :returns: how many seconds it took, and its output
    :raises Error: if it failed; has its last lines
    """
    start = time.monotonic()
    # Not before there is somebody to pass it on to.
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    process = subprocess.Popen(
        command, cwd=folder, start_new_session=True, text=True, env=variables,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, preexec_fn=processes.heed_interrupts)
    lines, is_interrupted = [], False
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
        for line in process.stdout:
            lines.append(line)
            if until and until in line:
                is_interrupted = True
                os.killpg(process.pid, signal.SIGINT)
    except KeyboardInterrupt:
        os.killpg(process.pid, signal.SIGINT)
        process.communicate()
        raise
    # tox itself takes an interrupt for a failure.
    if process.wait() and not is_interrupted:
        raise Error('failed: %s\n%s' % (
            shlex.join(command), ''.join(lines[-SHOWN_LINES:])))
    return time.monotonic() - start, ''.join(lines)


def setup_command():
    """Give what the README's command does before it calls tox."""
    with open(README) as file:
        command, = set(re.findall(r'^  (python3 -m venv .*) && \S*tox',
                                  file.read(), re.MULTILINE))
    return command


def attempt(name, root):
    """Make an environment, and try it.

    :param name: its name
    :param root: the :class:`Root`
    :returns: how many seconds making and trying it took, as far as it got, and
        what is wrong, or None
    """
    smoke = smoke_of(name)
    if smoke is None:
        return [], '%s has no smoke test in tools/fresh.py' % name
    seconds = []
    root.empty()
    try:
        for arguments in (['--notest'], ['--', *smoke.arguments]):
            seconds.append(root.run(
                '.venv/bin/tox', '-qe', name, *arguments,
                variables=smoke.variables, until=smoke.until)[0])
    except Error as exc:
        return seconds, str(exc)
    return seconds, None


def main():
    """Make and try what was asked for; returns the exit status."""
    arguments = PARSER.parse_args()
    processes.heed_first_interrupt()
    rows, all_right = [], True
    with Root(arguments.clean) as root:
        root.empty()
        seconds, _ = root.run('bash', '-c', setup_command())
        rows.append(['.venv', '%.0f' % seconds, '', '', 'right'])
        _, names = root.run('.venv/bin/tox', 'list', '--no-desc', '-q')
        known = names.split()
        unknown = set(arguments.only) - set(known)
        if unknown:
            PARSER.error('tox.ini has no %s' % ', '.join(sorted(unknown)))
        # It would do all this again.
        names = arguments.only or [name for name in known if name != 'fresh']
        for name in progress.each(names):
            seconds, problem = attempt(name, root)
            cells = ['%.0f' % one for one in seconds] + ['', '']
            smoke = smoke_of(name) or Smoke()
            rows.append([name, cells[0], shlex.join(smoke.arguments),
                         cells[1], 'WRONG' if problem else 'right'])
            if problem:
                all_right = False
                progress.say(problem)
    print(tables.table(
        ['environment', 'made s', 'tried by', 'tried s', 'result'], rows))
    return 0 if all_right else 1


if __name__ == '__main__':
    sys.exit(main())
