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

"""RabbitMQ in the fullstack cloud."""

import os

import kombu

from lab.fullstack.services import base
from lab.support import processes


class RabbitMQ:
    """A RabbitMQ, which keeps what it knows when it is started again.

    :param folder: where its data folder is made
    :param logs: the folder of its log
    :param port: its :class:`lab.support.ports.Port`
    :param names_port: that of its name server
    :param own_port: that of its Erlang node

    :ivar services: its processes
    :ivar url: the transport URL, as oslo.messaging takes it
    """

    def __init__(self, folder, logs, port, names_port, own_port):
        data = base.data_folder(folder, 'rabbitmq', 'rabbitmq')
        environment = {
            # Its cookie is there.
            'HOME': data,
            'ERL_EPMD_ADDRESS': '127.0.0.1',
            'ERL_EPMD_PORT': str(names_port.number),
            'RABBITMQ_NODENAME': 'lab@localhost',
            'RABBITMQ_NODE_IP_ADDRESS': '127.0.0.1',
            'RABBITMQ_NODE_PORT': str(port.number),
            'RABBITMQ_DIST_PORT': str(own_port.number),
            'RABBITMQ_MNESIA_BASE': data,
            'RABBITMQ_LOG_BASE': data,
            'RABBITMQ_PID_FILE': os.path.join(data, 'pid'),
            'RABBITMQ_ENABLED_PLUGINS_FILE': os.path.join(data, 'plugins'),
            'RABBITMQ_CONF_ENV_FILE': os.devnull,
            'RABBITMQ_CONFIG_FILE': os.path.join(data, 'none'),
            'RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS':
                '-start_epmd false '
                '-kernel inet_dist_use_interface {127,0,0,1}'}
        with open(os.path.join(data, 'plugins'), 'w') as file:
            file.write('[].\n')
        # It would start its name server in the background, for ever.
        self.services = [
            processes.Process('epmd', [
                'epmd', '-address', '127.0.0.1', '-port',
                str(names_port.number)], logs, port=names_port.number,
                user='rabbitmq'),
            processes.Process('rabbitmq', [
                '/usr/lib/rabbitmq/bin/rabbitmq-server'], logs,
                environment, port.number, user='rabbitmq')]
        address = 'guest:guest@127.0.0.1:%d/' % port.number
        self.url = 'rabbit://' + address
        self._amqp_url = 'amqp://' + address

    def consumers(self, queue):
        """Count who takes what is sent to a queue.

        :param queue: its name
        """
        with kombu.Connection(self._amqp_url) as connection:
            return connection.default_channel.queue_declare(
                queue, passive=True).consumer_count
