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

"""The course of one migration: what Nova showed, and who looked when."""

from concurrent import futures
import threading
import time

from lab.bench import single

# Seconds between two looks at what Nova shows.
PAUSE = 0.05


class Observer:
    """Looks at a server all the time, in a thread; as a context manager.

    :param lab: the :class:`lab.client.Cloud`
    :param server_id: the server's id

    :ivar changes: a list of times and what was seen first then
    """

    def __init__(self, lab, server_id):
        self._lab = lab
        self._server_id = server_id
        self._ended = threading.Event()
        self.changes = []

    def __enter__(self):
        """Begin."""
        self._pool = futures.ThreadPoolExecutor(1)
        self._looking = self._pool.submit(self._look)
        return self

    def __exit__(self, *exc_info):
        """End."""
        self._ended.set()
        self._pool.shutdown()
        self._looking.result()

    def _look(self):
        while not self._ended.wait(PAUSE):
            shown = self._lab.show(self._server_id)
            seen = shown['OS-EXT-STS:task_state'] or shown['status']
            if not self.changes or self.changes[-1][1] != seen:
                self.changes.append((time.time(), seen))


def record(lab, contender, server_id, work):
    """Have a contender migrate a server, and record how that goes.

    :param lab: the :class:`lab.client.Cloud`
    :param contender: the :class:`lab.bench.contenders.Contender`
    :param server_id: the server's id
    :param work: how many seconds Nova is to be at work
    :returns: dict; all in seconds since the start: ``phases`` (names, starts
        and ends of what Nova showed), ``looks`` and ``posts`` (when Watcher
        asked for the server, and for the migration and its confirmation), and
        when the outcome was ``known``
    """
    seen = len(lab.requests(server_id))
    with Observer(lab, server_id) as observer:
        outcome = single.start(lab, contender, server_id, work).result()
    single.clear_work(lab)
    requests = [request for request in lab.requests(server_id)[seen:]
                if request['who'] == contender.account.user]

    def since_start(method):
        return [request['at'] - outcome.start for request in requests
                if request['method'] == method]

    return {'phases': _phases(observer.changes, outcome),
            'looks': since_start('GET'), 'posts': since_start('POST'),
            'known': outcome.seconds}


def _phases(changes, outcome):
    ends = [at for at, _ in changes[1:]] + [outcome.end]
    return [(name, max(at - outcome.start, 0), end - outcome.start)
            for (at, name), end in zip(changes, ends)
            if end > outcome.start]
