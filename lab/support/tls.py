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

"""A private certificate authority, and a server's certificate of it."""

import os

import trustme


class Certificates:
    """What a server on loopback needs for TLS.

    :param folder: the folder to put it into

    :ivar cafile: the path of the authority's certificate
    :ivar server: the path of the server's certificate and key
    """

    def __init__(self, folder):
        self.cafile = os.path.join(folder, 'ca.pem')
        self.server = os.path.join(folder, 'server.pem')
        authority = trustme.CA()
        authority.cert_pem.write_to_path(self.cafile)
        authority.issue_cert('127.0.0.1').private_key_and_cert_chain_pem \
            .write_to_path(self.server)
