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

"""Compare stock Watcher with the drop-in, in every functional case.

The cases are the functional tests that have Watcher migrate a server. Each is
played twice on the same Nova: with the drop-in, and with the helper that
Watcher was released with.
"""

import argparse
import re
import sys

from lab.comparison import cases
from lab.comparison import tables
from lab.watcher import release
from tools import evidence

PARSER = argparse.ArgumentParser(
    prog='tox -e comparison --', description=__doc__.splitlines()[0])
PARSER.add_argument('regex', nargs='?', default=re.compile(''),
                    type=re.compile,
                    help='play the cases whose test ids match this (default: '
                    'all)')
evidence.add_option(PARSER)


def main():
    """Play all cases, and show how they went.

    :returns: 0 if the drop-in passed every test, 1 if not
    """
    arguments = PARSER.parse_args()
    test_ids = [test_id for test_id in cases.load()
                if arguments.regex.search(test_id)]
    if not test_ids:
        PARSER.error('no case matches')
    evidence.refuse_part(PARSER, arguments, arguments.regex.pattern)
    played = cases.compare_all(test_ids)
    circumstances = tables.circumstances()
    compared = [case for case in played if case.has_calls]
    all_cases, groups = tables.all_cases(compared), tables.groups(compared)
    print(circumstances, all_cases, groups, tables.seconds(compared),
          sep='\n')
    if arguments.write:
        evidence.write('cases-' + release.WATCHER, circumstances,
                       '%s\n\n%s' % (groups, all_cases))
    failed = [case for case in played if case.drop_in.problems]
    for case in failed:
        print('\nThe drop-in did NOT pass %s\n%s' % (
            case.test_id, case.drop_in.problems))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
