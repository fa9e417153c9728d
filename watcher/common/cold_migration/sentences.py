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

"""Every sentence that a cold migration writes to the log.

The operator's guide is drawn from here. ``migration.py`` fills in what is in
parentheses after a ``%``.
"""

import enum

_MIGRATION = ('Cold migration of server %(server)s from %(source)s to '
              '%(destination)s')
_BY_HAND = ('if Watcher ends first, confirm it with: openstack server resize '
            'confirm %(server)s')

# DEBUG.
UNEXPLAINED = 'Server %(server)s: no explanation: %(reply)s'

# INFO.
ACCEPTED = _MIGRATION + (
    ': Nova accepted it as request %(request)s, with the server %(view)s; ' +
    _BY_HAND)
ADOPTED = _MIGRATION + (
    ': adopting migration %(migration)s (%(migration_status)s), with the '
    'server %(view)s; ' + _BY_HAND)
FOLLOWED = _MIGRATION + (
    ': adopting what has begun since it was requested, with the server '
    '%(view)s; ' + _BY_HAND)
CHANGED = 'Server %(server)s is now %(view)s, after %(seconds).1f s'
OVERTAKEN = ('Server %(server)s: something had changed when Nova refused: '
             '%(reply)s')
NOT_SHOWN = 'Server %(server)s: its migrations are not shown: %(reply)s'
ALREADY_THERE = ('Server %(server)s is already on host %(host)s, %(status)s: '
                 'nothing to migrate')
SUCCEEDED = ('Cold migration of server %(server)s from %(source)s to %(host)s '
             'succeeded after %(seconds).1f s')

# WARNING.
RETRYING = ('Server %(server)s: the request to %(purpose)s failed, '
            'retrying for up to %(left).1f s: %(reply)s')

# ERROR.
FAILED = _MIGRATION + (
    ' failed after %(seconds).1f s: %(why)s (Nova request %(request)s)')


class Why(enum.Enum):
    """Why it failed, in the words of the ERROR line."""

    GONE = 'the server was deleted, or never existed (%(view)s)'
    HOST_HIDDEN = (
        'Nova does not show which host the server is on; it is left '
        'alone%(to_do)s')
    BROKEN = 'the server is in ERROR (%(view)s): %(novas_words)s'
    AT_SOURCE = (
        'the server is back where it started (%(view)s): %(novas_words)s')
    ELSEWHERE = 'the server is on a host that was not asked for (%(view)s)'
    MOVED_ELSEWHERE = (
        'the server is to be confirmed on a host that was not asked for; it '
        'is left alone (%(view)s)')
    RESIZED = (
        'somebody has resized the server, and is to confirm that; it is left '
        'alone (%(view)s)')
    ANOTHER = (
        'another migration of the server is to be confirmed by now; it is '
        'left alone (%(view)s)')
    IN_PLACE = (
        'Nova ended the migration on the host where it started, and it was '
        'reverted (%(view)s)')
    NOT_REVERTED = (
        'the server is to be confirmed on the host where it started, and '
        'Watcher did not request that, or cannot tell; it is left alone '
        '(%(view)s)')
    OTHERS_WORK = (
        'the server is being resized, reverted, or migrated to another host; '
        'it is left alone (%(view)s)')
    PERSONS = (
        'user %(user)s requested migration %(migration)s, and is to confirm '
        'it; the server is left alone (%(view)s)')
    NOT_KNOWN = (
        'the reply to the request was lost, and the migrations are not shown; '
        'whether Nova has begun is unknown (%(view)s)')
    NEVER_CONFIRMED = (
        'the server is where it was to go, but nobody has confirmed migration '
        '%(migration)s (%(migration_status)s), which keeps its resources on '
        'both hosts (%(view)s)')
    REFUSED = 'Nova refused, HTTP %(code)s: %(reply)s%(to_do)s'
    TIME_LIMIT = 'time limit of %(limit)s s exceeded%(obstacle)s%(to_do)s'
    NO_ACCESS = 'no access to Nova: %(reply)s%(to_do)s'


# What is filled in above.
NO_WORDS = 'Nova does not say why'
EVENT_FAILED = 'Nova does not say why %(event)s failed'
NO_REPLY = '; no reply from Nova: %(reply)s'
REFUSAL = '; Nova refused, HTTP %(code)s: %(reply)s'
NOT_FOUND = 'not found'
ANY_HOST = "a host of the scheduler's choice"
NO_HOST = 'no known host'
NO_HOSTS = 'they have no hosts'
NO_ID = '(id unknown)'

# What is left of it, and what to do.
NOTHING_BEGUN = ' (%(view)s)'
PERHAPS_BEGUN = '; whether Nova has begun is unknown (%(view)s)'
STILL_WORKING = '; Nova is still working on it (%(view)s); '
TO_CONFIRM = STILL_WORKING + (
    'when the server is in VERIFY_RESIZE, confirm migration %(migration)s '
    'with: openstack server resize confirm %(server)s')
LEFT = ('; the server stays in VERIFY_RESIZE (%(view)s) until migration '
        '%(migration)s ')
LEFT_TO_CONFIRM = LEFT + (
    'is confirmed with: openstack server resize confirm %(server)s')
LEFT_TO_REVERT = LEFT + (
    'is reverted with: openstack server resize revert %(server)s')
BEING_CONFIRMED = STILL_WORKING + (
    'host %(source)s has yet to confirm migration %(migration)s')
BEING_REVERTED = STILL_WORKING + (
    'Nova has yet to revert migration %(migration)s')

# What a request was to do, by the name of what the loop did.
PURPOSES = {
    'LOOK': 'show it',
    'READ': 'show its migrations',
    'REQUEST': 'migrate it',
    'CONFIRM': 'confirm the migration',
    'REVERT': 'revert the migration',
}
