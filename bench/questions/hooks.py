# SPDX-License-Identifier: Apache-2.0
"""How long is a request in the hooks of a header filter?

The servers of header_filter, each with a plugin before the filter and one after it that read the clock
(bench/plugins/hook_times.c): nanoseconds of a request at READ_REQUEST_HDR, SEND_RESPONSE_HDR and TXN_CLOSE, less those with
no filter between the clocks. It is far more exact than rates are, but knows only what a filter does: not that the server
runs slower afterwards, as its caches held something else meanwhile.
"""

import struct
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from harness.origin import Origin
from library import filters, goals, report
from library.load import http1, pin, split_cpus
from questions.header_filter import TARGET

HOOKS = ("request", "response", "close")
WARM_UP_SECONDS = 0.3
SUMS = struct.Struct("6Q")  # as hook_times.c has them


class Timed:
    """A filter between two clocks."""

    def __init__(self, stack, what, origin):
        self.what = what
        self.samples = []
        self.path = Path(stack.enter_context(tempfile.NamedTemporaryFile(prefix="pw-hook-times-")).name)
        self.path.chmod(0o666)
        clock = filters.native_plugin("hook_times")
        between = filters.Filter(what.name, what.label,
                                 [f"{clock} begin {self.path}", *what.plugins, f"{clock} end {self.path}"],
                                 what.files, what.value)
        self.server = stack.enter_context(filters.make_server(between, origin.port))

    def measure(self, seconds, server_cpus, load_cpus):
        """Takes a sample of another process: nanoseconds for a request, by hook."""
        if self.samples:
            self.server.start_anew()
        filters.check(self.server, self.what, TARGET)
        pin(self.server.server_pid(), server_cpus)
        load = http1(self.server.port, filters.HOST, TARGET)
        load(WARM_UP_SECONDS, load_cpus)
        before = SUMS.unpack(self.path.read_bytes())
        load(seconds, load_cpus)
        more = [late - early for early, late in zip(before, SUMS.unpack(self.path.read_bytes()))]
        if not all(more[3:]):
            raise SystemExit(f"{self.what.label}: the clocks saw no request")
        self.samples.append({hook: more[i] / more[i + 3] for i, hook in enumerate(HOOKS)})


def between(variant, bare):
    """The samples less those of the round without a filter, and their sum."""
    rows = [{hook: ours[hook] - none[hook] for hook in HOOKS} for ours, none in zip(variant.samples, bare.samples)]
    return [row | {"all": sum(row.values())} for row in rows]


def answer(options):
    with ExitStack() as stack:
        origin = stack.enter_context(Origin())
        variants = {what.name: Timed(stack, what, origin) for what in filters.compared()}
        cpus = split_cpus()
        for number in range(options.rounds):
            for variant in variants.values():
                variant.measure(options.seconds, *cpus)
            print(f"  round {number + 1} of {options.rounds}", flush=True)
    rows, above = [], {}
    native = [row["all"] for row in between(variants["native"], variants["bare"])]
    for name, variant in variants.items():
        samples = between(variant, variants["bare"])
        above[name] = goals.Figure([row["all"] - yardstick for row, yardstick in zip(samples, native)])
        rows.append({"name": name, "label": variant.what.label, "samples": samples, "above": round(above[name].middle),
                     **{key: round(median(row[key] for row in samples)) for key in (*HOOKS, "all")}})
    note = ("ns for a request, less those of the clocks; medians of the rounds. Above the native plugin: "
            + ", ".join(f"{name} {above[name]:.0f}" for name in ("raw_c", "c", "raw_rust", "rust")))
    return report.answer(
        "A request in the hooks of a header filter on a cache hit", rows,
        [("request", "request", "9,"), ("response", "response", "9,"), ("close", "close", "9,"), ("all", "all", "9,"),
         ("above", "above", "9,")],
        {"kind": "bars", "bars": [("ns in hooks", "all", "{:,}")], "base": "native"}, note, [], rounds=options.rounds)
