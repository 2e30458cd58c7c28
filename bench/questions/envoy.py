# SPDX-License-Identifier: Apache-2.0
"""What does the same module cost in Envoy, and here?

The header filters in C and in Rust, the very same files: in Envoy, which runs them on V8, and in Traffic Server, on
Wasmtime. Each is compared with its own server without filters: Envoy answers by itself, Traffic Server out of its cache.
What the raw calls of the modules pay for the same in Traffic Server (see header_filter) is the share that no host on
Wasmtime could go below; the native plugin's is that of no module at all.
"""

from contextlib import ExitStack
from functools import partial

from harness.http1 import Connection
from harness.origin import Origin
from library import envoy, filters, goals, report
from library.load import http1
from library.rounds import Variant, run_rounds
from questions.header_filter import TARGET

LANGUAGES = ("c", "rust")


def envoys():
    """(name, label, filters, what the header says)."""
    yield "envoy_bare", "Envoy", [], None
    yield "envoy_lua", "Envoy, Lua filter", [envoy.lua_filter()], "lua"
    for language in LANGUAGES:
        yield (f"envoy_{language}", f"Envoy, module in {filters.SPELLED[language]}", [envoy.wasm_filter(f"examples/{language}/headers")],
               f"proxywasm-{language}")


def check(server, label, value):
    with Connection(server.port) as connection:
        response = connection.request("GET", TARGET, {"Host": filters.HOST})
    if response.status != 200 or response.headers.get(filters.HEADER) != value:
        raise SystemExit(f"{label} does not filter:\n{response}\n{server.log()}")


def answer(options):
    variants = {}
    with ExitStack() as stack:
        for name, label, of_envoy, value in envoys():
            server = stack.enter_context(envoy.Envoy(of_envoy))
            variants[name] = Variant(name, label, server, http1(server.port, filters.HOST, TARGET),
                                     partial(check, server, label, value))
        origin = stack.enter_context(Origin())
        for what in (filters.bare(), filters.native(), *(make(language) for make in (filters.raw_calls, filters.module)
                                                         for language in LANGUAGES)):
            variants[what.name] = filters.start_variant(stack, what, origin, TARGET, label=f"Traffic Server, {what.label}")
        run_rounds(list(variants.values()), options, idle=origin)
    # Of each variant: its requests and CPU time against its own server without filters.
    rows = [row for name in variants for row in report.rate_rows(
        [variants[name]], variants["envoy_bare" if name.startswith("envoy") else "bare"])]
    return report.answer(
        "The same modules in Envoy and in Traffic Server, one thread each", rows,
        report.RATE_COLUMNS, {"kind": "bars", "bars": report.RATE_BARS},
        "ratio and above: against the same server without filters; the native plugin comes to "
        + " and ".join(f"{goals.Figure(share_of_envoy(variants, 'native', language)):.2f} of Envoy's with the module in "
                       f"{filters.SPELLED[language]}" for language in LANGUAGES),
        [cost_against_envoy(variants, language) for language in LANGUAGES], rounds=options.rounds,
        seconds_per_sample=options.seconds)


def share_of_envoy(variants, name, language):
    """CPU time for a request above the bare server, of a variant here against Envoy's with that module; by round."""
    rounds = zip(*(variants[of].samples for of in (name, "bare", f"envoy_{language}", "envoy_bare")))
    return [(ours["cpu_microseconds"] - bare["cpu_microseconds"]) /
            (theirs["cpu_microseconds"] - their_bare["cpu_microseconds"]) for ours, bare, theirs, their_bare in rounds]


def cost_against_envoy(variants, language):
    goal = goals.at_most(f"CPU time above the bare server, ours against Envoy's, module in {filters.SPELLED[language]}",
                         goals.Figure(share_of_envoy(variants, language, language)), 0.25)
    return goals.beside(goal, "its raw calls alone",
                        goals.Figure(share_of_envoy(variants, f"raw_{language}", language)), ".2f")
