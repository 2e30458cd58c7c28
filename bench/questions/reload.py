# SPDX-License-Identifier: Apache-2.0
"""What do requests feel of a reload?

The bare server and the example in Rust on a cache hit, under a load that leaves the server half idle, in the middle of
which comes a `traffic_ctl config reload`, of a configuration of ours that has changed. Each request is due at its own
moment, and its latency counts from then: when a server stands still, all that are due meanwhile are late. Compared are the
second before, the first 50 ms from the command on, in which the server reads all its files anew, and ours, too; the second
that begins with it; and the seconds after, in which what ran before is let go. The server has as many event threads as
processors, so that there is none to spare for what loads the configuration. The code cache is warm, as it is in a server
that runs.
"""

import os
import re
import threading
import time
from contextlib import ExitStack
from datetime import datetime
from statistics import median

from harness.origin import Origin
from library import filters, goals, report
from library.load import paced, pin, split_cpus
from questions.header_filter import TARGET

CONNECTIONS = 8
RATE_PER_CPU = 8_000
RELOAD_AFTER = 1.3
# Seconds from the command on.
WINDOWS = {"before": ("the second before", -1, 0), "first": ("50 ms with it", 0, 0.05), "with": ("the second with it", 0, 1),
           "after": ("until 7 s after", 1, 7)}
KEYS = ("latency_50", "latency_99", "latency_most")


def latencies(requests, begin, end):
    """Of the requests that were due in a window."""
    window = sorted(microseconds for due, microseconds in requests if begin <= due < end)
    if not window:
        raise SystemExit(f"no request was due in {end - begin:.3f} s")
    return {"latency_50": window[len(window) // 2], "latency_99": window[len(window) * 99 // 100],
            "latency_most": window[-1]}


class Reloaded:
    """One server, reloaded again and again."""

    def __init__(self, stack, what, origin, windows):
        server_cpus, self.load_cpus = split_cpus()
        self.what = what
        self.windows = windows
        self.seconds = RELOAD_AFTER + max(WINDOWS[window][2] for window in windows) + 0.2
        self.server = stack.enter_context(filters.make_server(what, origin.port, manager=True, threads=len(server_cpus)))
        filters.check(self.server, what, TARGET)
        pin(self.server.server_pid(), server_cpus)
        self.load = paced(self.server.port, filters.HOST, TARGET, CONNECTIONS, RATE_PER_CPU * len(server_cpus))
        self.load(1, self.load_cpus)
        self.rounds = []

    def reload(self):
        """Has the server load a text of ours: one that has not changed would be left as it is. When it was asked to."""
        os.sched_setaffinity(0, self.load_cpus)  # of this thread: traffic_ctl takes no time of the server's processor
        for name, text in self.what.files.items():
            self.server.write(name, f"{text}# {len(self.rounds)}\n")
        now = time.time()
        self.server.reload()
        return now

    def measure(self):
        asked = []
        timer = threading.Timer(RELOAD_AFTER, lambda: asked.append(self.reload()))
        timer.start()
        requests = self.load(self.seconds, self.load_cpus)
        timer.join()
        if not asked:
            raise SystemExit(f"traffic_ctl did not reload:\n{self.server.log()}")
        self.rounds.append({window: latencies(requests, *(asked[0] + edge for edge in WINDOWS[window][1:]))
                            for window in self.windows})
        took = self.took(asked[0]) if self.what.files else None
        print(f"    {self.what.label}: " + "; ".join(
            f"{WINDOWS[window][0]} 99 % in {found['latency_99']:,} µs, at most {found['latency_most']:,}"
            for window, found in self.rounds[-1].items()) + (f"; loaded in {took * 1e3:.0f} ms" if took else ""), flush=True)

    def took(self, asked):
        """How long it took to load ours. SystemExit: it was not loaded."""
        lines = re.findall(r"(?m)^\[(\w+ +\d+ [\d:.]+)\].*loaded anew", self.server.log())
        if len(lines) != len(self.rounds):
            raise SystemExit(f"the configuration was not loaded anew each time:\n{self.server.log()}")
        return datetime.strptime(f"{datetime.now().year} {lines[-1]}", "%Y %b %d %H:%M:%S.%f").timestamp() - asked

    def rows(self):
        for window in self.windows:
            samples = [found[window] for found in self.rounds]
            yield {"name": f"{self.what.name}_{window}", "label": f"{self.what.label}, {WINDOWS[window][0]}",
                   **{key: round(median(sample[key] for sample in samples)) for key in KEYS},
                   "spread": goals.spread([sample["latency_99"] for sample in samples]), "samples": samples}

    def figure(self, window, against):
        """The 99th percentile of a window against another one's, by round; `against`: (server, window)."""
        other, base = against
        return goals.Figure([ours[window]["latency_99"] / theirs[base]["latency_99"]
                             for ours, theirs in zip(self.rounds, other.rounds)])


def answer(options):
    with ExitStack() as stack:
        origin = stack.enter_context(Origin())
        bare = Reloaded(stack, filters.bare(), origin, ("before", "first", "with"))
        ours = Reloaded(stack, filters.module("rust"), origin, tuple(WINDOWS))
        for number in range(options.rounds):
            print(f"  round {number + 1} of {options.rounds}", flush=True)
            for server in (bare, ours):
                server.measure()
        filters.check(ours.server, ours.what, TARGET)
    reached = [goals.at_most(f"99th percentile of {WINDOWS[window][0]}, against the second before",
                             ours.figure(window, (ours, "before")), 2) for window in ("with", "after")]
    reached.append(goals.at_most("99th percentile of the first 50 ms, against the bare server's reload",
                                 ours.figure("first", (bare, "first")), 2))
    return report.answer(
        "Latency of requests during a reload", [*bare.rows(), *ours.rows()],
        [("latency_50", "50% µs", "9,"), ("latency_99", "99% µs", "9,"), ("latency_most", "most µs", "9,"),
         ("spread", "spread", "8.1%")],
        {"kind": "bars", "bars": [("99th percentile, µs (less is better)", "latency_99", "{:,}")]},
        "medians of the rounds; spread: of the 99th percentiles", reached, rounds=options.rounds,
        requests_per_second=RATE_PER_CPU * len(split_cpus()[0]))
