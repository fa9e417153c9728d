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

"""One migration at a time: how long it takes, and how many API calls."""

import statistics
import typing

from lab import client
from lab.support import waiting

# Nova's work takes longer here: the source host's driver copies the disk.
WORK = 'migrate_disk_and_power_off'
# How far the work of a case's runs is spread around its figure.
SPREAD = 0.2


class Case(typing.NamedTuple):
    """What is measured.

    :ivar work: seconds that Nova is at work
    :ivar goal: how many times as long as the bare loop the drop-in is to take,
        on average
    :ivar worst_goal: the same of its slowest run, or None
    :ivar most_calls: how many API calls its whole action may make
    """

    work: float
    goal: float
    worst_goal: typing.Optional[float]
    most_calls: int


CASES = (Case(0, 1.05, None, 12), Case(2, 1.08, 1.15, 16),
         Case(10, 1.07, 1.15, 24), Case(60, 1.03, 1.06, 36))
# How many runs the drop-in has, and the others.
RUNS = 20
OTHERS_RUNS = 5
# MiB of memory, of a host's 8192.
FULL = 5000
# From LONG_WORK seconds of work on, AT_ONCE runs of a contender go on at the
# same time; not those of the bare loop, which keeps Nova busy.
LONG_WORK = 60
AT_ONCE = 5


class Run(typing.NamedTuple):
    """How a migration went: seconds, calls of the API, and GETs among them.

    :ivar work: the seconds of these that Nova was at work
    """

    moved: bool
    work: float
    seconds: float
    calls: float
    gets: float


def works(work, runs):
    """List the seconds that Nova is at work in each run."""
    return [work * (1 - SPREAD + 2 * SPREAD * number / (runs - 1))
            for number in range(runs)]


def mean(runs):
    """Give the means of several runs, as a dict."""
    return {'moved': all(run.moved for run in runs),
            **{name: statistics.mean(getattr(run, name) for run in runs)
               for name in ('seconds', 'calls', 'gets')}}


def worst(runs, bare_runs):
    """Give how many times as long as the bare loop the slowest run took.

    What the bare loop takes beside Nova's work is the same, however long that
    is.
    """
    beside = statistics.mean(run.seconds - run.work for run in bare_runs)
    return max(run.seconds / (run.work + beside) for run in runs)


def next_host(lab, host):
    """Name the compute host after another one."""
    return lab.hosts[(lab.hosts.index(host) + 1) % len(lab.hosts)]


def start(lab, contender, server_id, work):
    """Have a contender begin to migrate a server to the next host.

    :param work: how many seconds Nova is to be at work
    :returns: a future that has the outcome
    """
    source = lab.host(server_id)
    lab.set_fault(source, WORK, 'take_longer', seconds=work)
    return contender.start(server_id, source, next_host(lab, source))


def clear_work(lab):
    """Let Nova's work take its usual time."""
    for host in lab.hosts:
        lab.clear_fault(host, WORK)


class Course:
    """Where the contenders run: servers of the lab's cloud.

    :param lab: the :class:`lab.client.Cloud`
    """

    def __init__(self, lab):
        self._lab = lab
        self._servers = []
        self._on_the_side = None

    def run(self, case, contender, runs, at_once=1):
        """Measure a contender in a case; returns its runs.

        :param runs: how many
        :param at_once: how many of them go on at the same time; their calls
            are counted together
        """
        turns = runs // at_once
        return [run for turn in range(turns)
                for run in self._measure(contender, list(zip(
                    self.some(at_once),
                    works(case.work, runs)[turn::turns])))]

    def some(self, count):
        """Give so many running servers, each with a port."""
        while len(self._servers) < count:
            self._servers.append(self._boot())
        return self._servers[:count]

    def _boot(self, **options):
        server_id = self._lab.boot(
            'bench', nics=[{'net-id': client.NETWORK}], **options)
        self._lab.wait_for(server_id, 'ACTIVE')
        return server_id

    def _measure(self, contender, pairs):
        seen = len(self._lab.requests())
        started = []
        for server_id, work in pairs:
            started.append(start(self._lab, contender, server_id, work))
            if len(pairs) > 1:
                # The next one's work is another.
                self._lab.wait_for_task(server_id, 'resize_migrating')
        outcomes = [outcome.result() for outcome in started]
        clear_work(self._lab)
        requests = self._requests_of(contender, seen)
        gets = [request for request in requests if request['method'] == 'GET']
        return [Run(outcome.moved, work, outcome.seconds,
                    len(requests) / len(pairs), len(gets) / len(pairs))
                for outcome, (_, work) in zip(outcomes, pairs)]

    def _requests_of(self, contender, seen):
        """Give the requests after ``seen`` ones, without the side run's."""
        return [request for request in self._lab.requests()[seen:]
                if request['who'] == contender.account.user and
                not (self._on_the_side and
                     self._on_the_side in request['path'])]

    def fill(self):
        """Boot a server on each host that fits nowhere else; returns them."""
        return [self._boot(ram=FULL) for _ in self._lab.hosts]

    def refuse(self, contender, server_id):
        """Measure a contender where Nova's scheduler finds no valid host.

        :param server_id: a server that fits nowhere else
        :returns: its run
        """
        return self._measure(contender, [(server_id, 0)])[0]

    def refuse_on_the_side(self, contender, server_id):
        """Begin the same, while others are measured; returns a future."""
        self._on_the_side = server_id
        outcome = start(self._lab, contender, server_id, 0)
        waiting.wait_until(lambda: self._lab.migrations(server_id),
                           'it has been asked for')
        return outcome
