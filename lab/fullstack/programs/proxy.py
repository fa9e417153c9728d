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


"""What stands between Watcher and an API, and breaks replies at random.

The API gets each request; some of its replies are lost, or come as an error
or as a proxy's page.
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
PARSER.add_argument('api', help='the port of the API', type=int)
PARSER.add_argument('--share', type=float, default=0,
                    help='how many replies are broken (default: none)')
PARSER.add_argument('--seed', type=int, default=0, help='the chance')


def cut(request):
    """Cut the connection."""
    request.environ['werkzeug.socket'].shutdown(socket.SHUT_RDWR)
    return response.Response()


def status(number, **headers):
    """Make what replies with a status in place of the API's."""
    def reply(request):
        return response.Response('broken on purpose', status=number,
                                 headers=headers, content_type='text/plain')
    return reply


def nonsense(request):
    """Reply with what nobody can read."""
    return response.Response('<html>', content_type='application/json')


WAYS = (cut, nonsense, status(429, **{'Retry-After': '1'}),
        *map(status, (400, 403, 404, 500, 503, 504)))


class Proxy:
    """A WSGI application that asks an API, and breaks some of the replies.

    :param api: the port of the API
    :param share: how many replies are broken: 0 for none, 1 for all
    :param chance: a :class:`random.Random`
    """

    def __init__(self, api, share, chance):
        self._api = '127.0.0.1:%d' % api
        self._share = share
        self._chance = chance
        self._ask = client.SendRequest()

    @dec.wsgify
    def __call__(self, request):
        """Answer one request."""
        # Links in the replies are to here, as they are behind any proxy.
        there = request.copy()
        there.environ['SERVER_NAME'], there.environ['SERVER_PORT'] = (
            self._api.split(':'))
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
            arguments.api, arguments.share, random.Random(arguments.seed)),
        threaded=True)


if __name__ == '__main__':
    main()
