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

"""The table of states in words, and what is done about each meaning."""

import re

import states

Meaning = states.Meaning

# What is done about it. Where it ends in a verdict, that is the last word.
DONE = {
    Meaning.UNDER_WAY: 'look again',
    Meaning.MOVED: 'post confirmResize',
    Meaning.NEVER_LEFT: 'post revertResize: False',
    Meaning.MOVED_ELSEWHERE: 'leave it alone: False',
    Meaning.RESIZED: 'leave it alone: False',
    Meaning.HIDDEN: 'leave it alone: False',
    Meaning.ARRIVED: 'True',
    Meaning.AT_SOURCE: 'False',
    Meaning.ELSEWHERE: 'False',
    Meaning.BROKEN: 'False',
    Meaning.GONE: 'False',
}

# What shows a meaning before the table is asked.
_BEFORE_THE_TABLE = {
    Meaning.GONE: 'HTTP 404',
    Meaning.RESIZED: 'VERIFY_RESIZE with another flavor',
}


def table():
    """Give the table: five strings for each row.

    :returns: a list of tuples: statuses, task_states, host, meaning, and what
        is done about it
    """
    said = [(seen, 'any', 'any', meaning)
            for meaning, seen in _BEFORE_THE_TABLE.items()]
    return [(*cells, '``%s``: %s' % (meaning.name, meaning.value),
             DONE[meaning]) for *cells, meaning in said + _rows()]


def observations(meaning):
    """Give what shows a meaning, in short: a string for each row."""
    seen = []
    if meaning in _BEFORE_THE_TABLE:
        seen.append(_BEFORE_THE_TABLE[meaning])
    for i, (statuses, task_states, place, what) in enumerate(states._TABLE):
        if what is meaning:
            seen.append(_in_short(statuses, task_states, place, any(
                statuses and row[0] == statuses for row in states._TABLE[:i])))
    return seen


def statuses_at_first(whose, kind):
    """Name the statuses that begin with something that is there already.

    :param whose: whose it is, a ``Whose``
    :param kind: what its record says that it is: ``migration`` or ``resize``
    """
    record = states.Record(1, kind, 'finished', 'one', 'another', '')
    views = [states.View(status, None, None)
             for statuses, *_ in states._TABLE for status in statuses or ()]
    return ', '.join(sorted({
        view.status for view in views if states.may_be_migrating(view) and
        states.whose(view, [record], None) is whose}))


def _in_short(statuses, task_states, place, is_there_another):
    words = [_words(statuses, True) if statuses else 'any other status']
    said = _words(task_states, True)
    if task_states or is_there_another:
        words.append({'none': 'no task_state',
                      'any other': 'any other task_state'}.get(
                          said, 'task_state ' + said))
    if place:
        words.append('on ' + re.split('[;,]', place.value)[0])
    return ', '.join(words)


def _rows():
    rows = states._TABLE
    return [(_words(row[0], any(one[0] for one in rows[:i])),
             _words(row[1], any(one[1] for one in rows[:i]
                                if _may_meet(one[0], row[0]))),
             row[2].value if row[2] else 'any', row[3])
            for i, row in enumerate(rows)]


def _may_meet(statuses, others):
    return not statuses or not others or statuses & others


def _words(values, are_some_taken):
    """Put a cell's values into words; where it has none it takes what's left.

    :param are_some_taken: whether earlier rows take some values
    """
    if values is None:
        return 'any other' if are_some_taken else 'any'
    return ', '.join(sorted(value or 'none' for value in values))
