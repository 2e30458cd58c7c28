# SPDX-License-Identifier: Apache-2.0
"""How long does a server take to start with a module, cold and with compiled code in the cache?

From the start of the process to the first answer. Cold: the code cache is empty; warm: the server was started before.
"""

import shutil
import time

from harness.origin import Origin
from library import filters, goals, report

MODULES = {"none": ("no plugin", None), "c": ("C, 8 KB", "c"), "rust": ("Rust, 144 KB", "rust"),
           "go": ("Go, 2.6 MB", "go")}
TARGET = "/started?size=100"


class Starts:
    """One server, started again and again, cold or warm."""

    def __init__(self, name, label, language, warm, origin):
        self.name = name
        self.label = label
        self.warm = warm
        self.what = filters.module(language) if language else filters.bare()
        self.server = filters.make_server(self.what, origin.port)
        self.samples = []
        if warm:
            self.start()
            self.samples.clear()

    def start(self):
        """Starts it, takes the time to its first answer, and ends the process, which keeps its directory."""
        if not self.warm:
            shutil.rmtree(self.server.directory / "run" / "proxywasm", ignore_errors=True)
        (self.server.directory / "log" / "diags.log").unlink(missing_ok=True)
        before = time.monotonic()
        self.server.start(60)
        answered = self.server.get(TARGET, filters.HOST)
        self.samples.append({"milliseconds": (time.monotonic() - before) * 1e3})
        if answered.headers.get(filters.HEADER) != self.what.value:
            raise SystemExit(f"{self.label} does not filter:\n{answered}\n{self.server.log()}")
        self.server.halt()


def answer(options):
    with Origin() as origin:
        starts = [Starts(f"{name}_{word}", f"{label}, {word}", language, word == "warm", origin)
                  for name, (label, language) in MODULES.items() for word in (("warm",) if name == "none" else ("cold", "warm"))]
        try:
            for number in range(options.rounds):
                for start in starts:
                    start.start()
                print(f"  round {number + 1} of {options.rounds}", flush=True)
        finally:
            for start in starts:
                start.server.discard()
    by_name = {start.name: start for start in starts}
    rows = [{"name": start.name, "label": start.label,
             "milliseconds": round(goals.Figure([sample["milliseconds"] for sample in start.samples]).middle, 1),
             "above_none": round(goals.above(start, by_name["none_warm"], "milliseconds").middle, 1),
             "samples": start.samples} for start in starts]
    return report.answer(
        "From the start of the process to its first answer", rows,
        [("milliseconds", "ms", "10.1f"), ("above_none", "above", "10.1f")],
        {"kind": "bars", "bars": [("Milliseconds to the first answer (less is better)", "milliseconds", "{:.0f}")]},
        "above: than without a plugin, the medians of the rounds",
        [goals.at_most("ms of a warm start with the module in Go above one without",
                       goals.above(by_name["go_warm"], by_name["none_warm"], "milliseconds"), 60)],
        rounds=options.rounds)
