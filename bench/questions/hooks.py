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
from library.rounds import Variant, run_rounds
from questions.header_filter import TARGET

HOOKS = ("request", "response", "close")
SUMS = struct.Struct("6Q")  # nanoseconds and passes of each hook, as hook_times.c has them


class Timed(Variant):
    """A filter between two clocks, whose samples have nanoseconds for a request, by hook, as well."""

    def __init__(self, stack, what, origin):
        self.path = Path(stack.enter_context(tempfile.NamedTemporaryFile(prefix="pw-hook-times-")).name)
        self.path.chmod(0o666)
        clock = filters.native_plugin("hook_times")
        between = filters.Filter(what.name, what.label,
                                 [f"{clock} begin {self.path}", *what.plugins, f"{clock} end {self.path}"],
                                 what.files, what.value)
        plain = filters.start_variant(stack, between, origin, TARGET)
        super().__init__(plain.name, plain.label, plain.server, plain.load, plain.check)

    def measure(self, seconds, cpus):
        before = SUMS.unpack(self.path.read_bytes())
        slice_ = super().measure(seconds, cpus)
        return *slice_, *(late - early for early, late in zip(before, SUMS.unpack(self.path.read_bytes())))

    def add(self, slices):
        super().add([slice_[:3] for slice_ in slices])
        sums = [sum(column) for column in zip(*slices)][3:]
        nanoseconds, passes = sums[:len(HOOKS)], sums[len(HOOKS):]
        if not all(passes):
            raise SystemExit(f"{self.label}: the clocks saw no request")
        self.samples[-1] |= {hook: time / count for hook, time, count in zip(HOOKS, nanoseconds, passes)}


def between(variant, bare):
    """The samples less those of the round without a filter, and their sum."""
    rows = [{hook: ours[hook] - none[hook] for hook in HOOKS} for ours, none in zip(variant.samples, bare.samples)]
    return [row | {"all": sum(row.values())} for row in rows]


def answer(options):
    with ExitStack() as stack:
        origin = stack.enter_context(Origin())
        variants = {what.name: Timed(stack, what, origin) for what in filters.compared_with_raw_calls()}
        run_rounds(list(variants.values()), options, idle=origin)
    rows, above = [], {}
    native = [row["all"] for row in between(variants["native"], variants["bare"])]
    for name, variant in variants.items():
        samples = between(variant, variants["bare"])
        above[name] = goals.Figure([row["all"] - yardstick for row, yardstick in zip(samples, native)])
        rows.append({"name": name, "label": variant.label, "samples": samples, "above": round(above[name].middle),
                     "spread": goals.spread([row["all"] for row in samples]) if name != "bare" else 0,
                     **{key: round(median(row[key] for row in samples)) for key in (*HOOKS, "all")}})
    note = ("ns for a request, less those of the clocks; medians of the rounds. Above the native plugin: "
            + ", ".join(f"{name} {above[name]:.0f}" for name in ("raw_c", "c", "raw_rust", "rust")))
    return report.answer(
        "A request in the hooks of a header filter on a cache hit", rows,
        [("request", "request", "9,"), ("response", "response", "9,"), ("close", "close", "9,"), ("all", "all", "9,"),
         ("above", "above", "9,"), ("spread", "spread", "8.1%")],
        {"kind": "bars", "bars": [("ns in hooks", "all", "{:,}")], "base": "native"}, note, [], rounds=options.rounds)
