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

"""What a program prints: its stages, and log lines that fit."""

import contextlib
import logging
import shutil
import textwrap
import time

# Where there is no terminal to measure, and where it is wider than that.
WIDTH = 100


def width():
    """Give how many characters a line may have."""
    return min(WIDTH, shutil.get_terminal_size((WIDTH, 0)).columns)


def say(text=''):
    """Print a line, or several, at once."""
    print(text, flush=True)


@contextlib.contextmanager
def stage(name):
    """Print a stage when it begins, and how long it took."""
    say(name)
    start = time.monotonic()
    yield
    say('  %.1f s' % (time.monotonic() - start))


class Formatter(logging.Formatter):
    """Wraps what another formatter makes to the terminal's width."""

    def __init__(self, other):
        super().__init__()
        self._other = other

    def format(self, record):
        """Give the record's lines."""
        return '\n'.join(textwrap.wrap(
            self._other.format(record), width(), initial_indent='  ',
            subsequent_indent=' ' * 6, break_long_words=False,
            break_on_hyphens=False))


def wrap_log():
    """Let what is logged from now on fit the terminal."""
    for handler in logging.getLogger().handlers:
        handler.setFormatter(Formatter(handler.formatter))
