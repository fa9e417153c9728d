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

"""What is tested: each release in setup.cfg, on each of its Pythons."""

import typing

from packaging import version as versions

from novamigrate import project


class Row(typing.NamedTuple):
    """A release on a Python.

    :ivar release: its version
    :ivar python: the Python's version
    :ivar tested: the :class:`novamigrate.project.Tested` that says how
    """

    release: versions.Version
    python: versions.Version
    tested: project.Tested

    @property
    def name(self):
        """Its name in commands and in the evidence: RELEASE-PYTHON."""
        return '%s-%s' % (self.release, self.python)

    def __str__(self):
        """Give the name to read."""
        return 'Watcher %s on Python %s' % (self.release, self.python)


def get():
    """List all rows, the oldest release first."""
    return sorted((Row(release, python, tested) for tested in project.TESTED
                   for release in tested.releases
                   for python in tested.pythons),
                  key=lambda row: row[:2])
