# SPDX-License-Identifier: Apache-2.0
"""How many instructions does a header filter cost on a cache hit?

The servers of header_filter, each under callgrind. A count repeats to a few parts in a thousand on any machine, however
busy, so that a change of a hundred instructions shows; but it knows nothing of caches, of branches, and of the kernel.
"""

import shutil
import tempfile

from harness import build
from harness.origin import Origin
from library import filters, report
from library.instructions import QUIET_RECORDS, START_SECONDS, Counter, under_callgrind
from questions.header_filter import TARGET

REQUESTS = 100
COUNTS = 3
PROFILES = build.ROOT / "build" / "bench" / "instructions"


def count(origin, what):
    """The counts of one variant; its last profile is kept for callgrind_annotate."""
    with tempfile.TemporaryDirectory(prefix="pw-counts-") as directory:
        server = filters.make_server(what, origin.port, QUIET_RECORDS, under=under_callgrind(directory))
        server.start(START_SECONDS)
        try:
            filters.check(server, what, TARGET)
            counter = Counter(server, directory, TARGET, filters.HOST)
            samples = [counter.per_request(REQUESTS) for _ in range(COUNTS)]
        finally:
            server.stop()
        PROFILES.mkdir(parents=True, exist_ok=True)
        shutil.copy(counter.profile, PROFILES / f"{what.name}.callgrind")
    print(f"  {what.label}: {', '.join(f'{sample:,.0f}' for sample in samples)}", flush=True)
    return what.name, what.label, samples


def answer(_options):
    with Origin() as origin:
        variants = []
        for what in filters.compared_with_raw_calls():
            asked = len(origin.requests)
            variants.append(count(origin, what))
            if len(origin.requests) > asked + 1:
                raise SystemExit("requests reached the origin: this did not count cache hits")
    print(f"  the profiles of {2 * REQUESTS} requests each are in {PROFILES}: see callgrind_annotate --threshold=100")
    return report.counts("Instructions of a header filter on a cache hit, in user space", variants, "native",
                         requests_per_count=REQUESTS)
