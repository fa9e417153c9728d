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

"""The lab's Keystone: makes it, and serves it.

``lab.keystone.process`` starts it. It ends when its standard input does, so
that it never outlives who started it. Started again in the same folder, it is
the same Keystone.
"""

# Has to come before anything else.
from lab.support import collector

import argparse
import configparser
import contextlib
import json
import multiprocessing
import os
import shutil
import sqlite3
import ssl
import sys
import threading

from keystone.cmd import cli
from keystone.server.flask import core
from werkzeug import serving
from werkzeug import test

from lab.support import accounts
from lab.support import processes

PARSER = argparse.ArgumentParser(prog='python -m lab.keystone.main')
PARSER.add_argument('--folder', required=True)


class RequestHandler(serving.WSGIRequestHandler):
    """Serves one connection, which may have many requests."""

    protocol_version = 'HTTP/1.1'


class Making:
    """Makes a Keystone.

    :param folder: its folder
    :param wanted: what :class:`lab.keystone.process.Keystone` wrote, a dict
    """

    def __init__(self, folder, wanted):
        self._folder = folder
        self._wanted = wanted
        self._client = None
        self._token = None
        self._sqlite = os.path.join(folder, 'keystone.sqlite')
        self.conf = os.path.join(folder, 'keystone.conf')

    def prepare(self):
        """Make all that has to be there before it can run."""
        self._write_conf()
        if not self._wanted['database']:
            self._make_sqlite()
        self._manage('db_sync')
        self._manage('fernet_setup', '--keystone-user', str(os.getuid()),
                     '--keystone-group', str(os.getgid()))
        self._manage(
            'bootstrap',
            '--bootstrap-username', accounts.ADMIN.user,
            '--bootstrap-password', accounts.ADMIN.password,
            '--bootstrap-project-name', accounts.ADMIN.project,
            '--bootstrap-region-id', accounts.REGION,
            *(word for interface in ('public', 'internal', 'admin')
              for word in ('--bootstrap-%s-url' % interface,
                           self._wanted['url'])))

    def _make_sqlite(self):
        with contextlib.closing(sqlite3.connect(self._sqlite)) as connection:
            # Else one request that reads may block another that writes, and
            # Keystone does not read to the end immediately.
            connection.execute('PRAGMA journal_mode=WAL')

    def _write_conf(self):
        conf = configparser.ConfigParser(interpolation=None)
        keys = {'key_repository': os.path.join(self._folder, 'keys')}
        conf.read_dict({
            'DEFAULT': {'use_stderr': 'true'},
            'database': {'connection': self._wanted['database'] or
                         'sqlite:///' + self._sqlite},
            'fernet_tokens': keys, 'fernet_receipts': keys,
            # In production it would be memcached. Without any, each request
            # looks the same things up several times.
            'cache': {'backend': 'oslo_cache.dict'},
            # The fewest allowed: these passwords protect nothing.
            'identity': {'password_hash_rounds': '4'}})
        for group, options in self._wanted['options'].items():
            conf.read_dict({group: options})
        with open(self.conf, 'w') as file:
            conf.write(file)

    def _manage(self, *words):
        """Run keystone-manage, which can run just once in a process."""
        # Forked: loading Keystone again takes a second.
        command = multiprocessing.get_context('fork').Process(
            target=cli.main,
            args=(['keystone-manage', '--config-file', self.conf, *words],))
        command.start()
        command.join()
        if command.exitcode:
            raise SystemExit('keystone-manage %s failed' % words[0])

    def fill(self, application):
        """Add the users and the catalogue."""
        self._client = test.Client(application)
        catalogue = self._wanted['catalogue']
        for account in self._wanted['users']:
            # Each time: the tokens may expire soon.
            self._token = self._log_in()
            self._add(accounts.Account(**account))
        self._token = self._log_in()
        for region in ({endpoint['region'] for endpoint in catalogue} -
                       {accounts.REGION}):
            self._make('region', id=region)
        for endpoint in catalogue:
            self._add_endpoint(endpoint)

    def _log_in(self):
        self._token = None
        admin = accounts.ADMIN
        domain = {'name': accounts.DOMAIN}
        return self._request('POST', '/auth/tokens', {'auth': {
            'identity': {'methods': ['password'], 'password': {'user': {
                'name': admin.user, 'password': admin.password,
                'domain': domain}}},
            'scope': {'project': {'name': admin.project, 'domain': domain}}
        }}).headers['X-Subject-Token']

    def _request(self, method, path, body=None):
        response = self._client.open(
            '/v3' + path, method=method, json=body,
            headers={'X-Auth-Token': self._token} if self._token else {})
        if response.status_code >= 400:
            raise SystemExit('%s %s: %s' % (method, path, response.text))
        return response

    def _find_or_make(self, kind, name, **more):
        """Give the id of a thing, such as a project, of that name."""
        found = self._request('GET', '/%ss?name=%s' % (kind, name)).json
        if found[kind + 's']:
            return found[kind + 's'][0]['id']
        return self._make(kind, name=name, **more)

    def _make(self, kind, **what):
        return self._request(
            'POST', '/%ss' % kind, {kind: what}).json[kind]['id']

    def _add(self, account):
        project = self._find_or_make('project', account.project)
        user = self._make('user', name=account.user,
                          password=account.password)
        for role in account.roles:
            self._request('PUT', '/projects/%s/users/%s/roles/%s' % (
                project, user, self._find_or_make('role', role)))

    def _add_endpoint(self, endpoint):
        service_type = endpoint['service_type']
        self._make('endpoint', url=endpoint['url'],
                   interface=endpoint['interface'],
                   region_id=endpoint['region'],
                   service_id=self._find_or_make(
                       'service', service_type, type=service_type))


def one_at_a_time(application):
    """Wrap a WSGI application, so that it does one request at a time.

    SQLite refuses a change immediately if there was another one since the
    request began to read.
    """
    turn = threading.Lock()

    def in_turn(environ, start_response):
        with turn:
            return application(environ, start_response)
    return in_turn


def serve(application, wanted, folder):
    """Answer requests until the standard input ends."""
    context = None
    if wanted['certificate']:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(wanted['certificate'])
    server = serving.make_server(
        '127.0.0.1', wanted['port'], application, threaded=True,
        request_handler=RequestHandler, ssl_context=context)
    collector.start()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    processes.report_ready(folder, url=wanted['url'])
    sys.stdin.read()


def main():
    """Run Keystone until the standard input ends."""
    folder = PARSER.parse_args().folder
    # Keystone would take them for its own.
    del sys.argv[1:]
    with open(os.path.join(folder, 'lab.json')) as file:
        wanted = json.load(file)
    making = Making(folder, wanted)
    is_new = not os.path.exists(making.conf)
    if is_new:
        making.prepare()
    application = core.initialize_application(
        'public', config_files=[making.conf])
    if is_new:
        making.fill(application)
    if not wanted['database']:
        application = one_at_a_time(application)
    try:
        serve(application, wanted, folder)
    finally:
        # Who started this may be gone, and can't clean up.
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == '__main__':
    main()
