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

"""The lab itself: it starts soon, shows errors, and leaves nothing."""

import os
import re
import signal
import subprocess
import sys
import time
from urllib import parse

import fixtures
from keystoneauth1 import exceptions as ksa_exc
from oslotest import base as oslotest_base

from lab.functional import base
from lab.nova import process
from lab.support import errors
from lab.support import ports
from lab.support import processes
from lab.support import waiting

START_AND_WAIT = '''
from lab.nova import process
nova = process.NovaProcess('--hosts=1')
print(nova.pid, nova.url, nova.log, flush=True)
nova.wait()
'''

HOLD_AND_WAIT = '''
from lab import client
from lab.nova import process
nova = process.NovaProcess('--hosts=2')
lab = client.Cloud(nova)
server_id = lab.boot('held', nics='none')
lab.wait_for(server_id, 'ACTIVE')
lab.set_fault(lab.host(server_id), 'migrate_disk_and_power_off', 'hold')
lab.admin.servers.migrate(server_id)
lab.wait_for_task(server_id, 'resize_migrating')
print(nova.pid, nova.url, nova.log, flush=True)
nova.wait()
'''

# Stands for a deployment, which takes a moment to end.
USE_A_DEPLOYMENT = '''
import contextlib
import time
from unittest import mock
from lab.fullstack import command
@contextlib.contextmanager
def made(prefix, options):
    try:
        yield mock.MagicMock()
    finally:
        print('ends', flush=True)
        time.sleep(1)
        print('has ended', flush=True)
def use(running):
    print('runs', flush=True)
    time.sleep(60)
raise SystemExit(command.main(made, mock.Mock(stay=False), use))
'''


def is_running(pid):
    try:
        with open('/proc/%d/stat' % pid) as stat:
            return stat.read().rsplit(')')[-1].split()[0] != 'Z'
    except FileNotFoundError:
        return False


def children(pid):
    with open('/proc/{0}/task/{0}/children'.format(pid)) as file:
        return [int(child) for child in file.read().split()]


def log_of(pid):
    return os.readlink('/proc/%d/fd/2' % pid)


def starting(pid):
    """Give a lab's processes and logs, as soon as it has all of them."""
    pids = children(pid)
    logs = [log for log in map(log_of, pids) if '/lab-' in log]
    return (pids, logs) if len(logs) == 2 else None


def is_listening(url):
    return ports.listens(parse.urlsplit(url).port)


