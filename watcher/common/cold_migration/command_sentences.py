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

"""What the command shows to people.

What is in parentheses after a ``%`` is filled in by ``report.py``.
"""

from watcher.common.cold_migration import left_over

Standing = left_over.Standing

# Help.
DESCRIPTION = (
    'List, and finish, the cold migrations that an applier left when it was '
    'killed or restarted. It is configured by watcher.conf. Options of '
    'oslo.config, such as --config-file, go before the subcommand.')
HELP_LIST = (
    "list the cold migrations that Watcher's user requested and that are "
    'under way or to be confirmed. Exit status: 0; 1 if Nova does not show a '
    'server; 2 if the command cannot begin')
HELP_FINISH = (
    'adopt them, follow those that are under way, and confirm them. Exit '
    'status: 0; 1 if one failed, or is not shown, or if a server that was '
    'named is refused; 2 if the command cannot begin')
HELP_FORMAT = 'the output format (default: %(default)s)'
HELP_SERVER = 'UUID of a server whose migration is to be finished'
HELP_ALL = 'finish all that no running action plan has'
HELP_DRY_RUN = 'show what would be finished, and finish nothing'
HELP_OLDER_THAN = (
    'leave alone what Nova has changed in this time (default: %(default)s)')
ALL_OR_SERVERS = 'give either --all or servers'

# Columns.
LIST_COLUMNS = ('Server', 'Project', 'Migration', 'From', 'To', 'Status',
                'Since', 'Action Plan')
FINISH_COLUMNS = ('Server', 'Migration', 'From', 'To', 'Result', 'Reason')
TASK = '%(status)s (%(task_state)s)'
UNSEEN = 'not shown: %(obstacle)s'

# Progress, and lines instead of an empty table.
ADOPTED = ('Server %(server)s: adopting migration %(migration)s '
           '(%(migration_status)s) from %(source)s to %(destination)s')
ENDED = 'Server %(server)s: %(verdict)s%(reason)s'
REASON = ': %(reason)s'
NOTHING_LISTED = (
    "No cold migration that Watcher's user requested is under way or to be "
    'confirmed.')
NOTHING_TO_FINISH = 'There is nothing to finish.'

# What decided it.
REASONS = {
    Standing.UNSEEN: '%(obstacle)s',
    Standing.GONE: 'there is no such server',
    Standing.NOTHING: 'no cold migration of it is under way or to be '
                      'confirmed',
    Standing.HIDDEN: "Nova's policy hides its migrations from Watcher",
    Standing.PERSONS: 'user %(user)s requested migration %(migration)s, and '
                      'is to confirm it',
    Standing.OTHERS: 'it is being resized or reverted, and whoever requested '
                     'that is to end it',
    Standing.UNKNOWN: 'Nova does not show that Watcher requested migration '
                      '%(migration)s',
    Standing.IN_PLAN: 'action plan %(plan)s is running, and has the server',
    Standing.YOUNG: 'Nova changed it %(age)d s ago',
    Standing.LEFT_OVER: '',
}

# Why the command cannot begin.
ERROR = 'watcher-cold-migration: error: %s'
NO_FILE = 'there is no watcher.conf; name one with --config-file'
NO_AUTHENTICATION = (
    '%s: no auth_type in [watcher_clients_auth], or no such section')
WRONG = 'watcher.conf is wrong: %s'
NO_ACCESS = 'no access to Nova, check [watcher_clients_auth]: %s'
NO_REPLY = 'no reply from Nova: %s'
NOVA_REFUSED = 'Nova refused, HTTP %s: %s'
NO_DATABASE = "no reply from Watcher's database: %s"
NO_SUCH_SERVER = 'no such server: %s'
INTERRUPTED = ('watcher-cold-migration: interrupted; Nova goes on with what '
               'it has begun')
