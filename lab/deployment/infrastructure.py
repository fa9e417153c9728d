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


"""The deployment's database server and message broker."""

import os
import shutil

from lab.deployment import service

PASSWORD = 'lab'

_ANY_TABLE = '''\
CREATE USER IF NOT EXISTS lab@'127.0.0.1' IDENTIFIED BY '{password}';
GRANT ALL ON *.* TO lab@'127.0.0.1';
'''


def _data_folder(folder, name, user):
    path = os.path.join(folder, name)
    os.mkdir(path)
    if os.geteuid() == 0:
        shutil.chown(path, user, user)
    return path


class MariaDB:
    """A MariaDB, with an empty database for each who needs one.

    :param folder: where its data folder is made
    :param logs: the folder of its log
    :param port: its :class:`lab.program.Port`
    :param databases: the names of the databases

    :ivar services: its process
    """

    def __init__(self, folder, logs, port, databases):
        data = _data_folder(folder, 'mariadb', 'mysql')
        start = os.path.join(folder, 'mariadb.sql')
        with open(start, 'w') as file:
            file.write(_ANY_TABLE.format(password=PASSWORD))
            for database in databases:
                file.write('CREATE DATABASE IF NOT EXISTS %s;\n' % database)
        service.run_as('mysql', [
            'mariadb-install-db', '--no-defaults', '--datadir=' + data,
            # TMPDIR may be nobody's but ours.
            '--tmpdir=' + data, '--skip-test-db',
            '--auth-root-authentication-method=normal'])
        self._port = port.number
        self.services = [service.Service('mariadb', [
            '/usr/sbin/mariadbd', '--no-defaults', '--datadir=' + data,
            '--tmpdir=' + data,
            '--socket=' + os.path.join(data, 'socket'),
            '--pid-file=' + os.path.join(data, 'pid'),
            '--bind-address=127.0.0.1', '--port=%d' % self._port,
            '--init-file=' + start, '--skip-name-resolve',
            # Each service has a pool of its own.
            '--max-connections=2000',
            # What is lost when the machine dies does not matter here.
            '--innodb-flush-log-at-trx-commit=0'], logs, port=self._port,
            user='mysql')]

    def url(self, database):
        """Give the URL of a database, as oslo.db takes it."""
        return 'mysql+pymysql://lab:%s@127.0.0.1:%d/%s?charset=utf8' % (
            PASSWORD, self._port, database)


class RabbitMQ:
    """A RabbitMQ, which keeps what it knows when it is started again.

    :param folder: where its data folder is made
    :param logs: the folder of its log
    :param port: its :class:`lab.program.Port`
    :param names_port: that of its name server
    :param own_port: that of its Erlang node

    :ivar services: its processes
    :ivar url: the transport URL, as oslo.messaging takes it
    """

    def __init__(self, folder, logs, port, names_port, own_port):
        data = _data_folder(folder, 'rabbitmq', 'rabbitmq')
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
            service.Service('epmd', [
                'epmd', '-address', '127.0.0.1', '-port',
                str(names_port.number)], logs, port=names_port.number,
                user='rabbitmq'),
            service.Service('rabbitmq', [
                '/usr/lib/rabbitmq/bin/rabbitmq-server'], logs,
                environment, port.number, user='rabbitmq')]
        self.url = 'rabbit://guest:guest@127.0.0.1:%d/' % port.number
