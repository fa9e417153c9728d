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

"""What one applier has in use after each of many plans."""

import statistics
import typing

import psutil

MIB = 2 ** 20
# A figure is level if its mean over the last part of the plans is at most so
# many times that over the second part.
PARTS = 5
LEVEL = 1.1


class Sample(typing.NamedTuple):
    """What was in use after a plan, and what was logged.

    :ivar migrations: how many there were until then
    :ivar memory: resident memory, in MiB
    :ivar files: open files, sockets among them
    :ivar threads: threads
    :ivar lines: log lines a migration, in the last plan
    """

    migrations: int
    memory: float
    files: int
    threads: int
    lines: float


def sample(pid, migrations, lines):
    """Look at a service.

    :param pid: the id of its process; those that it started count, too
    :param migrations: how many there were until now
    :param lines: log lines a migration
    :returns: the :class:`Sample`
    """
    process = psutil.Process(pid)
    family = [process, *process.children(recursive=True)]
    return Sample(migrations,
                  sum(one.memory_info().rss for one in family) / MIB,
                  sum(one.num_fds() for one in family),
                  sum(one.num_threads() for one in family), lines)


def problems(samples):
    """List what grows, as sentences.

    :param samples: list of :class:`Sample`, as they were taken
    """
    part = len(samples) // PARTS
    early, late = samples[part:2 * part], samples[-part:]
    grown = []
    for name in Sample._fields[1:]:
        before, after = (statistics.mean(getattr(one, name) for one in some)
                         for some in (early, late))
        if after > LEVEL * before:
            grown.append('%s: %.1f early, %.1f late' % (name, before, after))
    return grown
