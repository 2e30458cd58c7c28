# SPDX-License-Identifier: Apache-2.0
"""What does it cost to stream a response's body through a filter?

Bodies of 1 KB, 100 KB and 10 MB out of the cache: through no filter, through a native transform that changes nothing,
through a module that cannot change them, through one that could and does not, and through the example in C that replaces a
text wherever it occurs.
"""

from contextlib import ExitStack

from harness.configuration import configuration, global_plugin
from harness.origin import Origin
from harness.origin_answer import digits
from library import filters, goals, report
from library.load import http1
from library.rounds import SLICES, Variant, run_rounds

SIZES = {"1 KB": 1_000, "100 KB": 100_000, "10 MB": 10_000_000}
# The cache keeps the largest in memory.
ROOM = {"cache.ram_cache.size": 256 << 20, "cache.ram_cache_cutoff": 64 << 20}
STORAGE = "cache 512M\n"
# What the example in C is to replace, and by what: it occurs every sixteen bytes.
OLD, NEW = "0123456789abcdef0", "fedcba98765432100"
# From this size on a slice of a round would see hardly a request end.
LONG = 1_000_000
CONNECTIONS = 4


def compared():
    """What a body goes through."""
    streams = {"pass": ("bench/pass_body", "proxywasm, a module that changes nothing", {}),
               "keep": ("bench/keep_body", "proxywasm, one that could change it", {}),
               "rewrite": ("examples/c/rewrite", "proxywasm, a module that replaces text",
                           {"configuration": f"{OLD}={NEW}", "request_body": "off"})}
    return [filters.Filter("bare", "no filter"),
            filters.Filter("native", "native transform, changes nothing", [filters.native_plugin("null_transform")]),
            *(filters.Filter(name, label, [global_plugin("filter.yaml")],
                             {"filter.yaml": configuration(module, name=name, log_level="warn", **keys)})
              for name, (module, label, keys) in streams.items())]


def behind(what, body):
    """What becomes of a body."""
    if what.name == "keep" and len(body) == 1:
        return b"!"
    return body.replace(OLD.encode(), NEW.encode()) if what.name == "rewrite" else body


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
        for body_size in (1, size):
            for _ in range(2):
                response = server.get(f"/body?size={body_size}&cache=3600", filters.HOST)
            if response.status != 200 or response.body != behind(what, digits(body_size)):
                raise SystemExit(f"{what.label}: {response.status} with a body of {len(response.body)} bytes that is not "
                                 f"what it should be\n{server.log()}")
        if what.name == "pass":
            server.wait_for_log("a body of one byte")

    return Variant(f"{what.name}_{size}", f"{word}, {what.label}", server,
                   http1(server.port, filters.HOST, target, CONNECTIONS), check)


def answer(options):
    rows, reached = [], []
    for word, size in SIZES.items():
        variants = measure(options, size, word)
        rows += report.rate_rows(variants, variants[1])
        if size == max(SIZES.values()):
            reached = [goals.at_least(f"{variant.label}, against the native transform",
                                      goals.paired(variant, variants[1], "rate"), 0.9) for variant in variants[2:4]]
    return report.answer(
        "A response's body streamed through a filter, one event thread", rows, report.RATE_COLUMNS,
        {"kind": "bars", "bars": report.RATE_BARS}, "ratio and above: against the native transform of the same size",
        reached, rounds=options.rounds, seconds_per_sample=options.seconds)