class TestProcess(oslotest_base.BaseTestCase):

    def assert_gone(self, pid, url):
        waiting.wait_until(lambda: not is_running(pid), 'Nova is gone')
        self.assertFalse(is_listening(url))

    def start(self, *command):
        parent = subprocess.Popen(
            [sys.executable, *command], cwd=processes.ROOT,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            start_new_session=True,
            preexec_fn=processes.heed_interrupts,
            env=dict(
                os.environ, TMPDIR=self.useFixture(fixtures.TempDir()).path))
        self.addCleanup(parent.communicate)
        self.addCleanup(parent.kill)
        return parent

    def test_ready_soon(self):
        start = time.monotonic()
        with process.NovaProcess('--hosts=3') as nova:
            self.assertLess(time.monotonic() - start, 30)
            self.assertEqual(['compute1', 'compute2', 'compute3'], nova.hosts)
            self.assertTrue(is_listening(nova.url))
            log = nova.log
            self.assertTrue(os.path.exists(log))
        self.assert_gone(nova.pid, nova.url)
        self.assertFalse(os.path.exists(log))

    def test_two_at_once(self):
        with process.NovaProcess('--hosts=1') as one, \
                process.NovaProcess('--hosts=1') as other:
            self.assertNotEqual(one.url, other.url)

    def assert_ends_with_its_parent(self, program):
        parent = self.start('-c', program)
        pid, url, log = parent.stdout.readline().split()
        self.assertTrue(is_listening(url))
        self.assertTrue(os.path.exists(log))
        parent.kill()
        self.assert_gone(int(pid), url)
        self.assertFalse(os.path.exists(log))

    def test_parent_is_killed(self):
        self.assert_ends_with_its_parent(START_AND_WAIT)

    def test_parent_is_killed_while_a_host_is_held(self):
        self.assert_ends_with_its_parent(HOLD_AND_WAIT)

    def test_parent_is_killed_while_nova_starts(self):
        parent = self.start('-c', START_AND_WAIT)
        pids, logs = waiting.wait_until(lambda: starting(parent.pid),
                                        'Keystone and Nova are being started')
        parent.kill()
        waiting.wait_until(lambda: not any(map(is_running, pids)),
                           'both are gone')
        self.assertEqual([False, False], list(map(os.path.exists, logs)))

    def test_by_hand_until_interrupted(self):
        parent = self.start('-m', 'lab', '--hosts=1')
        urls = re.findall(r'http://[\w.:]+', parent.stdout.readline())
        self.assertEqual([True, True], list(map(is_listening, urls)))
        parent.send_signal(signal.SIGINT)
        self.assertIn('openstack server migration list', parent.stdout.read())
        self.assertEqual('', parent.stderr.read())
        self.assertEqual(0, parent.wait())
        self.assertEqual([False, False], list(map(is_listening, urls)))

    def test_by_hand_until_nova_ends(self):
        parent = self.start('-m', 'lab', '--hosts=1')
        parent.stdout.readline()
        nova, = [pid for pid in children(parent.pid)
                 if 'lab-nova-' in log_of(pid)]
        os.kill(nova, signal.SIGKILL)
        self.assertIn('ended by itself, with status -9',
                      parent.stderr.read())
        self.assertEqual(1, parent.wait())

    def test_deployment_that_is_interrupted_ends(self):
        parent = self.start('-c', USE_A_DEPLOYMENT)
        # The terminal's Ctrl-C, and then tox's.
        for sign in ('runs', 'ends'):
            self.assertIn(sign + '\n', iter(parent.stdout.readline, ''))
            parent.send_signal(signal.SIGINT)
        self.assertEqual(('has ended\n', ''), parent.communicate())
        self.assertEqual(130, parent.returncode)

    def test_hosts_out_of_range(self):
        out, err = self.start('-m', 'lab', '--hosts=0').communicate()
        self.assertIn('there can be 1 to 100 hosts', err)

    def test_last_words(self):
        error = self.assertRaises(errors.LabError, process.NovaProcess,
                                  '--driver=no.such.Driver')
        self.assertIn('no.such.Driver', str(error))


class TestFront(base.TestCase):

    def request(self, method, path, **options):
        return self.nova.session(None).request(self.nova.url + path, method,
                                               **options)

    def test_unknown_token(self):
        self.assertRaises(
            ksa_exc.Unauthorized, self.request, 'GET', '/v2.1/servers',
            headers={'X-Auth-Token': 'stranger'})

    def test_control_explains_itself(self):
        for method, path in (('GET', '/lab/nonsense'),
                             ('PUT', '/lab/faults/nowhere/spawn'),
                             ('PUT', '/lab/faults/compute1/no_such_method'),
                             ('POST', '/lab/replies'),
                             ('PUT', '/lab/policy/no_such_rule'),
                             ('PUT', '/lab/dead/nowhere'),
                             ('POST', '/lab/confirm/nowhere')):
            error = self.assertRaises(ksa_exc.HttpError, self.request, method,
                                      path, json={'effect': 'fail'})
            self.assertIn('The lab takes', error.response.text)

    def test_an_ordinary_user_is_no_administrator(self):
        server_id = self.boot()
        shown = self.cloud.owner.servers.get(server_id).to_dict()
        self.assertEqual('olgas-project',
                         self.cloud.name('project', shown['tenant_id']))
        self.assertNotIn('OS-EXT-SRV-ATTR:host', shown)
