# SPDX-License-Identifier: Apache-2.0
"""What does a header filter cost on a cache hit?

One event thread serves a small object from the RAM cache. Compared are the bare server, a native plugin in C that sets
a header in each direction and counts, the server's own header_rewrite and Lua plugins doing so, and proxywasm with the
examples in C and in Rust. The raw calls are the native plugin with an example in it, on Wasmtime without any host
(bench/plugins/raw_calls.c): no host on this engine could come nearer to a goal.
"""

from contextlib import ExitStack

from harness.origin import Origin
from library import filters, goals, report
from library.rounds import run_rounds

TARGET = "/cached?size=100&cache=3600"


def answer(options):
    with ExitStack() as stack:
        origin = stack.enter_context(Origin())
        variants = {}
        for what in filters.compared_with_raw_calls():
            variants[what.name] = filters.start_variant(stack, what, origin, TARGET)
        run_rounds(list(variants.values()), options, idle=origin)
    return report.rates("A header filter on a cache hit, one event thread", list(variants.values()), variants["native"],
                        reached(**variants), seconds_per_sample=options.seconds)


def reached(native, raw_c, raw_rust, header_rewrite, lua, c, rust, **_):
    """The goals."""
    def beyond(goal, figure, form=".3f"):
        return goals.beside(goal, "its raw calls alone", figure, form)

    def rate(variant, against):
        return goals.paired(variant, against, "rate")

    def cpu(variant):
        return goals.above(variant, native, "cpu_microseconds")

    return [beyond(goals.at_least("requests per second in C, against the native plugin", rate(c, native), 0.97),
                   rate(raw_c, native)),
            beyond(goals.at_most("CPU µs above the native plugin, in C", cpu(c), 1), cpu(raw_c), ".2f"),
            beyond(goals.at_most("CPU µs above the native plugin, in Rust", cpu(rust), 2), cpu(raw_rust), ".2f"),
            beyond(goals.at_least("requests per second in C, against header_rewrite", rate(c, header_rewrite), 1),
                   rate(raw_c, header_rewrite)),
            goals.at_least("requests per second in C, against Lua", rate(c, lua), 1),
            beyond(goals.at_least("requests per second in Rust, against header_rewrite", rate(rust, header_rewrite), 1),
                   rate(raw_rust, header_rewrite)),
            goals.at_least("requests per second in Rust, against Lua", rate(rust, lua), 1)]
