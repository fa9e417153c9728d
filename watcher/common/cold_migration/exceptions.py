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

"""The errors of a cold migration."""


class Refused(Exception):
    """Nova has refused a request, and that is final.

    :param message: Nova's own words
    :param code: the HTTP status
    :param request_id: Nova's id of the request, or None
    """

    def __init__(self, message, code, request_id):
        super().__init__(message)
        self.code = code
        self.request_id = request_id


class Unavailable(Exception):
    """A transient error: no reply of Nova's, or none that decides anything.

    :param message: what came instead
    :param retry_after: seconds that Nova asks to wait before a retry
    """

    def __init__(self, message, retry_after=0):
        super().__init__(message)
        self.retry_after = retry_after


class NoAccess(Exception):
    """A permanent error on the way to Nova; its message shows which.

    Such as a wrong password, a region that Keystone does not know, or a
    certificate that is not trusted.
    """


class NoDatabase(Exception):
    """Watcher's database does not reply; the message shows why."""


class CommandError(Exception):
    """The command cannot do what was requested; the message shows why."""


class Failed(Exception):
    """The server was not migrated.

    :param why: the :class:`~.sentences.Why`
    :param cause: the :class:`Refused`, :class:`Unavailable` or
        :class:`NoAccess` that it is due to, or None
    """

    def __init__(self, why, cause=None):
        super().__init__(why)
        self.why = why
        self.cause = cause
