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

"""The command's entry point; :mod:`.command` does what it says."""

import logging
import os
import sys


def main():
    """Run the command.

    :returns: the exit status
    """
    # What Watcher imports warns of eventlet's end while it is imported.
    logging.captureWarnings(True)
    from watcher.common.cold_migration import command
    status = command.main()
    if status == command.INTERRUPTED:
        # Without the clean-up beneath threads that are still at work.
        os._exit(status)
    return status


if __name__ == '__main__':
    sys.exit(main())
