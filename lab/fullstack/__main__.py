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


"""See that what Watcher's plans leave behind is as promised.

Starts OpenStack and Watcher, each service a process of its own, and tries what
operators do and what happens to them. Exits with 1 if anything is not as
promised.
"""

import argparse
import functools
import os
import sys

from lab.fullstack import command
from lab.fullstack import deployment
from lab.fullstack import options
from lab.fullstack import picture
from lab.fullstack import run
from lab.fullstack import scenarios
from lab.nova import process
from lab.watcher import release
from tools import evidence

PARSER = argparse.ArgumentParser(
    prog='tox -e fullstack --', description=__doc__.splitlines()[0])
options.add(PARSER, 'SCENARIO', scenarios.ALL)
# What Watcher is told of them.
BACKENDS = {'eventlet': 'false', 'threading': 'true'}
PARSER.add_argument('--backend', choices=BACKENDS,
                    help="what Watcher's services run with (default: what "
                    'they do by default)')
evidence.add_option(PARSER)


def attempt(names, running, is_drawn):
    """Try scenarios; gives the run of each.

    :param is_drawn: whether there is a picture of what was in use
    """
    for name in names:
        command.say(name)
        tried = run.Run(name, running)
        command.attempt(tried, functools.partial(scenarios.ALL[name], tried))
        if tried.samples and is_drawn:
            picture.draw(tried.samples,
                         os.path.join(evidence.FOLDER,
                                      'soak-%s.svg' % release.WATCHER))
        yield tried


def main():
    """Try the scenarios.

    :returns: 0 if everything is as promised, 1 if not
    """
    arguments = PARSER.parse_args()
    evidence_name = 'fullstack-' + release.WATCHER
    versions = 'Watcher %s, Nova %s' % (
        release.WATCHER, process.nova_version())
    if arguments.backend:
        os.environ['OS_WATCHER_DISABLE_EVENTLET_PATCHING'] = BACKENDS[
            arguments.backend]
        evidence_name += '-' + arguments.backend
        versions += ', ' + arguments.backend

    def use(running):
        tried = attempt(arguments.only or scenarios.ALL, running,
                        arguments.write)
        return command.report(evidence_name, versions, run.COLUMNS, tried,
                              scenarios.ALL, arguments.write)

    return command.main(deployment.Deployment, arguments, use)


if __name__ == '__main__':
    sys.exit(main())
