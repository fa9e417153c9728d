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

"""The policy of the lab's Nova, which an operator may have made stricter."""

from nova import policies
from nova import policy
from oslo_policy import policy as oslo_policy

_NOBODY = '!'


def forbid(rule):
    """Forbid to everybody what a rule of Nova's policy is about.

    :param rule: the rule's name
    :raises KeyError: if there is no such rule
    """
    _set(rule, _NOBODY)


def restore(rule):
    """Put a rule back to what Nova ships.

    :param rule: the rule's name
    :raises KeyError: if there is no such rule
    """
    _set(rule, {default.name: default.check_str
                for default in policies.list_rules()}[rule])


def permit_between_cells():
    """Let servers be migrated and resized from one cell to another."""
    _set('compute:servers:resize:cross_cell', '@')


def _set(rule, check):
    if rule not in policy.get_rules():
        raise KeyError(rule)
    policy.set_rules(oslo_policy.Rules.from_dict({rule: check}),
                     overwrite=False)
