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

"""What stops a build."""


class BuildError(SystemExit):
    """The build can't go on. Its message is all that a user needs to see.

    It ends the process, so that pip and build show the message alone.
    """

    def __init__(self, message):
        super().__init__('error: ' + message)
