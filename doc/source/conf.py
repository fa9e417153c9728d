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

"""Sphinx's settings for the operator's and the contributor's guide."""

import configparser
import os
import sys

_DOC = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_ROOT = os.path.dirname(_DOC)
# The second for the tables and sentences, which need nothing of Watcher.
sys.path += [os.path.join(_DOC, 'ext'), _ROOT]

_setup = configparser.ConfigParser()
_setup.read(os.path.join(_ROOT, 'setup.cfg'))
version = release = _setup['metadata']['version']

extensions = ['openstackdocstheme', 'cold_migration_tables', 'tree_map']
project = 'Cold migration for Watcher'
copyright = 'OpenStack Foundation'
master_doc = 'index'
html_theme = 'openstackdocs'
highlight_language = 'text'
html_static_path = ['_static']
html_css_files = ['tables.css']
openstackdocs_repo_name = 'openstack/watcher'
openstackdocs_auto_name = False
openstackdocs_auto_version = False
