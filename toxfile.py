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

"""What "tox -q" tells while it makes an environment."""

import time

from tox import plugin

# When the making of each environment began.
_BEGUN = {}


def _say(tox_env, what):
    # Without -q, tox shows each command.
    if tox_env.options.verbosity < 2:
        print('%s: %s' % (tox_env.conf.name, what), flush=True)


@plugin.impl
def tox_on_install(tox_env, arguments, section, of_type):
    """Tell that packages are being installed, once for an environment."""
    if section == 'PythonRun' and tox_env.conf.name not in _BEGUN:
        _BEGUN[tox_env.conf.name] = time.monotonic()
        _say(tox_env, 'installing')


@plugin.impl
def tox_before_run_commands(tox_env):
    """Tell how long that took."""
    begun = _BEGUN.pop(tox_env.conf.name, None)
    if begun is not None:
        _say(tox_env, 'installed in %.1f s' % (time.monotonic() - begun))
