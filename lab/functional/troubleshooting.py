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

"""The sentences of the operator's guide, to be checked against real ones."""

import functools
import re

from watcher.common.cold_migration import sentences


def _pattern(sentence):
    return re.sub(r'%\\\(\w+\\\)(s|\\\.1f)', '.*', re.escape(sentence))


@functools.lru_cache(maxsize=None)
def _patterns():
    return [_pattern(why.value) for why in sentences.Why]


def has(why):
    """Tell whether the guide has a row for what an ERROR line says."""
    return any(re.fullmatch(pattern, why) for pattern in _patterns())
