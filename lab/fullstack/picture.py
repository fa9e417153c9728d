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

"""The picture of what one applier has in use over many migrations."""

from matplotlib import figure


def draw(samples, path):
    """Draw all figures above each other.

    :param samples: list of :class:`lab.fullstack.soak.Sample`
    :param path: the path of the picture's file
    """
    titles = {'memory': 'resident memory, MiB',
              'files': 'open files and sockets',
              'threads': 'threads', 'lines': 'log lines a migration'}
    drawn = figure.Figure(figsize=(9, 8), layout='constrained')
    rows = drawn.subplots(len(titles), sharex=True)
    for row, (name, title) in zip(rows, titles.items()):
        figures = [getattr(one, name) for one in samples]
        row.plot([one.migrations for one in samples], figures, '.-')
        row.set_ylim(0, 1.2 * max(figures))
        row.set_title(title, loc='left')
    rows[-1].set_xlabel('migrations by one applier')
    drawn.savefig(path, metadata={'Date': None})
