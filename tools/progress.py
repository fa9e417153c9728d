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

"""Print how far a command is, to stderr."""

import sys


def say(text):
    """Print a line."""
    print(text, file=sys.stderr, flush=True)


def each(items, name='%s'):
    """Give items one by one, and print the number and the name of each.

    :param items: a list
    :param name: how an item is called
    :returns: an iterator
    """
    for number, item in enumerate(items, 1):
        say('[%d/%d] %s' % (number, len(items), name % (item,)))
        yield item
