# SPDX-License-Identifier: Apache-2.0
"""A certificate authority and a server certificate for SERVER_NAME, made with the openssl command."""

import ssl
import subprocess
from pathlib import Path

SERVER_NAME = "proxy.test"


def _openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


class Certificates:
    """Files `authority`, `certificate` and `key` in `directory`."""

    def __init__(self, directory):
        directory = Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        self.authority = directory / "authority.pem"
        self.certificate = directory / "server.pem"
        self.key = directory / "server.key"
        authority_key = directory / "authority.key"
        request = directory / "server.csr"
        extensions = directory / "extensions"
        extensions.write_text(f"subjectAltName=DNS:{SERVER_NAME},DNS:localhost,IP:127.0.0.1\n")
        curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        _openssl("req", "-x509", *curve, "-days", "30", "-subj", "/CN=proxywasm test authority",
                 "-keyout", authority_key, "-out", self.authority)
        _openssl("req", *curve, "-subj", f"/CN={SERVER_NAME}", "-keyout", self.key, "-out", request)
        _openssl("x509", "-req", "-in", request, "-CA", self.authority, "-CAkey", authority_key, "-CAcreateserial",
                 "-days", "30", "-extfile", extensions, "-out", self.certificate)

    def client_context(self, protocols=("http/1.1",)):
        """For a client that trusts the authority and offers `protocols`."""
        context = ssl.create_default_context(cafile=str(self.authority))
        context.set_alpn_protocols(list(protocols))
        return context

    def server_context(self):
        """For an origin."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context
