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

"""What stands before the lab's Nova: who asks, what was asked, and control.

``/lab/`` is the lab's own; everything else goes to Nova's API.
"""

import webob
import webob.dec
import webob.exc

from lab import identities

# Nova's version documents need no token.
_OPEN_PATHS = frozenset(['/', '/v2.1', '/v2.1/'])


class Front:
    """A WSGI application: authenticate, record, and hand on.

    :param nova: Nova's API, a WSGI application
    :param faults: the :class:`lab.faults.Faults` of its compute hosts
    """

    def __init__(self, nova, faults):
        self._nova = nova
        self._faults = faults
        self._requests = []

    @webob.dec.wsgify
    def __call__(self, request):
        """Answer one request."""
        if request.path.startswith('/lab/'):
            return self._control(request)
        identity = identities.BY_TOKEN.get(request.headers.get('X-Auth-Token'))
        if identity is not None:
            # What Nova's test authentication goes by.
            request.headers['X-Auth-User'] = identity.user
            request.headers['X-Auth-Project-Id'] = identity.project
            request.headers['X-Roles'] = ','.join(identity.roles)
        elif request.path not in _OPEN_PATHS:
            return webob.exc.HTTPUnauthorized('The tokens of this lab are: '
                                              + ', '.join(identities.BY_TOKEN))
        action = self._action(request)
        response = request.get_response(self._nova)
        self._requests.append({
            'user': identity and identity.user,
            'method': request.method,
            'path': request.path,
            'action': action,
            'microversion': request.headers.get('OpenStack-API-Version'),
            'status': response.status_int})
        return response

    @staticmethod
    def _action(request):
        """Name the server action that is asked for, such as migrate."""
        if request.method == 'POST' and request.path.endswith('/action'):
            return next(iter(request.json))
        return None

    def _control(self, request):
        if (request.method, request.path) == ('GET', '/lab/requests'):
            return webob.Response(json=self._requests)
        try:
            _, _, host, method = request.path.strip('/').split('/')
            if request.method == 'PUT':
                self._faults.set(host, method, **request.json)
            elif request.method == 'DELETE':
                self._faults.clear(host, method)
            else:
                raise webob.exc.HTTPMethodNotAllowed()
        except (KeyError, TypeError, ValueError, AttributeError) as exc:
            raise webob.exc.HTTPBadRequest(
                'The lab takes GET /lab/requests, and PUT and DELETE '
                '/lab/faults/HOST/DRIVER_METHOD: %s' % exc) from exc
        return webob.Response(status=204)
