# SPDX-License-Identifier: Apache-2.0
"""What do requests feel of a reload?

The example in Rust on a cache hit, under a load that leaves the server half idle, in the middle of which comes a
`traffic_ctl config reload`: latencies of the requests of the second before, and of those of the second that it begins. The
server has as many event threads as processors, so that there is none to spare for what loads the configuration. The
code cache is warm, as it is in a server that runs.
"""

import threading
import time
from contextlib import ExitStack
from statistics import median

from harness.origin import Origin
from library import filters, goals, report
from library.load import cpu_seconds, paced, pin, split_cpus
from questions.header_filter import TARGET

CONNECTIONS = 4
RATE_PER_CPU = 20_000
SECONDS = 3
RELOAD_AFTER = 1.5
WINDOW = 1.0  # seconds


def reload(server, text):
    """Has the server load this text: one that has not changed would be left as it is. Returns when it was asked to."""
    server.write("filter.yaml", text)
    now = time.time()
    server.reload()
    return now


def latencies(requests, begin):
    """Of the requests of one window."""
    window = sorted(microseconds for start, microseconds in requests if begin <= start < begin + WINDOW)
    return {"rate": len(window) / WINDOW, "latency_50": window[len(window) // 2],
            "latency_99": window[len(window) * 99 // 100], "latency_most": window[-1]}


def measure(server, load, cpus, text):
    """The windows before a reload and from it on, and the share of a processor that the server had."""
    asked = []
    timer = threading.Timer(RELOAD_AFTER, lambda: asked.append(reload(server, text)))
    before = cpu_seconds(server.server_pid())
    timer.start()
    requests = load(SECONDS, cpus)
    timer.join()
    busy = (cpu_seconds(server.server_pid()) - before) / SECONDS
    return [latencies(requests, begin) | {"busy": busy} for begin in (asked[0] - WINDOW, asked[0])]


def answer(options):
    with ExitStack() as stack:
        origin = stack.enter_context(Origin())
        what = filters.module("rust")
        server_cpus, load_cpus = split_cpus()
        server = stack.enter_context(filters.make_server(what, origin.port, manager=True, threads=len(server_cpus)))
        filters.check(server, what, TARGET)
        pin(server.server_pid(), server_cpus)
        load = paced(server.port, filters.HOST, TARGET, CONNECTIONS, RATE_PER_CPU * len(server_cpus))
        load(1, load_cpus)
        rounds = []
        for number in range(options.rounds):
            changed = what.files["filter.yaml"] + f"# {number}\n"
            before, during = measure(server, load, load_cpus, changed)
            rounds.append([before, during])
            print(f"  round {number + 1} of {options.rounds}: 99 % within {before['latency_99']:,} µs before, "
                  f"{during['latency_99']:,} µs during; the server was busy {before['busy']:.0%}", flush=True)
        filters.check(server, what, TARGET)
        if server.log().count("loaded anew") < options.rounds:
            raise SystemExit(f"the configuration was not loaded anew each time:\n{server.log()}")
    keys = ("rate", "latency_50", "latency_99", "latency_most")
    rows = [{"name": name, "label": label, **{key: round(median(pair[index][key] for pair in rounds)) for key in keys},
             "samples": [pair[index] for pair in rounds]}
            for index, (name, label) in enumerate((("before", "the second before"), ("during", "the second with it")))]
    ratio = goals.Figure([during["latency_99"] / before["latency_99"] for before, during in rounds])
    return report.answer(
        "Latency of requests during a reload", rows,
        [("rate", "requests/s", "12,"), ("latency_50", "50% µs", "9,"), ("latency_99", "99% µs", "9,"),
         ("latency_most", "most µs", "9,")],
        {"kind": "bars", "bars": [("99th percentile, µs (less is better)", "latency_99", "{:,}")], "base": "before"},
        "medians of the rounds", [goals.at_most("99th percentile with a reload, against the second before", ratio, 2)],
        rounds=options.rounds)
