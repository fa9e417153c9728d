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

"""Calling a function many times at once."""

import contextlib
import threading


def call_at_once(function, arguments):
    """Call a function in threads that begin at once, and wait for the ends.

    :param function: the function
    :param arguments: a list of the arguments of each call
    :returns: what the calls returned, in their order; None where one raised
        an error
    """
    results = [None] * len(arguments)

    def call(number):
        with contextlib.suppress(Exception):
            results[number] = function(*arguments[number])

    threads = [threading.Thread(target=call, args=(number,))
               for number in range(len(arguments))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
