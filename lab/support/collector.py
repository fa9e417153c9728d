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

"""Python's garbage collector, which leaves alone what a start makes.

Importing this stops it. Nova and Keystone make 400,000 objects when they
start, which stay: to look at them again and again took a tenth of Nova's time.
"""

import gc

gc.disable()


def start():
    """Let it collect what is made from now on."""
    gc.freeze()
    gc.enable()
