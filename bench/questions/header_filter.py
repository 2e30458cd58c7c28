# SPDX-License-Identifier: Apache-2.0
"""What does a header filter cost on a cache hit?

One event thread serves a small object from the RAM cache. Compared are the bare server, a native plugin in C that sets
a header in each direction and counts, and proxywasm with the examples in C and in Rust that do the same.
"""

import subprocess
from contextlib import ExitStack
from pathlib import Path

from harness import build
from harness.configuration import configuration, global_plugin
from harness.origin import Origin
from harness.server import TrafficServer, remap_rule
from library.report import result
from library.rounds import Variant, run_rounds

TARGET = "/cached?size=100&cache=3600"
HOST = "bench.test"
GOAL = {"variants": ["c", "rust"], "ratio": 0.90}


def build_native():
    """Compiles the native plugin; returns its path."""
    source = Path(__file__).resolve().parents[1] / "native_header_filter.c"
    output = build.ROOT / "build" / "bench" / "native_header_filter.so"
    output.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-Wall", "-Wextra", "-Werror", str(source), "-o", str(output)],
                   check=True)
    return output


def compared():
    """What is compared: (name, label, the native plugin, the module, what its header says)."""
    return [("bare", "bare server", None, None, None),
            ("native", "native plugin in C", build_native(), None, "native-c"),
            ("c", "proxywasm, module in C", None, "examples/c/headers", "proxywasm-c"),
            ("rust", "proxywasm, module in Rust", None, "examples/rust/headers", "proxywasm-rust")]


def make_server(origin, name, plugin, module, records=None, under=()):
    """The server of a variant, to be started."""
    # The Rust SDK exports the callbacks of bodies, too: a filter of headers says that it wants none.
    keys = {"log_level": "warn", "request_body": "off", "response_body": "off"}
    files = {"filter.yaml": configuration(module, name=name, **keys)} if module else {}
    plugins = [global_plugin("filter.yaml")] if module else [str(plugin)] if plugin else []
    return TrafficServer(
        plugins=plugins, files=files, remap=[remap_rule(HOST, origin.port)], threads=1, under=under,
        records={"log.logging_enabled": 0, "http.keep_alive_no_activity_timeout_in": 300, **(records or {})})


def check(server, label, value):
    """Fills the cache, and checks that the filter does its work."""
    for _ in range(2):
        response = server.get(TARGET, HOST)
    if response.status != 200 or response.headers.get("x-filtered-by") != value:
        raise SystemExit(f"{label} does not filter:\n{response}\n{server.log()}")


def answer(rounds, seconds):
    with ExitStack() as stack:
        origin = stack.enter_context(Origin())
        variants = []
        for name, label, plugin, module, value in compared():
            server = stack.enter_context(make_server(origin, name, plugin, module))
            check(server, label, value)
            variants.append(Variant(name, label, server, HOST))
        asked = len(origin.requests)
        print("header_filter: what does a header filter cost on a cache hit?")
        run_rounds(variants, TARGET, rounds, seconds)
        if len(origin.requests) != asked:
            raise SystemExit("requests reached the origin: this did not measure cache hits")
        return result("A header filter on a cache hit, one event thread", variants, variants[1], GOAL,
                      seconds_per_sample=seconds)
