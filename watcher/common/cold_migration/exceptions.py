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

"""What can stand in the way of a cold migration."""


class Refused(Exception):
    """Nova's definite answer that it does not do what it was asked for.

    :param message: Nova's own words
    :param code: the HTTP status
    :param request_id: Nova's id of the request, or None
    """

    def __init__(self, message, code, request_id):
        super().__init__(message)
        self.code = code
        self.request_id = request_id


class Unavailable(Exception):
    """No answer of Nova, or none that decides anything. It may come yet.

    :param message: what came instead
    :param retry_after: seconds that Nova asked for, before it is asked again
    """

    def __init__(self, message, retry_after=0):
        super().__init__(message)
        self.retry_after = retry_after


class NoAccess(Exception):
    """What bars the way to Nova, and does so however long one waits.

    Such as a wrong password, a region that Keystone does not know, or a
    certificate that is not trusted. Its message tells what.
    """


class Failed(Exception):
    """The server was not migrated.

    :param why: the :class:`~.sentences.Why`
    :param cause: the :class:`Refused` or :class:`Unavailable` that it is due
        to, or None
    """

    def __init__(self, why, cause=None):
        super().__init__(why)
        self.why = why
        self.cause = cause
