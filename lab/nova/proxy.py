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

"""The proxy before the lab's Nova: records requests, breaks replies.

``/lab/`` is the lab's own; everything else goes to Nova's API.
"""

import socket
import time

import eventlet
import eventlet.event
import webob
import webob.dec
import webob.exc

from lab.support import accounts


class BrokenReply:
    """What Watcher gets instead of Nova's replies, or gets them later.

    :param path: a part of the paths that it is for, such as a server's id
    :param method: the HTTP method that it is for
    :param action: the server action that it is for, or None
    :param after: how many such requests are let pass first
    :param times: for how many requests; None for all, until it is cleared
    :param reaches_nova: whether Nova gets the request
    :param status: the HTTP status to reply with, or None to cut the
        connection
    :param headers: the reply's headers
    :param body: the reply's body
    :param delay: seconds before the reply
    :param trickle: seconds before each byte of the reply's body
    :param hold: whether the request waits until the lab stops breaking
        replies, and only then goes on to Nova, which replies as usual
    """

    def __init__(self, path, method='GET', action=None, after=0, times=1,
                 reaches_nova=False, status=None, headers=None, body='',
                 delay=0, trickle=0, hold=False):
        self._wanted = (method, action)
        self._path = path
        self._after = after
        self._times = times
        self.reaches_nova = reaches_nova
        self._status = status
        self._headers = headers or {}
        self._body = body
        self._delay = delay
        self._trickle = trickle
        self.holds = hold
        self._fixed = eventlet.event.Event()

    def is_for(self, request, action):
        """Tell whether it is for this request, and count it if so."""
        if (self._times == 0 or self._path not in request.path or
                self._wanted != (request.method, action)):
            return False
        if self._after:
            self._after -= 1
            return False
        if self._times is not None:
            self._times -= 1
        return True

    def wait(self):
        """Wait for :meth:`fix`."""
        self._fixed.wait()

    def fix(self):
        """Let what waits go on."""
        self._fixed.send()

    def reply(self, request, response):
        """Give the reply.

        :param request: the request
        :param response: what Nova said, or None if it wasn't asked
        """
        eventlet.sleep(self._delay)
        if self._trickle:
            response.app_iter = self._bytes_of(response.body)
            return response
        if self._status is None and not self._delay:
            connection = request.environ['eventlet.input'].get_socket()
            connection.shutdown(socket.SHUT_RDWR)
        if self._status is None:
            return response or webob.Response()
        return webob.Response(status=self._status, text=self._body,
                              headerlist=list(self._headers.items()) + [
                                  ('Content-Type', 'text/plain')])

    def _bytes_of(self, body):
        for number in range(len(body)):
            eventlet.sleep(self._trickle)
            yield body[number:number + 1]


class Front:
    """A WSGI application: record, and hand on.

    :param nova: Nova's API, a WSGI application
    :param watchers_port: the port that Watcher asks at, as a string
    """

    def __init__(self, nova, watchers_port):
        self._nova = nova
        self._watchers_port = watchers_port
        self._requests = []
        self._broken_replies = []
        self._controls = {
            ('GET', 'requests'): lambda: self._requests,
            ('POST', 'replies'): self._break_replies,
            ('DELETE', 'replies'): self._fix_replies}

    @webob.dec.wsgify
    def __call__(self, request):
        """Answer one request."""
        if request.path.startswith('/lab/'):
            return self._control(request)
        is_watchers = request.environ['SERVER_PORT'] == self._watchers_port
        action = self._action(request)
        record = {
            'at': time.time(),
            'who': accounts.WATCHER.user if is_watchers else None,
            'is_watchers': is_watchers,
            'method': request.method,
            'path': request.path,
            'action': action,
            'microversion': request.headers.get('OpenStack-API-Version'),
            'held': False,
            'status': None}
        self._requests.append(record)
        broken = self._broken(request, action) if is_watchers else None
        if broken is not None and broken.holds:
            record['held'] = True
            broken.wait()
            broken = None
        response = None
        if broken is None or broken.reaches_nova:
            response = request.get_response(self._nova)
            record['status'] = response.status_int
            # Nova has checked who it is, except for its version documents.
            record['who'] = request.headers.get('X-User-Name', record['who'])
        return broken.reply(request, response) if broken else response

    def _broken(self, request, action):
        return next((broken for broken in self._broken_replies
                     if broken.is_for(request, action)), None)

    @staticmethod
    def _action(request):
        """Name the server action that is asked for, such as migrate."""
        if request.method == 'POST' and request.path.endswith('/action'):
            return next(iter(request.json))
        return None

    def control(self, method, name, do):
        """Add something that can be done under ``/lab/``.

        :param method: the HTTP method
        :param name: the first part of the path; what follows it, and what is
            in the request's JSON body, are arguments
        :param do: the function that does it; what it returns is the answer
        """
        self._controls[method, name] = do

    def _break_replies(self, **options):
        self._broken_replies.append(BrokenReply(**options))

    def _fix_replies(self):
        for broken in self._broken_replies:
            broken.fix()
        self._broken_replies.clear()

    def _control(self, request):
        name, *arguments = request.path.split('/')[2:]
        options = request.json if request.body else {}
        try:
            answer = self._controls[request.method, name](
                *arguments, **options)
        except (KeyError, TypeError, ValueError, AttributeError) as exc:
            raise webob.exc.HTTPBadRequest('The lab takes:\n%s\n%r' % (
                '\n'.join('  %s /lab/%s' % known
                          for known in sorted(self._controls)), exc)) from exc
        if answer is None:
            return webob.Response(status=204)
        return webob.Response(json=answer)
