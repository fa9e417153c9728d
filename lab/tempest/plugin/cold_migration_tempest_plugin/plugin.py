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

"""How tempest finds our tests."""

import os

from tempest.test_discover import plugins


class ColdMigrationPlugin(plugins.TempestPlugin):
    """Tests of cold migrations, without options of their own."""

    def load_tests(self):
        """Give the folder of the tests, and the one to import them from."""
        package = os.path.dirname(os.path.abspath(__file__))
        return os.path.join(package, 'tests'), os.path.dirname(package)

    def register_opts(self, conf):
        """Add no option."""

    def get_opt_lists(self):
        """Give no option."""
        return []
