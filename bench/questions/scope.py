# SPDX-License-Identifier: Apache-2.0
"""What does it cost to have a VM for each thread, for the process, or for each transaction?

The example in Rust as a header filter on a cache hit, under each `vm_scope`.
"""

from contextlib import ExitStack

from harness.origin import Origin
from library import filters, goals, report
from library.rounds import run_rounds
from questions.header_filter import TARGET

SCOPES = ("thread", "process", "transaction")


def answer(options):
    with ExitStack() as stack:
        origin = stack.enter_context(Origin())
        variants = {}
        for scope in SCOPES:
            what = filters.module("rust", name=scope, label=f"vm_scope: {scope}", vm_scope=scope)
            variants[scope] = filters.start_variant(stack, what, origin, TARGET)
        run_rounds(list(variants.values()), options, idle=origin)
    costs = goals.above(variants["transaction"], variants["thread"], "cpu_microseconds")
    return report.rates("A header filter in Rust under each vm_scope, one event thread", list(variants.values()),
                        variants["thread"], [goals.at_most("CPU µs of 'transaction' above 'thread'", costs, 15)],
                        seconds_per_sample=options.seconds)
