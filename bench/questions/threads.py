# SPDX-License-Identifier: Apache-2.0
"""Does a header filter scale with event threads as the bare server does?

The bare server and the example in C, each with one event thread and with two, on a cache hit. Servers and load share all
processors: with two of them, two event threads leave none for the load, for the bare server as for ours. There are twice
as many rounds as elsewhere: what is told is a ratio of four rates, not of two.
"""

import os
from argparse import Namespace
from contextlib import ExitStack

from harness.origin import Origin
from library import filters, goals, report
from library.load import http1
from library.rounds import run_rounds
from questions.header_filter import TARGET


def scaling(bare_1, bare_2, c_1, c_2):
    """Of each round: what the second thread brings to ours, as a share of what it brings to the bare server."""
    return goals.Figure([(c2["rate"] / c1["rate"]) / (b2["rate"] / b1["rate"]) for b1, b2, c1, c2 in
                         zip(bare_1.samples, bare_2.samples, c_1.samples, c_2.samples)])


def answer(options):
    cpus = sorted(os.sched_getaffinity(0))
    with ExitStack() as stack:
        origin = stack.enter_context(Origin())
        variants = {}
        for what in (filters.bare(), filters.module("c")):
            for threads in (1, 2):
                name = f"{what.name}_{threads}"
                variants[name] = filters.start_variant(
                    stack, what, origin, TARGET, lambda server: http1(server.port, filters.HOST, TARGET, 32), name,
                    f"{what.label}, {threads} thread{'s'[:threads - 1]}", threads=threads)
        twice = Namespace(**{**vars(options), "rounds": 2 * options.rounds})
        run_rounds(list(variants.values()), twice, (cpus, cpus), idle=origin)
    return report.rates(
        "A header filter on a cache hit, with one event thread and with two", list(variants.values()),
        variants["bare_1"], [goals.at_least("two threads against one, as a share of the bare server's scaling",
                                            scaling(**variants), 0.97)], seconds_per_sample=options.seconds)
