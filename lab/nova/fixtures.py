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

"""Fixtures of Nova's functional tests, wherever a release of Nova has them."""

import nova.conf
from nova.tests import fixtures

CONF = nova.conf.CONF


def real_policy():
    """Give the fixture of the policy that Nova ships."""
    if hasattr(fixtures, 'RealPolicyFixture'):
        return fixtures.RealPolicyFixture()
    from nova.tests.unit import policy_fixture  # Up to Nova 23.
    return policy_fixture.RealPolicyFixture()


def glance(test):
    """Put Nova's stand-in for Glance in place, until a test ends.

    :param test: the ``fixtures.TestWithFixtures``
    """
    if hasattr(fixtures, 'GlanceFixture'):
        test.useFixture(fixtures.GlanceFixture(test))
        return
    from nova.tests.unit.image import fake  # Up to Nova 22.
    fake.stub_out_image_service(test)
    test.addCleanup(fake.FakeImageService_reset)


def neutron(test):
    """Put Nova's stand-in for Neutron in place, until a test ends.

    :param test: the ``fixtures.TestWithFixtures``
    """
    # Its first port has the same address each time. A server keeps it that is
    # in two cells when it is deleted, and none could ever have it again.
    test.useFixture(fixtures.NeutronFixture(test)).create_port({'port': {}})


def api():
    """Give the fixture of Nova's API, which asks Keystone about tokens."""
    try:
        return fixtures.OSAPIFixture('v2.1', stub_keystone=False)
    except TypeError:  # Up to Nova 22.
        CONF.set_override('auth_strategy', 'keystone', group='api')
        return fixtures.OSAPIFixture('v2.1')
