# SPDX-License-Identifier: Apache-2.0
"""How many instructions does a header filter cost on a cache hit, and in Envoy?

The servers of header_filter, and Envoy with the same modules, each under callgrind. A count repeats to a few parts in a
thousand on any machine, however busy, so that a change of a hundred instructions shows; but it knows nothing of caches, of
branches, and of the kernel.
"""

import shutil
import tempfile

from harness import build
from harness.origin import Origin
from library import envoy, filters, report
from library.instructions import QUIET_RECORDS, START_SECONDS, Counter, callgrind
from questions.header_filter import TARGET

REQUESTS = 100
# Before them V8 has compiled a module once more, with all care.
ENVOY_REQUESTS = 1000
COUNTS = 3
PROFILES = build.ROOT / "build" / "bench" / "instructions"


def count(name, label, make_server, check, requests):
    """The counts of one variant, as report.counts takes them; its last profile is kept for callgrind_annotate.
    `make_server`: a server that is to be started under a command; `check` takes it, and raises SystemExit when it
    answers wrong."""
    with tempfile.TemporaryDirectory(prefix="pw-counts-") as directory:
        server = make_server(under=callgrind(directory))
        server.start(START_SECONDS)
        try:
            check(server)
            counter = Counter(server, directory, TARGET, filters.HOST)
            samples = [counter.per_request(requests) for _ in range(COUNTS)]
        finally:
            server.stop()
        PROFILES.mkdir(parents=True, exist_ok=True)
        shutil.copy(counter.profile, PROFILES / f"{name}.callgrind")
    print(f"  {label}: {', '.join(f'{sample:,.0f}' for sample in samples)}", flush=True)
    return name, label, samples


def count_here(origin, what):
    """Of a filter in Traffic Server."""
    asked = len(origin.requests)
    counted = count(what.name, what.label, lambda under: filters.make_server(what, origin.port, QUIET_RECORDS, under=under),
                    lambda server: filters.check(server, what, TARGET), REQUESTS)
    if len(origin.requests) > asked + 1:
        raise SystemExit("requests reached the origin: this did not count cache hits")
    return counted


def count_in_envoy(name, label, filters_of_envoy, value):
    return count(name, label, lambda under: envoy.Envoy(filters_of_envoy, under=under),
                 lambda server: envoy.check(server, label, TARGET, value), ENVOY_REQUESTS)


def shares_of_envoy(rows, name):
    """What variants here take above the bare server, against what Envoy does for the module in each language; "{}" in
    `name` stands for the language."""
    instructions = {row["name"]: row["instructions_per_request"] for row in rows}
    for language in envoy.LANGUAGES:
        own = instructions[name.format(language)] - instructions["bare"]
        theirs = instructions[f"envoy_{language}"] - instructions["envoy_bare"]
        yield f"{own / theirs:.2f} of Envoy's with the module in {filters.SPELLED[language]}"


def answer(_options):
    with Origin() as origin:
        variants = [count_here(origin, what) for what in filters.compared_with_raw_calls()]
    variants += [count_in_envoy(*what) for what in envoy.compared()]
    print(f"  the profiles of the last {2 * REQUESTS} requests each ({2 * ENVOY_REQUESTS} of Envoy) are in {PROFILES}: "
          "see callgrind_annotate --threshold=100")
    found = report.counts("Instructions of a header filter on a cache hit, and in Envoy, in user space", variants,
                          "native", envoy.bases(name for name, _, _ in variants), requests_per_count=REQUESTS,
                          requests_per_count_in_envoy=ENVOY_REQUESTS)
    for who, name in (("the native plugin", "native"), ("ours", "{}")):
        found["note"] += f"\nabove the bare server, {who} takes {' and '.join(shares_of_envoy(found['rows'], name))}"
    return found
