# SPDX-License-Identifier: Apache-2.0
"""What does it cost to stream a response's body through a filter?

Bodies of 1 KB, 100 KB and 10 MB out of the cache: through no filter, through a native transform that changes nothing,
through a module that changes nothing, and through the example in C that replaces a text wherever it occurs.
"""

from contextlib import ExitStack

from harness.configuration import configuration, global_plugin
from harness.origin import Origin
from library import filters, goals, report
from library.load import http1
from library.rounds import SLICES, Variant, run_rounds

SIZES = {"1 KB": 1_000, "100 KB": 100_000, "10 MB": 10_000_000}
# The cache keeps the largest in memory.
ROOM = {"cache.ram_cache.size": 256 << 20, "cache.ram_cache_cutoff": 64 << 20}
STORAGE = "cache 512M\n"
# From this size on a slice of a round would see hardly a request end.
LONG = 1_000_000
CONNECTIONS = 4


def compared():
    """What a body goes through."""
    streams = {"pass": ("bench/pass_body", "proxywasm, a module that changes nothing", {}),
               "rewrite": ("examples/c/rewrite", "proxywasm, a module that replaces text",
                           {"configuration": "0123456789abcdef0=fedcba98765432100", "request_body": "off"})}
    return [filters.Filter("bare", "no filter"),
            filters.Filter("native", "native transform, changes nothing", [filters.native_plugin("null_transform")]),
            *(filters.Filter(name, label, [global_plugin("filter.yaml")],
                             {"filter.yaml": configuration(module, name=name, log_level="warn", **keys)})
              for name, (module, label, keys) in streams.items())]


def measure(options, size, word):
    """The variants of one size, measured."""
    with ExitStack() as stack:
        origin = stack.enter_context(Origin())
        variants = []
        for what in compared():
            what.files["storage.config"] = STORAGE
            variants.append(start(stack, what, size, word, origin))
        run_rounds(variants, options, turns=1 if size >= LONG else SLICES, idle=origin)
    return variants


def start(stack, what, size, word, origin):
    """The variant of what a body of that size goes through."""
    target = f"/body?size={size}&cache=3600"
    server = stack.enter_context(filters.make_server(what, origin.port, ROOM))

    def check():
        for _ in range(2):
            response = server.get(target, filters.HOST)
        if response.status != 200 or len(response.body) != size:
            raise SystemExit(f"{what.label}: {response.status} with {len(response.body)} bytes\n{server.log()}")

    return Variant(f"{what.name}_{size}", f"{word}, {what.label}", server,
                   http1(server.port, filters.HOST, target, CONNECTIONS), check)


def answer(options):
    rows, reached = [], []
    for word, size in SIZES.items():
        variants = measure(options, size, word)
        rows += report.rate_rows(variants, variants[1])
        if size == max(SIZES.values()):
            reached.append(goals.at_least(f"{word} through a module that changes nothing, against the native transform",
                                          goals.paired(variants[2], variants[1], "rate"), 0.9))
    return report.answer(
        "A response's body streamed through a filter, one event thread", rows, report.RATE_COLUMNS,
        {"kind": "bars", "bars": report.RATE_BARS}, "ratio and above: against the native transform of the same size",
        reached, rounds=options.rounds, seconds_per_sample=options.seconds)
