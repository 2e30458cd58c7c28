# SPDX-License-Identifier: Apache-2.0
"""How long does a server take to start with a module, cold and with compiled code in the cache?

From the start of the process to the first answer, with modules of four sizes. Cold: the code cache is empty; warm: the
server was started before.
"""

import json
import shutil
import time

from harness import build
from harness.configuration import configuration, global_plugin
from harness.origin import Origin
from library import filters, goals, report

TARGET = "/started?size=100"
RULES = json.dumps({"rules": ["SecRuleEngine On", 'SecRule REQUEST_HEADERS:User-Agent "perl" "id:1,deny,status:403"']})
# A module: its language, what its server's configuration has, and a request (headers, expected status, expected value of
# filters.HEADER) that shows that it runs.
MODULES = {
    "small": ("bench/small", "the text format", {}, ({}, 200, "proxywasm-small")),
    "c": ("examples/c/headers", "C", {}, ({}, 200, "proxywasm-c")),
    "rust": ("examples/rust/headers", "Rust", {}, ({}, 200, "proxywasm-rust")),
    "go": ("examples/go/headers", "Go", {}, ({}, 200, "proxywasm-go")),
    "firewall": ("examples/go/waf", "Go, a firewall", {"configuration": RULES}, ({"User-Agent": "perl"}, 403, None)),
}
# The module that is to be there at once: the one with the most code.
LARGEST = "firewall"


def size_of(module):
    size = build.module(module).stat().st_size
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.0f} KB" if size >= 1e4 else f"{size / 1e3:.1f} KB"


class Starts:
    """One server, started again and again, cold or warm."""

    def __init__(self, name, label, warm, what, shows, origin):
        self.name = name
        self.label = label
        self.warm = warm
        self.shows = shows
        self.server = filters.make_server(what, origin.port)
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
        self.server.get(TARGET, filters.HOST)
        self.samples.append({"milliseconds": (time.monotonic() - before) * 1e3})
        self.check()
        self.server.halt()

    def check(self):
        headers, status, value = self.shows
        answered = self.server.get(TARGET, filters.HOST, headers)
        if answered.status != status or answered.headers.get(filters.HEADER) != value:
            raise SystemExit(f"{self.label} does not filter:\n{answered}\n{self.server.log()}")


def make_all(origin):
    yield Starts("none", "no plugin", True, filters.bare(), ({}, 200, None), origin)
    for name, (module, language, keys, shows) in MODULES.items():
        text = configuration(module, name=name, log_level="error", request_body="off", response_body="off", **keys)
        what = filters.Filter(name, name, [global_plugin("filter.yaml")], {"filter.yaml": text})
        for word in ("cold", "warm"):
            yield Starts(f"{name}_{word}", f"{language}, {size_of(module)}, {word}", word == "warm", what, shows, origin)


def answer(options):
    starts = []
    with Origin() as origin:
        try:
            starts.extend(make_all(origin))
            for number in range(options.rounds):
                for start in starts[number % len(starts):] + starts[:number % len(starts)]:
                    start.start()
                print(f"  round {number + 1} of {options.rounds}", flush=True)
        finally:
            for start in starts:
                start.server.discard()
    none, largest = (next(start for start in starts if start.name == name) for name in ("none", f"{LARGEST}_warm"))
    return report.answer(
        "From the start of the process to its first answer", [row_of(start, none) for start in starts],
        [("milliseconds", "ms", "10.1f"), ("above_none", "above", "10.1f"), ("spread", "spread", "10.1%")],
        {"kind": "bars", "bars": [("Milliseconds to the first answer (less is better)", "milliseconds", "{:.0f}")]},
        "above: than without a plugin, the medians of the rounds",
        [goals.at_most(f"ms of a warm start ({largest.label}) above one without a plugin",
                       goals.above(largest, none, "milliseconds"), 60)],
        rounds=options.rounds)


def row_of(start, none):
    times = [sample["milliseconds"] for sample in start.samples]
    return {"name": start.name, "label": start.label, "milliseconds": round(goals.Figure(times).middle, 1),
            "above_none": round(goals.above(start, none, "milliseconds").middle, 1), "spread": goals.spread(times),
            "samples": start.samples}
