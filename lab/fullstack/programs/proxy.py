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


"""What stands between Watcher and nova-api, and breaks replies at random.

Nova gets each request; some of its replies are lost, or come as an error.
"""

import argparse
import random
import socket

from webob import client
from webob import dec
from webob import response
from werkzeug import serving

PARSER = argparse.ArgumentParser(description=__doc__.splitlines()[0])
PARSER.add_argument('port', type=int, help='where to answer, on loopback')
PARSER.add_argument('nova', help="the port of Nova's API", type=int)
PARSER.add_argument('--share', type=float, default=0,
                    help='how many replies are broken (default: none)')
PARSER.add_argument('--seed', type=int, default=0, help='the chance')


def cut(request):
    """Cut the connection."""
    request.environ['werkzeug.socket'].shutdown(socket.SHUT_RDWR)
    return response.Response()


def status(number, **headers):
    """Make what replies with a status in place of Nova's."""
    def reply(request):
        return response.Response('broken on purpose', status=number,
                                 headers=headers, content_type='text/plain')
    return reply


def nonsense(request):
    """Reply with what nobody can read."""
    return response.Response('<html>', content_type='application/json')


WAYS = (cut, status(500), status(503), status(504), nonsense,
        status(429, **{'Retry-After': '1'}))


class Proxy:
    """A WSGI application that asks Nova, and breaks some of the replies.

    :param nova: the port of Nova's API
    :param share: how many replies are broken: 0 for none, 1 for all
    :param chance: a :class:`random.Random`
    """

    def __init__(self, nova, share, chance):
        self._nova = '127.0.0.1:%d' % nova
        self._share = share
        self._chance = chance
        self._ask = client.SendRequest()

    @dec.wsgify
    def __call__(self, request):
        """Answer one request."""
        # Links in the replies are to here, as they are behind any proxy.
        there = request.copy()
        there.environ['SERVER_NAME'], there.environ['SERVER_PORT'] = (
            self._nova.split(':'))
        answer = there.get_response(self._ask)
        if self._chance.random() >= self._share:
            return answer
        way = self._chance.choice(WAYS)
        print('broken:', getattr(way, '__name__', way), request.method,
              request.path, flush=True)
        return way(request)


def main():
    """Answer until it is ended."""
    arguments = PARSER.parse_args()
    serving.run_simple(
        '127.0.0.1', arguments.port, Proxy(
            arguments.nova, arguments.share, random.Random(arguments.seed)),
        threaded=True)


if __name__ == '__main__':
    main()
