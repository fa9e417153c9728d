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

"""Processes that work for another one, and never outlive it."""

from concurrent import futures
import multiprocessing
import os
import signal
import threading


def pool(count, prepare=None, *arguments):
    """Make a pool of processes.

    :param count: how many there are at most
    :param prepare: function that each calls before anything else
    :param arguments: its arguments
    :returns: a ``concurrent.futures.ProcessPoolExecutor``
    """
    # What is forked ends without the clean-up that ends its Nova.
    return futures.ProcessPoolExecutor(
        count, mp_context=multiprocessing.get_context('spawn'),
        initializer=_begin, initargs=(prepare, *arguments))


def _begin(prepare, *arguments):
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if prepare is not None:
        prepare(*arguments)


def _end_with_parent():
    multiprocessing.parent_process().join()
    os._exit(1)
