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

"""The operator's guide's table of failures, to be held against real ones."""

import functools
import os
import re

from lab import program

_PAGE = os.path.join(program.ROOT, 'doc', 'source', 'operator',
                     'troubleshooting.rst')

# What differs from one line to the next, and how it is written here.
_DIFFERS = (
    ('[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}', 'UUID'),
    (r'[A-Z_]+, task_state \w+, on host \w+', 'VIEW'),
    (r'(vm|task)_state \w+', 'STATE'),
    (r'os_compute_api:[\w:-]+', 'RULE'),
    (r'compute\d+', 'HOST'),
    (r'(?<!HTTP )\b\d+(\.\d+)*', 'NUMBER'),
)


def _generalised(text):
    for pattern, name in _DIFFERS:
        text = re.sub(pattern, name, text)
    return text


@functools.lru_cache(maxsize=None)
def _table():
    """Read what stands in the table's first column, as patterns."""
    with open(_PAGE) as file:
        table = file.read().split('.. list-table::')[1]
    rows = table.split('\n   * - ')[2:]
    examples = [example for row in rows for example in re.findall(
        '``(.*?)``', ' '.join(row.split('\n     - ')[0].split()))]
    return [re.escape(_generalised(example)).replace(r'\.\.\.', '.*')
            for example in examples]


def has(why):
    """Tell whether the guide has a row for what an ERROR line says."""
    return any(re.fullmatch(pattern, _generalised(why))
               for pattern in _table())
