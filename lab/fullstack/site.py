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


"""Where the services of a deployment are, and what they share."""

import collections
from concurrent import futures
import contextlib
import glob
import os
import shutil
import tempfile

import fixtures

from lab.fullstack.services import mariadb
from lab.fullstack.services import rabbitmq
from lab.support import ports
from lab.support import processes

_DATABASES = ('keystone', 'placement', 'glance', 'neutron', 'cinder',
              'nova_api', 'nova_cell0', 'nova', 'watcher')


_PREFIX = 'lab-site-'


class Folder(fixtures.Fixture):
    """A temporary folder; what one that was killed has left is removed.

    :ivar path: its path
    """

    def _setUp(self):
        for path in glob.glob(os.path.join(
                glob.escape(tempfile.gettempdir()), _PREFIX + '*')):
            if not _runs(int(path.rsplit('-')[-2])):
                shutil.rmtree(path, ignore_errors=True)
        self.path = tempfile.mkdtemp(prefix='%s%d-' % (_PREFIX, os.getpid()))
        self.addCleanup(shutil.rmtree, self.path, ignore_errors=True)
        # MariaDB and RabbitMQ go in there as users of their own.
        os.chmod(self.path, 0o755)


def _runs(pid):
    with contextlib.suppress(PermissionError):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
    return True


class Site(fixtures.Fixture):
    """A folder, a database server, a message broker and ports on loopback.

    :param prefix: where the Python is that has OpenStack's services

    :ivar folder: a temporary folder
    :ivar services: what has been started here, by name
    :ivar ports: the port of each, by name
    :ivar broker: the :class:`lab.fullstack.services.rabbitmq.RabbitMQ`
    """

    def __init__(self, prefix):
        self._prefix = prefix
        self.services = {}
        # The database and the message broker.
        self._shared = []
        self.ports = collections.defaultdict(ports.Port)

    def _setUp(self):
        self.folder = self.useFixture(Folder()).path
        self.logs = self.subfolder('log')
        self.addCleanup(self._stop)
        database = mariadb.MariaDB(
            self.folder, self.logs, self.ports['mariadb'], _DATABASES)
        self.broker = rabbitmq.RabbitMQ(
            self.folder, self.logs, self.ports['rabbitmq'],
            self.ports['epmd'], self.ports['erlang'])
        self.database_url = database.url
        self._shared = database.services + self.broker.services
        self.start(self._shared)

    def _stop(self):
        others = [started for started in self.services.values()
                  if started not in self._shared]
        # What the others are at may need what they share.
        for together in others, self._shared:
            with futures.ThreadPoolExecutor(len(together) or 1) as pool:
                list(pool.map(lambda started: started.stop(), together))
        for port in self.ports.values():
            port.release()

    def start(self, services):
        """Start services, and wait until all of them are ready."""
        for starting in services:
            self.services[starting.name] = starting
            starting.start()
        for starting in services:
            starting.wait_until_ready()

    def program(self, name):
        """Give the path of a program of OpenStack's services."""
        return os.path.join(self._prefix, 'bin', name)

    def script(self, name):
        """Give the command of one of our ``programs``, in their Python."""
        return self.program('python'), os.path.join(
            os.path.dirname(__file__), 'programs', name)

    def stock_file(self, *names):
        """Give the path of a configuration file as it is released."""
        return os.path.join(self._prefix, 'etc', *names)

    def subfolder(self, *names):
        """Give the path of a folder in ours, which is made if need be."""
        path = os.path.join(self.folder, *names)
        os.makedirs(path, exist_ok=True)
        return path

    def url(self, name, path=''):
        """Give the URL of a service's API."""
        return self.ports[name].url() + path

    def configure(self, project, name, options):
        """Write a configuration file.

        :param project: the folder that it is in
        :param name: the file's name
        :param options: what differs from the defaults: a dict of dicts, by
            section
        :returns: its path
        """
        path = os.path.join(self.subfolder(project), name)
        with open(path, 'w') as file:
            for section, values in options.items():
                file.write('[%s]\n' % section)
                file.writelines('%s = %s\n' % item for item in values.items())
        return path

    def run(self, command):
        """Run a command of OpenStack's services to its end.

        :param command: its name and arguments
        :raises lab.support.errors.LabError: if it fails; tells what it said
        """
        processes.output([self.program(command[0]), *command[1:]])

    def wsgi(self, name, module, environment, arguments='', prefix=None):
        """Make the service of a WSGI application, as uWSGI serves it.

        :param name: the service's name
        :param module: the Python module of the application
        :param environment: what is set in its environment, as a dict
        :param arguments: what it takes as its command line
        :param prefix: where its Python is; None for that of the others
        """
        port = self.ports[name].number
        return processes.Process(name, [
            self.program('uwsgi'), '--master', '--die-on-term', '--no-orphans',
            '--need-app', '--lazy-apps', '--enable-threads', '--processes=2',
            '--http-socket=127.0.0.1:%d' % port, '--buffer-size=65535',
            # The client would wait for an answer on a connection that ended.
            '--add-header=Connection: close',
            '--home=' + (prefix or self._prefix),
            '--module=%s:application' % module,
            '--pyargv=' + arguments],
            self.logs, environment, port)
