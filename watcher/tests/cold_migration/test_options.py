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

"""The options of watcher.conf, and what they are without one."""

from oslo_config import cfg
from oslotest import base

from watcher.common.cold_migration import options
from watcher.common.cold_migration import waiting

WATCHERS = [cfg.IntOpt('migration_max_retries', default=180),
            cfg.FloatOpt('migration_interval', default=5.0)]


class TestTimeLimit(base.BaseTestCase):

    def limit(self, *deployed, retry=None, interval=None, **overrides):
        """Make it in a Watcher that has these options."""
        conf = cfg.ConfigOpts()
        conf.register_opts(deployed, group='nova')
        options.register(conf)
        for name, value in overrides.items():
            conf.set_override(name, value, group='nova')
        return options.time_limit(conf, retry, interval)

    def assert_limit(self, seconds, interval, limit):
        self.assertEqual((seconds, interval), (limit.seconds, limit.interval))

    def test_default(self):
        self.assert_limit(900, 5, self.limit(*WATCHERS))

    def test_configured(self):
        self.assert_limit(30, 2.5, self.limit(
            *WATCHERS, migration_max_retries=12, migration_interval=2.5))

    def test_given(self):
        self.assert_limit(12, 3, self.limit(*WATCHERS, retry=4, interval=3))

    def test_release_without_the_options(self):
        self.assert_limit(240, 2, self.limit())
        self.assert_limit(30, 2.5, self.limit(
            migration_max_retries=12, migration_interval=2.5))

    def test_negative(self):
        for given in ({'retry': -1}, {'interval': -0.5}):
            error = self.assertRaises(ValueError, self.limit, **given)
            self.assertIn('must not be negative', str(error))

    def test_pauses_grow_up_to_the_interval(self):
        pace = self.limit(interval=3).pace
        self.assertEqual(waiting.FIRST_PAUSE, pace.pause(None, 0))
        self.assertEqual(3, pace.pause(None, 1000))

    def test_fixed_interval(self):
        pace = self.limit(interval=3, migration_fixed_interval=True).pace
        self.assertEqual([3, 3], [pace.pause(None, 0),
                                  pace.pause(None, 1000)])
