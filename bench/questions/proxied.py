# SPDX-License-Identifier: Apache-2.0
"""What does a header filter cost when the request goes to an origin?

The servers of header_filter, with nothing cached. The origin is a second Traffic Server, which answers from its cache; it
shares the processors of the load, so that CPU time tells more than the rate here.
"""

from contextlib import ExitStack

from harness.origin import Origin
from library import filters, report
from library.load import pin, split_cpus
from library.rounds import run_rounds
from questions.header_filter import TARGET


def answer(options):
    with ExitStack() as stack:
        content = stack.enter_context(Origin())
        origin = stack.enter_context(filters.make_server(filters.bare(), content.port))
        filters.check(origin, filters.bare(), TARGET)
        pin(origin.server_pid(), split_cpus()[1])
        variants = {}
        for what in filters.compared():
            variants[what.name] = filters.start_variant(stack, what, origin, TARGET, records={"http.cache.http": 0})
        run_rounds(list(variants.values()), options)
    return report.rates("A header filter on a request that is proxied, one event thread", list(variants.values()),
                        variants["native"], seconds_per_sample=options.seconds)
