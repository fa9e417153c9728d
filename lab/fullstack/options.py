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

"""What the commands that start a whole service can be told."""

import argparse


def add(parser, metavar, names):
    """Let a command take names of what is tried, and ``--stay``.

    :param parser: its ``argparse.ArgumentParser``
    :param metavar: what one of the names is called
    :param names: all there are; they are what is tried by default, too
    """
    def known(name):
        if name not in names:
            raise argparse.ArgumentTypeError('there is no %s' % name)
        return name

    # Some Pythons compare an empty list with argparse's own choices.
    parser.add_argument('only', nargs='*', metavar=metavar, type=known,
                        help='what to try: %s (default: all)' %
                        ', '.join(names))
    add_stay(parser)


def add_stay(parser):
    """Let a command take ``--stay``.

    :param parser: its ``argparse.ArgumentParser``
    """
    parser.add_argument('--stay', action='store_true',
                        help='try nothing; keep it up until Ctrl-C')
