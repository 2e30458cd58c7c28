# SPDX-License-Identifier: Apache-2.0
"""What does a header filter cost on a cache hit over TLS, on kept connections?

The plugins of header_filter and, each against itself without a filter, Envoy's filters.
"""

import tempfile
from contextlib import ExitStack

from harness.certificates import Certificates
from harness.origin import Origin
from library import envoy, filters, report
from library.load import http1
from library.rounds import run_rounds
from questions.header_filter import TARGET


def over_tls(question, options, load):
    """The answer for servers that are asked through load(server, host, target)."""
    def load_on(server):
        return load(server, filters.HOST, TARGET)

    with ExitStack() as stack:
        certificates = Certificates(stack.enter_context(tempfile.TemporaryDirectory(prefix="pw-bench-")))
        origin = stack.enter_context(Origin())
        variants = {what.name: filters.start_variant(stack, what, origin, TARGET, load_on, certificates=certificates)
                    for what in filters.compared()}
        variants |= envoy.start_variants(stack, TARGET, load_on, certificates=certificates)
        run_rounds(list(variants.values()), options, idle=origin)
    return report.rates(question, list(variants.values()), variants["native"], bases=envoy.bases(variants),
                        seconds_per_sample=options.seconds)


def answer(options):
    return over_tls("A header filter on a cache hit over TLS, one event thread", options,
                    lambda server, host, target: http1(server.tls_port, host, target, tls=True))
