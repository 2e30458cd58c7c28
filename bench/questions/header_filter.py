# SPDX-License-Identifier: Apache-2.0
"""What does a header filter cost on a cache hit?

One event thread serves a small object from the RAM cache. Compared are the bare server, a native plugin in C that sets
a header in each direction and counts, the server's own header_rewrite and Lua plugins doing so, and proxywasm with the
examples in C and in Rust.
"""

from contextlib import ExitStack

from harness.origin import Origin
from library import filters, goals, report
from library.rounds import run_rounds

TARGET = "/cached?size=100&cache=3600"


def answer(options):
    compared = [filters.bare(), filters.native(), filters.header_rewrite(), filters.lua(), filters.module("c"),
                filters.module("rust")]
    with ExitStack() as stack:
        origin = stack.enter_context(Origin())
        variants = {}
        for what in compared:
            variants[what.name] = filters.start_variant(stack, what, origin, TARGET)
        asked = len(origin.requests)
        run_rounds(list(variants.values()), options)
        if len(origin.requests) != asked:
            raise SystemExit("requests reached the origin: this did not measure cache hits")
    return report.rates("A header filter on a cache hit, one event thread", list(variants.values()), variants["native"],
                        reached(**variants), seconds_per_sample=options.seconds)


def reached(native, header_rewrite, lua, c, rust, **_):
    """The goals."""
    return [goals.at_least("requests per second in C, against the native plugin", goals.paired(c, native, "rate"), 0.97),
            goals.at_most("CPU µs above the native plugin, in C", goals.above(c, native, "cpu_microseconds"), 1),
            goals.at_most("CPU µs above the native plugin, in Rust", goals.above(rust, native, "cpu_microseconds"), 2),
            goals.at_least("requests per second in C, against header_rewrite",
                           goals.paired(c, header_rewrite, "rate"), 1),
            goals.at_least("requests per second in C, against Lua", goals.paired(c, lua, "rate"), 1),
            goals.at_least("requests per second in Rust, against header_rewrite",
                           goals.paired(rust, header_rewrite, "rate"), 1),
            goals.at_least("requests per second in Rust, against Lua", goals.paired(rust, lua, "rate"), 1)]
