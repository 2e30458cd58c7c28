# SPDX-License-Identifier: Apache-2.0
"""What does it cost to have a VM for each thread, for the process, or for each transaction?

The examples in Rust and in Go as header filters on a cache hit, under each `vm_scope`. A module in Go takes milliseconds to
start, which an image of a VM that has started spares each transaction.
"""

from contextlib import ExitStack

from harness.origin import Origin
from library import filters, goals, report
from library.rounds import run_rounds
from questions.header_filter import TARGET

SCOPES = ("thread", "process", "transaction")
LANGUAGES = ("rust", "go")


def answer(options):
    with ExitStack() as stack:
        origin = stack.enter_context(Origin())
        variants = {}
        for language in LANGUAGES:
            for scope in SCOPES:
                name = f"{language}_{scope}"
                what = filters.module(language, name=name, label=f"{filters.SPELLED[language]}, vm_scope: {scope}",
                                      vm_scope=scope)
                variants[name] = filters.start_variant(stack, what, origin, TARGET)
        run_rounds(list(variants.values()), options, idle=origin)
    return conclude(variants, options.seconds)


def conclude(variants, seconds):
    reached = [goals.at_most("CPU µs of 'transaction' above 'thread', in Rust",
                             goals.above(variants["rust_transaction"], variants["rust_thread"], "cpu_microseconds"), 15)]
    return report.rates("A header filter under each vm_scope, one event thread", list(variants.values()),
                        variants["rust_thread"], reached, {f"go_{scope}": "go_thread" for scope in SCOPES},
                        seconds_per_sample=seconds)
