# SPDX-License-Identifier: Apache-2.0
"""How much memory do plugins, open transactions and many requests take?

The resident memory of the server: with no plugin and with 1, 10 and 100 of the example in Rust, each in a VM of its own on
two event threads; while 1,000 transactions wait for the origin; and over ten million requests on a cache hit.
"""

import time
from contextlib import ExitStack

from harness.configuration import configuration, global_plugin
from harness.http1 import format_request
from harness.origin import Origin
from library import filters, goals, report
from library.load import pin, split_cpus, wrk
from questions.header_filter import TARGET

PLUGINS = (0, 1, 10, 100)
FILES_OF_A_LINE = 25  # of plugin.config, whose lines the server limits
OPEN = 1000
PARTS = 10  # of the requests: memory is looked at after each


def with_plugins(count):
    """A filter that is `count` plugins, each with a VM of its own."""
    files = {f"filter-{number}.yaml": configuration(
        "examples/rust/headers", name=f"rust-{number}", log_level="warn", request_body="off", response_body="off",
        vm={"vm_id": str(number)}) for number in range(count)}
    names = list(files)
    lines = [global_plugin(*names[at:at + FILES_OF_A_LINE]) for at in range(0, count, FILES_OF_A_LINE)]
    return filters.Filter(f"plugins_{count}", f"{count} plugins", lines, files, "proxywasm-rust" if count else None)


def memory_of_plugins(origin):
    """(count, kilobytes) of a server that has answered with each number of plugins."""
    for count in PLUGINS:
        what = with_plugins(count)
        with filters.make_server(what, origin.port, threads=2) as server:
            filters.check(server, what, TARGET)
            yield count, server.memory_kilobytes()


def memory_of_open(origin, what):
    """Bytes for each of OPEN transactions that wait for the origin. The first thousand fills the server's pools of
    connections, buffers and transactions; it is what is compared between servers."""
    with filters.make_server(what, origin.port, {"http.cache.http": 0, "net.connections_throttle": 5000}) as server:
        server.get("/", filters.HOST)
        before = server.memory_kilobytes()
        with ExitStack() as stack:
            for _ in range(OPEN):
                connection = stack.enter_context(server.connect(timeout=60))
                connection.send(format_request("GET", "/wait?delay=30", {"Host": filters.HOST}))
            end = time.monotonic() + 20
            while sum(request.target.startswith("/wait") for request in origin.requests) < OPEN:
                if time.monotonic() > end:
                    raise SystemExit("the origin did not get all requests")
                time.sleep(0.1)
            return (server.memory_kilobytes() - before) * 1024 / OPEN


def memory_of_many(origin, requests):
    """Kilobytes after each tenth of the requests, of which the first is left out."""
    what = filters.module("rust")
    with filters.make_server(what, origin.port, threads=2) as server:
        filters.check(server, what, TARGET)
        server_cpus, load_cpus = split_cpus()
        pin(server.server_pid(), server_cpus)
        load = wrk(f"http://127.0.0.1:{server.port}{TARGET}", filters.HOST, 32)
        sent, samples = 0, []
        while len(samples) < PARTS:
            while sent < requests * (len(samples) + 1) / PARTS:
                sent += load(5, load_cpus)["requests"]
            samples.append(server.memory_kilobytes())
            print(f"  {sent:,} requests: {samples[-1]:,} KiB", flush=True)
        return samples


def answer(options):
    rows = []
    with Origin() as origin:
        kilobytes = dict(memory_of_plugins(origin))
        for count, size in kilobytes.items():
            rows.append({"label": f"server with {count} plugins", "kilobytes": size,
                         "each": round((size - kilobytes[0]) / count) if count else 0})
    for what in (filters.bare(), filters.module("rust")):
        with Origin() as origin:
            each = memory_of_open(origin, what)
        rows.append({"label": f"1,000 open transactions, {what.label}", "kilobytes": round(each * OPEN / 1024),
                     "each": round(each / 1024, 1)})
    with Origin() as origin:
        many = memory_of_many(origin, options.requests)
    rows += [{"label": f"after {number} tenths of {options.requests:,} requests", "kilobytes": size}
             for number, size in ((2, many[1]), (PARTS, many[-1]))]
    growth = goals.exact("memory after the last tenth of the requests, against after the second", many[-1] / many[1], 1.01)
    return report.answer("Resident memory of the server", rows,
                         [("kilobytes", "KiB", "12,"), ("each", "KiB each", "12,")],
                         {"kind": "bars", "bars": [("KiB", "kilobytes", "{:,}")]}, "", [growth], many=many)
