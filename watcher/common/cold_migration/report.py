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

"""Show to people, and to scripts, what the command has found and done."""

import json

import prettytable

from watcher.common.cold_migration import command_sentences as sentences
from watcher.common.cold_migration import finishing
from watcher.common.cold_migration import sentences as core_sentences

TABLE, JSON = FORMATS = ('table', 'json')

# Where a line of a table's widest column is broken, in characters.
_WIDEST = 60


def listed(seen, output):
    """Give the output of ``list``.

    :param seen: the :class:`~.left_over.Seen` to be listed
    :param output: one of ``FORMATS``
    :returns: the text
    """
    return _formatted(sentences.LIST_COLUMNS, [
        (one.server, one.view and one.view.project, _id(one), _source(one),
         _destination(one), _status(one), one.view and one.view.updated,
         one.plan) for one in seen], output, sentences.NOTHING_LISTED)


def finished(outcomes, output):
    """Give the output of ``finish``.

    :param outcomes: the :class:`~.finishing.Outcome` of each server
    :param output: one of ``FORMATS``
    :returns: the text
    """
    return _formatted(sentences.FINISH_COLUMNS, [
        (one.seen.server, _id(one.seen), _source(one.seen),
         # The scheduler may have chosen it since the first look.
         one.host or _destination(one.seen), one.verdict.value, reason(one))
        for one in outcomes], output, sentences.NOTHING_TO_FINISH)


def progress(what):
    """Give a line of progress.

    :param what: the :class:`~.left_over.Seen` that is adopted, or the
        :class:`~.finishing.Outcome` of a server
    :returns: the line
    """
    if isinstance(what, finishing.Outcome):
        why = reason(what)
        return sentences.ENDED % {
            'server': what.seen.server, 'verdict': what.verdict.value,
            'reason': why and sentences.REASON % {'reason': why}}
    return sentences.ADOPTED % {
        'server': what.server, 'migration': _id(what),
        'migration_status': what.records[0].status, 'source': _source(what),
        'destination': _destination(what) or core_sentences.ANY_HOST}


def reason(outcome):
    """Give the reason of an :class:`~.finishing.Outcome`; empty if none."""
    if outcome.why is not None:
        return outcome.why
    seen = outcome.seen
    return sentences.REASONS[outcome.standing] % {
        'plan': seen.plan, 'age': seen.view and seen.view.age,
        'migration': _id(seen), 'obstacle': seen.obstacle,
        'user': seen.records and seen.records[0].person}


def _id(seen):
    return seen.records[0].id if seen.records else None


def _source(seen):
    return seen.records[0].source if seen.records else None


def _destination(seen):
    return seen.records[0].destination if seen.records else None


def _status(seen):
    view = seen.view
    if view is None:
        return sentences.UNSEEN % {'obstacle': seen.obstacle}
    if view.task_state is None:
        return view.status
    return sentences.TASK % {'status': view.status,
                             'task_state': view.task_state}


def _formatted(columns, rows, output, otherwise):
    """Give rows in a format; the names of the columns are the keys in JSON."""
    if output == JSON:
        return json.dumps([dict(zip(columns, row)) for row in rows], indent=2)
    if not rows:
        return otherwise
    table = prettytable.PrettyTable(columns)
    table.align = 'l'
    table.max_width = _WIDEST
    for row in rows:
        table.add_row(['' if cell is None else cell for cell in row])
    return table.get_string()
