# SPDX-License-Identifier: Apache-2.0
"""What does a header filter cost on each engine, on a cache hit?"""

from contextlib import ExitStack

from harness.origin import Origin
from library import filters, report
from library.rounds import run_rounds
from questions.header_filter import TARGET


def answer(options):
    compared = [filters.bare(), filters.native()]
    for engine, label in filters.ENGINES.items():
        compared += [filters.module(language, engine, f"{engine}-{language}", f"{label}, module in {spelled}")
                     for language, spelled in (("c", "C"), ("rust", "Rust"))]
    with ExitStack() as stack:
        origin = stack.enter_context(Origin())
        variants = [filters.start_variant(stack, what, origin, TARGET) for what in compared]
        run_rounds(variants, options, idle=origin)
    return report.rates("A header filter on a cache hit on each engine, one event thread", variants, variants[1],
                        seconds_per_sample=options.seconds)
