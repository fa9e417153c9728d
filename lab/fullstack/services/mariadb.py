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

"""MariaDB in the fullstack cloud."""

import os

from lab.fullstack.services import base
from lab.support import processes

PASSWORD = 'lab'

_ANY_TABLE = '''\
CREATE USER IF NOT EXISTS lab@'127.0.0.1' IDENTIFIED BY '{password}';
GRANT ALL ON *.* TO lab@'127.0.0.1';
'''


class MariaDB:
    """A MariaDB, with an empty database for each who needs one.

    :param folder: where its data folder is made
    :param logs: the folder of its log
    :param port: its :class:`lab.support.ports.Port`
    :param databases: the names of the databases

    :ivar services: its process
    """

    def __init__(self, folder, logs, port, databases):
        data = base.data_folder(folder, 'mariadb', 'mysql')
        start = os.path.join(folder, 'mariadb.sql')
        with open(start, 'w') as file:
            file.write(_ANY_TABLE.format(password=PASSWORD))
            for database in databases:
                file.write('CREATE DATABASE IF NOT EXISTS %s;\n' % database)
        processes.run_as('mysql', [
            'mariadb-install-db', '--no-defaults', '--datadir=' + data,
            # TMPDIR may be nobody's but ours.
            '--tmpdir=' + data, '--skip-test-db',
            '--auth-root-authentication-method=normal'])
        self._port = port.number
        self.services = [processes.Process('mariadb', [
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
