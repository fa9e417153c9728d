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

"""The time and the memory that some work takes."""

import re
import time


class Cost:
    """Measures what is done in its block.

    Memory is what the process took at most, beyond what it had taken before.

    :ivar spent: a dict of ``seconds`` that it took, ``cpu_seconds`` of the
        processor, and bytes of ``memory``
    """

    def __enter__(self):
        """Begin."""
        self.spent = None
        self._before = self._now()
        return self

    def __exit__(self, *exc_info):
        """End."""
        now = self._now()
        self.spent = {name: now[name] - before
                      for name, before in self._before.items()}

    @staticmethod
    def _now():
        with open('/proc/self/status') as file:
            peak = re.search(r'VmHWM:\s*(\d+) kB', file.read()).group(1)
        return {'seconds': time.monotonic(),
                'cpu_seconds': time.process_time(), 'memory': int(peak) * 1024}
