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


"""What is tried on the whole service: one function each, of a run."""

import functools
import itertools

from lab.fullstack.services import watcher
from lab.fullstack import soak as soaks

# Servers that Watcher migrates at once.
AT_ONCE = 20

SERVERS = 6
MANY = AT_ONCE + 10
LOAD = 200
SOAK = 1000


def host_maintenance(run):
    """Empty a host of running and stopped servers."""
    run.boot(['compute1'], SERVERS, SERVERS // 2)
    run.execute(run.maintenance('compute1', 'compute2'))
    run.check_moved(run.ids)


def zone_migration(run):
    """Move the stopped servers of two hosts to two others."""
    run.boot(['compute1', 'compute2'], SERVERS, SERVERS)
    run.execute(run.zone(('compute1', 'compute3'),
                         ('compute2', 'compute4')))
    run.check_moved(run.ids)


def interrupted(run, task_states, act, servers=SERVERS, may_break=0):
    """Do something in the middle of a plan; another does the rest.

    :param run: the :class:`lab.fullstack.run.Run`
    :param task_states: the task_states, or statuses, that one of the servers
        is to have then
    :param act: function of the run and the plan that does it
    :param servers: how many servers
    :param may_break: how many of them Nova may break
    """
    run.may_break = may_break
    run.boot(['compute1'], servers, servers // 2)
    plan = run.maintenance('compute1', 'compute2')

    def wait_and_act():
        run.operator.wait_for_task(run.ids, task_states)
        act(run, plan)

    run.execute(plan, wait_and_act)
    run.finish(plan)
    run.free()
    run.check_moved(run.ids)
    run.check_nothing_is_held()


def _kill(name, task_state, may_break=0):
    """Give the scenario that kills a service, and starts it again."""
    return functools.partial(
        interrupted, task_states=[task_state], may_break=may_break,
        act=lambda run, plan: run.running.kill_and_restart(name))


def _cancel(run, plan):
    run.operator.cancel(plan)


def roll_back(run):
    """Let one action of a plan fail, where plans that fail are rolled back.

    Watcher takes back nothing because of that: an action that fails does not
    break off its engine's work. What the other actions did has to stay true.
    """
    run.boot(['compute1'], SERVERS, SERVERS)
    plan = run.zone(('compute1', 'compute2'))
    failing, *others = run.ids
    # Its owner may do that, and Nova migrates no paused server.
    run.operator.start_and_pause(failing)
    run.look()
    run.running.restart_applier({'watcher_applier': {
        'rollback_when_actionplan_failed': True}})
    run.execute(plan)
    run.running.restart_applier({})
    run.check_stayed([failing])
    run.check_moved(others)


def left_over(run):
    """Kill the applier with migrations under way, and finish them; twice.

    A person's migration, and a plan that is running by then, are beside them.
    """
    run.boot(['compute1'], AT_ONCE + SERVERS + 1, AT_ONCE + SERVERS + 1)
    persons, *others = run.ids
    planned, left = others[:SERVERS], others[SERVERS:]
    run.operator.migrate(persons, 'compute3')
    for source, destination, back, forth in (
            ('compute1', 'compute2', 'compute1', 'compute4'),
            ('compute2', 'compute1', 'compute4', 'compute1')):
        run.look()
        _leave(run, left, source, destination)
        run.execute(run.operator.plan(planned, back, forth),
                    lambda: _finish(run, planned, left))
        run.check_moved(planned + left)
        run.check_stayed([persons])
    if 'nothing to finish' not in run.finish_left_over():
        run.problems.append('there is something left to finish')


def _leave(run, server_ids, source, destination):
    """Have a plan of servers under way, and its applier killed."""
    host = run.running.site.services['nova-compute-' + destination]
    # What is sent to it waits.
    host.kill()
    run.operator.start(run.operator.plan(server_ids, source, destination))
    run.operator.wait_for_task_of_all(server_ids, 'resize_prep')
    run.running.kill_and_restart(watcher.APPLIER)
    host.start()
    host.wait_until_ready()


def _finish(run, planned, left):
    """Finish what is left, while another plan is running."""
    run.operator.wait_for_task(planned, ['RESIZE'])
    said = run.finish_left_over()
    run.problems += ['%s was not finished' % server_id for server_id in left
                     if 'Server %s: finished' % server_id not in said]
    run.problems += ['%s was not left to its plan' % server_id
                     for server_id in planned
                     if 'Server %s: adopting' % server_id in said]


def load(run, share, meanwhile=None):
    """Empty two hosts of many servers by one plan.

    :param run: the :class:`lab.fullstack.run.Run`
    :param share: how many of Nova's and Keystone's replies to Watcher are
        broken: 0 for none, 1 for all
    :param meanwhile: function of the run that is called when a plan has been
        started: the first, and the one that does the rest of it
    """
    plan, = _plan_load(run, 1)
    meanwhile = meanwhile and functools.partial(meanwhile, run)
    with run.running.broken_replies(share):
        run.execute(plan, meanwhile)
        run.finish(plan, meanwhile)
    run.check_moved(run.ids)


def _plan_load(run, count):
    """Boot many servers; returns so many plans that move all of them."""
    run.boot(['compute1', 'compute2'], LOAD, LOAD)
    return [run.zone(('compute1', 'compute3'), ('compute2', 'compute4'))
            for _ in range(count)]


def _kill_applier(run):
    """Kill the applier, start it again, and finish what it has left."""
    run.operator.wait_for_task(run.ids, ['VERIFY_RESIZE'])
    run.running.kill_and_restart(watcher.APPLIER)
    run.finish_left_over()


def two_appliers(run):
    """Have two appliers do the same at once."""
    first, second = _plan_load(run, 2)
    # Two may confirm one at the same moment (P11 of the contract).
    run.may_break = LOAD // 100
    with run.running.another_applier():
        run.execute(first, lambda: run.operator.start(second))
        run.see_end(second)
        run.finish(second)
    run.problems += [
        name + ' did nothing' for name, lines in run.applier_logs().items()
        if not any('Cold migration of' in line for line in lines)]
    run.check_moved(run.ids)


def soak(run):
    """Move servers to and fro, many times, by one applier."""
    run.boot(['compute1'], AT_ONCE, AT_ONCE)
    there_and_back = itertools.cycle(
        [('compute1', 'compute2'), ('compute2', 'compute1')])
    applier = run.running.site.services[watcher.APPLIER]
    logged = 0
    for count, way in zip(range(AT_ONCE, SOAK + 1, AT_ONCE), there_and_back):
        run.look()
        run.execute(run.operator.plan(run.ids, *way))
        run.check_moved(run.ids)
        before, logged = logged, len(run.applier_logs()[watcher.APPLIER])
        run.samples.append(soaks.sample(
            applier.pid, count, (logged - before) / AT_ONCE))
    run.problems += soaks.problems(run.samples)


ALL = {
    'host-maintenance': host_maintenance,
    'zone-migration': zone_migration,
    'kill-source': _kill('nova-compute-compute1', 'resize_migrating',
                         may_break=SERVERS),
    'kill-destination': _kill('nova-compute-compute2', 'resize_finish',
                              may_break=SERVERS),
    'kill-nova-api': _kill('nova-api', 'resize_migrating'),
    'kill-rabbitmq': _kill('rabbitmq', 'resize_migrating',
                           may_break=SERVERS),
    'kill-applier': _kill(watcher.APPLIER, 'resize_migrating'),
    'kill-applier-late': _kill(watcher.APPLIER, 'VERIFY_RESIZE'),
    'left-over': left_over,
    'cancel': functools.partial(
        interrupted, task_states=['resize_migrating'], act=_cancel,
        servers=MANY),
    'roll-back': roll_back,
    'load': functools.partial(load, share=0),
    'load-broken': functools.partial(load, share=0.05),
    'load-killed': functools.partial(load, share=0.05,
                                     meanwhile=_kill_applier),
    'load-two-appliers': two_appliers,
    'soak': soak}
