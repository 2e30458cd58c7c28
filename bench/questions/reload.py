# SPDX-License-Identifier: Apache-2.0
"""What do requests feel of a reload?

The example in Rust on a cache hit, under a load that leaves the server half idle: latencies of a second without a reload,
and of one with a `traffic_ctl config reload` in it, in turn. The code cache is warm, as it is in a server that runs.
"""

import threading
from contextlib import ExitStack
from statistics import median

from harness.origin import Origin
from library import filters, goals, report
from library.load import cpu_seconds, pin, split_cpus, wrk
from questions.header_filter import TARGET

CONNECTIONS = 4
SECONDS = 2
RELOAD_AFTER = 0.5


def reload(server, text):
    """Has the server load this text: one that has not changed would be left as it is."""
    server.write("filter.yaml", text)
    server.reload()


def measure(server, load, cpus, text):
    """A sample of the load, with a reload of a text in it, or without."""
    timer = threading.Timer(RELOAD_AFTER, lambda: text and reload(server, text))
    before = cpu_seconds(server.server_pid())
    timer.start()
    sample = load(SECONDS, cpus)
    timer.join()
    return sample | {"cpu_seconds": cpu_seconds(server.server_pid()) - before}


def answer(options):
    with ExitStack() as stack:
        origin = stack.enter_context(Origin())
        what = filters.module("rust")
        server = stack.enter_context(filters.make_server(what, origin.port, manager=True, threads=2))
        filters.check(server, what, TARGET)
        server_cpus, load_cpus = split_cpus()
        pin(server.server_pid(), server_cpus)
        load = wrk(f"http://127.0.0.1:{server.port}{TARGET}", filters.HOST, CONNECTIONS)
        load(1, load_cpus)
        rounds = []
        for number in range(options.rounds):
            changed = what.files["filter.yaml"] + f"# {number}\n"
            rounds.append([measure(server, load, load_cpus, text) for text in (None, changed)])
            print(f"  round {number + 1} of {options.rounds}: 99 % within {rounds[-1][0]['latency_99']:,.0f} µs without, "
                  f"{rounds[-1][1]['latency_99']:,.0f} µs with", flush=True)
        filters.check(server, what, TARGET)
        if server.log().count("loaded anew") < options.rounds:
            raise SystemExit(f"the configuration was not loaded anew each time:\n{server.log()}")
    rows = [{"name": name, "label": label,
             **{key: round(median(pair[index][key] for pair in rounds)) for key in ("rate", "latency_50", "latency_99")},
             "samples": [pair[index] for pair in rounds]}
            for index, (name, label) in enumerate((("without", "without a reload"), ("with", "with a reload")))]
    ratio = goals.Figure([after["latency_99"] / before["latency_99"] for before, after in rounds])
    return report.answer(
        "Latency of requests during a reload", rows,
        [("rate", "requests/s", "12,"), ("latency_50", "50% µs", "9,"), ("latency_99", "99% µs", "9,")],
        {"kind": "bars", "bars": [("99th percentile, µs (less is better)", "latency_99", "{:,}")], "base": "without"},
        "medians of the rounds", [goals.at_most("99th percentile with a reload, against one without", ratio, 2)],
        rounds=options.rounds)
