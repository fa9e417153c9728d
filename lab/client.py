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

"""The lab's cloud as its users see it: boot, look, and clean up."""

from novaclient import api_versions
from novaclient import client
from novaclient import exceptions as nvexceptions

from lab.support import accounts
from lab.support import waiting

# Nova's image stand-in has it.
IMAGE = '155d900f-4e14-4e4c-a73d-069cbf4541e6'
# Nova's network stand-in has it.
NETWORK = '3cb9bc59-5699-4588-a4b1-b87f96708bc6'
# The API's newest that Watcher's client can be asked for in the lab.
MICROVERSION = '2.90'

# Where an administrator asks Keystone.
KEYSTONE = {'service_type': 'identity'}

# Seconds between two looks at what takes Nova a second or more.
SETTLE_PAUSE = 0.25


def microversion(nova):
    """Give the microversion that users send to a Nova, which may be old."""
    return min(MICROVERSION, nova.microversion, key=api_versions.APIVersion)


class Cloud:
    """The cloud that a lab's Nova makes.

    :param nova: a running :class:`lab.nova.process.NovaProcess`

    :ivar admins_session: keystoneauth1 session of an administrator
    :ivar owners_session: keystoneauth1 session of an ordinary user
    :ivar admin: novaclient of the one
    :ivar owner: novaclient of the other
    :ivar applier: novaclient of Watcher's user, as another applier's
    """

    def __init__(self, nova):
        self.url = nova.url
        self.hosts = nova.hosts
        # The lab's own controls need no login.
        self._session = nova.session(None)
        self.admins_session = nova.session(accounts.ADMIN)
        self.owners_session = nova.session(accounts.OWNER)
        self.admin = self._client(nova, self.admins_session)
        self.owner = self._client(nova, self.owners_session)
        self.applier = self._client(nova, nova.session(accounts.WATCHER))

    @staticmethod
    def _client(nova, session):
        return client.Client(microversion(nova), session=session,
                             region_name=accounts.REGION)

    def name(self, kind, its_id):
        """Give the name that Keystone has for an id.

        :param kind: ``project`` or ``user``
        :param its_id: the id
        """
        return self.admins_session.get(
            '/%ss/%s' % (kind, its_id), endpoint_filter=KEYSTONE
        ).json()[kind]['name']

    def change_user(self, account, **changes):
        """Change what Keystone knows of a user, such as its password.

        :param account: the :class:`lab.support.accounts.Account`
        """
        user, = self.admins_session.get(
            '/users?name=' + account.user, endpoint_filter=KEYSTONE
        ).json()['users']
        # A password is for no log.
        self.admins_session.patch(
            '/users/' + user['id'], json={'user': changes},
            endpoint_filter=KEYSTONE, log=False)

    def boot(self, name, ram=64, nics='none'):
        """Boot a server as an ordinary user, on the scheduler's choice.

        :param name: the server's name
        :param ram: how much of its host's 8192 MiB of memory it takes
        :param nics: its ports, as novaclient takes them
        :returns: the server's id
        """
        return self.owner.servers.create(
            name, IMAGE, self.flavor(ram), nics=nics).id

    def flavor(self, ram):
        """Give a flavor that takes so many MiB of memory; make it once."""
        name = 'lab-%d' % ram
        found = [flavor for flavor in self.owner.flavors.list()
                 if flavor.name == name]
        return found[0] if found else self.admin.flavors.create(
            name, ram=ram, vcpus=1, disk=1)

    def stop(self, server_id):
        """Stop a server as its owner, and wait until it is shut off."""
        self.owner.servers.stop(server_id)
        self.wait_for(server_id, 'SHUTOFF')

    def wait_for(self, server_id, status):
        """Wait until a server has a status and Nova is done with it."""
        def settled():
            server = self.show(server_id)
            return (server['status'] == status and
                    server['OS-EXT-STS:task_state'] is None)
        waiting.wait_until(settled, 'server %s is %s' % (server_id, status),
                           pause=SETTLE_PAUSE)

    def wait_for_task(self, server_id, task_state):
        """Wait until Nova is at this task with a server."""
        waiting.wait_until(lambda: self.task(server_id) == task_state,
                           'server %s is at %s' % (server_id, task_state))

    def task(self, server_id):
        """Give what Nova is doing with a server, or None."""
        return self.show(server_id)['OS-EXT-STS:task_state']

    def is_idle(self, server_id):
        """Tell whether Nova has ended all that it began with a server.

        It may write something about the server after it has shown the end.
        """
        return all(event['finish_time'] for event in self.events(server_id))

    def events(self, server_id):
        """Give the events of all of a server's instance actions, as dicts."""
        actions = self.admin.instance_action
        return [event for action in actions.list(server_id)
                for event in actions.get(server_id, action.request_id).events]

    def show(self, server_id):
        """Give all that an administrator sees of a server, as a dict."""
        return self.admin.servers.get(server_id).to_dict()

    def host(self, server_id):
        """Name the compute host that a server is on."""
        return self.show(server_id)['OS-EXT-SRV-ATTR:host']

    def ports(self, server_id):
        """Give a server's ports: each one's id, MAC and IP addresses."""
        return [(port.port_id, port.mac_addr, port.fixed_ips)
                for port in self.admin.servers.interface_list(server_id)]

    def migrations(self, server_id):
        """Give a server's migration records as dicts, the oldest first."""
        records = self.admin.migrations.list(instance_uuid=server_id)
        return [record.to_dict()
                for record in sorted(records, key=lambda record: record.id)]

    def delete(self, server_id):
        """Delete a server, whatever its state, and wait until it is gone."""
        def gone():
            try:
                self.show(server_id)
            except nvexceptions.NotFound:
                return True
        try:
            self.admin.servers.delete(server_id)
        except nvexceptions.NotFound:
            return
        waiting.wait_until(gone, 'server %s is gone' % server_id,
                           pause=SETTLE_PAUSE)

    def set_enabled(self, host, enabled):
        """Enable or disable a compute host."""
        change = (self.admin.services.enable if enabled
                  else self.admin.services.disable)
        change(self._service(host).id)

    def set_down(self, host, down):
        """Tell Nova that a compute host is down, or up again."""
        self.admin.services.force_down(self._service(host).id, down)

    def _service(self, host):
        return self.admin.services.list(host=host,
                                        binary='nova-compute')[0]

    def requests(self, server_id=''):
        """Give the API requests that Nova got, as dicts, in their order.

        :param server_id: give those about this server only
        """
        requests = self._session.get(self.url + '/lab/requests').json()
        return [request for request in requests
                if server_id in request['path']]

    def set_fault(self, host, method, effect, **options):
        """Change a method of a host's driver (``lab.nova.faults``)."""
        self._session.put('%s/lab/faults/%s/%s' % (self.url, host, method),
                          json=dict(options, effect=effect))

    def clear_fault(self, host, method):
        """Let a method of a host's driver do its own work again."""
        self._session.delete(
            '%s/lab/faults/%s/%s' % (self.url, host, method))

    def kill_host(self, host):
        """Let a compute host die: what its driver holds never goes on."""
        self._session.put('%s/lab/dead/%s' % (self.url, host))

    def revive_host(self, host):
        """Restart a dead compute host's service, and wait until it is up.

        If Nova was told that it is down, call :meth:`set_down` first.
        """
        self._session.delete('%s/lab/dead/%s' % (self.url, host))
        waiting.wait_until(lambda: self._service(host).state == 'up',
                           '%s is up' % host)

    def audit(self, host):
        """Let a compute host go through its servers (``lab.nova.faults``)."""
        self._session.post('%s/lab/audit/%s' % (self.url, host))

    def break_cell(self):
        """Cut Nova's API off from the database of servers."""
        self._session.put(self.url + '/lab/cell')

    def fix_cell(self):
        """Connect it again."""
        self._session.delete(self.url + '/lab/cell')

    def forbid(self, rule):
        """Forbid what a rule of Nova's policy allows (``lab.nova.policy``)."""
        self._session.put('%s/lab/policy/%s' % (self.url, rule))

    def permit(self, rule):
        """Put a rule of Nova's policy back to what Nova ships."""
        self._session.delete('%s/lab/policy/%s' % (self.url, rule))

    def break_replies(self, **options):
        """Break replies to Watcher (:class:`lab.nova.proxy.BrokenReply`)."""
        self._session.post(self.url + '/lab/replies', json=options)

    def fix_replies(self):
        """Stop breaking and holding replies."""
        self._session.delete(self.url + '/lab/replies')

    def refuse_connections(self):
        """Refuse Watcher's connections."""
        self._session.put(self.url + '/lab/refusal')

    def accept_connections(self):
        """Accept Watcher's connections again."""
        self._session.delete(self.url + '/lab/refusal')

    def let_nova_confirm(self, server_id):
        """Let Nova itself confirm a server's migration, and wait for it."""
        def confirmed():
            for host in self.hosts:
                self._session.post('%s/lab/confirm/%s' % (self.url, host))
            return self.show(server_id)['status'] != 'VERIFY_RESIZE'
        waiting.wait_until(confirmed,
                           'Nova has confirmed server %s' % server_id)
