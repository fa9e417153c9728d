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

"""Waiting for a state, never for a time."""

import time

from lab.support import errors

LIMIT = 60
PAUSE = 0.05


def wait_until(condition, what, limit=LIMIT, pause=PAUSE):
    """Wait until a condition holds.

    :param condition: function; its first true result is returned
    :param what: what is waited for, for the error's message
    :param limit: how many seconds to wait
    :param pause: how many seconds to wait before asking again
    :raises lab.support.errors.LabError: if it does not hold within the limit
    """
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        result = condition()
        if result:
            return result
        time.sleep(pause)
    raise errors.LabError('Not within %s s: %s' % (limit, what))
