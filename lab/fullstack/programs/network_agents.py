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


"""The network agents of a deployment's compute hosts: signs of life.

Neutron binds a port to a host whose agent lives. What an agent does there, to
a switch, has no part in a cold migration of servers that don't run.
"""

import sys
import time

from neutron.agent import rpc
from neutron.common import config
from neutron.conf.agent import common
from neutron_lib.agent import topics
from neutron_lib import constants
from neutron_lib import context
from neutron_lib import rpc as n_rpc
from oslo_config import cfg

# Seconds; after 75 Neutron takes an agent for dead.
PAUSE = 20


def report(reporter, host):
    """Tell Neutron that a host's agent lives."""
    reporter.report_state(context.get_admin_context_without_session(), {
        'binary': 'neutron-openvswitch-agent',
        'host': host,
        'topic': constants.L2_AGENT_TOPIC,
        'agent_type': constants.AGENT_TYPE_OVS,
        'start_flag': True,
        'configurations': {'bridge_mappings': {}, 'tunnel_types': [],
                           'datapath_type': 'system'}})


def main():
    """Report for each host that is named, for ever."""
    hosts = [word for word in sys.argv[1:] if word.startswith('compute')]
    config.register_common_config_options()
    common.register_agent_state_opts_helper(cfg.CONF)
    config.init(sys.argv[1 + len(hosts):])
    n_rpc.init(cfg.CONF)
    reporter = rpc.PluginReportStateAPI(topics.REPORTS)
    while True:
        for host in hosts:
            report(reporter, host)
        time.sleep(PAUSE)


if __name__ == '__main__':
    main()
