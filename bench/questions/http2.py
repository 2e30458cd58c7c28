# SPDX-License-Identifier: Apache-2.0
"""What does a header filter cost on a cache hit over HTTP/2?"""

from library.load import http2
from questions.tls import over_tls


def answer(options):
    return over_tls("A header filter on a cache hit over HTTP/2, one event thread", options,
                    lambda server, host, target: http2(server.tls_port, host, target))
