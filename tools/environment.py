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

"""Make a virtual environment that several tox environments share.

``python -m tools.environment FOLDER REQUIREMENTS...``, by uv. One that was
made of the same files is kept.
"""

import argparse
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CONSTRAINTS = os.path.join(ROOT, 'constraints', '2025.2.txt')

PARSER = argparse.ArgumentParser(
    prog='python -m tools.environment', description=__doc__.splitlines()[0])
PARSER.add_argument('folder', type=os.path.abspath, help='where to make it')
PARSER.add_argument('requirements', type=os.path.abspath, nargs='+',
                    help='the files of what to install in it')


def fingerprint(python, arguments):
    """Give a text that differs if the environment would differ."""
    digest = hashlib.sha256(
        # Each environment of tox has a link to the same Python.
        '\n'.join([os.path.realpath(python), sys.version,
                   *arguments]).encode())
    for path in filter(os.path.isfile, arguments):
        with open(path, 'rb') as file:
            digest.update(file.read())
    return digest.hexdigest()


def make(folder, *arguments, python=sys.executable):
    """Make it, unless it is there.

    :param folder: the path of its folder
    :param arguments: those of ``uv pip install``
    :param python: the path of the Python to make it of
    :returns: how many seconds it took; None where it was there already
    :raises subprocess.CalledProcessError: if it can't be made; uv's reason is
        on stderr
    """
    wanted = fingerprint(python, arguments)
    mark = os.path.join(folder, 'made-of')
    os.makedirs(os.path.dirname(folder), exist_ok=True)
    # Another environment of tox may want it at the same moment.
    with open(folder + '.lock', 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.path.exists(mark):
            with open(mark) as file:
                if file.read() == wanted:
                    return None
        start = time.monotonic()
        shutil.rmtree(folder, ignore_errors=True)
        uv('venv', '--python', python, folder)
        uv('pip', 'install', '--python', folder, *arguments)
        with open(mark, 'w') as file:
            file.write(wanted)
        return time.monotonic() - start


def uv(*arguments):
    """Run uv, quietly."""
    subprocess.run(['uv', '--quiet', *arguments], check=True)


def main():
    """Make what was asked for; returns the exit status."""
    arguments = PARSER.parse_args()
    name = ' '.join(os.path.relpath(path, ROOT)
                    for path in arguments.requirements)
    try:
        seconds = make(
            arguments.folder, '--constraints', CONSTRAINTS,
            *(word for path in arguments.requirements
              for word in ('--requirements', path)))
    except subprocess.CalledProcessError as exc:
        return 'error: could not install %s: %s' % (name, exc)
    if seconds is not None:
        print('Installed %s in %.1f s' % (name, seconds), flush=True)
    return 0


if __name__ == '__main__':
    sys.exit(main())
