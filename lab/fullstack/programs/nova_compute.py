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


"""nova-compute on a host that pretends, and that can be started again.

With Nova's own pretending driver it would be another host each time that it
starts, and it refuses to go on as that.
"""

import sys

from nova.cmd import compute
from nova.virt import fake
from nova.virt import node


class SteadyFakeDriver(fake.FakeDriver):
    """Nova's pretending driver, which keeps the UUID of its host."""

    def get_available_resource(self, nodename):
        """Tell what the host has, and who it is."""
        return dict(super().get_available_resource(nodename),
                    uuid=node.get_local_node_uuid())

    def get_nodenames_by_uuid(self, refresh=False):
        """Name the host by its UUID."""
        return {node.get_local_node_uuid(): name
                for name in self.get_available_nodes(refresh)}


if __name__ == '__main__':
    # Nova looks for its drivers in its own packages alone.
    fake.SteadyFakeDriver = SteadyFakeDriver
    sys.exit(compute.main())
