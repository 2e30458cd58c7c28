# SPDX-License-Identifier: Apache-2.0
"""What does the same module cost in Envoy, and here?

The header filters in C and in Rust, the very same files: in Envoy, which runs them on V8, and in Traffic Server, on
Wasmtime. Each is compared with its own server without filters: Envoy answers by itself, Traffic Server out of its cache.
What the raw calls of the modules pay for the same in Traffic Server (see header_filter) is the share that no host on
Wasmtime could go below; the native plugin's is that of no module at all.
"""

from contextlib import ExitStack

from harness.origin import Origin
from library import envoy, filters, goals, report
from library.load import http1
from library.rounds import run_rounds
from questions.header_filter import TARGET


def compared():
    return [filters.bare(), filters.native(), *(make(language) for make in (filters.raw_calls, filters.module)
                                                for language in envoy.LANGUAGES)]


def answer(options):
    with ExitStack() as stack:
        variants = envoy.start_variants(stack, TARGET, lambda server: http1(server.port, filters.HOST, TARGET))
        origin = stack.enter_context(Origin())
        for what in compared():
            variants[what.name] = filters.start_variant(stack, what, origin, TARGET, label=f"Traffic Server, {what.label}")
        run_rounds(list(variants.values()), options, idle=origin)
    shares = [f"{goals.Figure(share_of_envoy(variants, 'native', language)):.2f} of Envoy's with the module in "
              f"{filters.SPELLED[language]}" for language in envoy.LANGUAGES]
    return report.rates(
        "The same modules in Envoy and in Traffic Server, one thread each", list(variants.values()), variants["bare"],
        [cost_against_envoy(variants, language) for language in envoy.LANGUAGES], envoy.bases(variants),
        "the native plugin comes to " + " and ".join(shares), seconds_per_sample=options.seconds)


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
