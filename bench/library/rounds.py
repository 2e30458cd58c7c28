# SPDX-License-Identifier: Apache-2.0
"""Paired rounds: in each round every variant is measured in slices of part of a second, each time in another order, so that
a machine that gets slower for a while does so for all of them. Each round has new processes: where one lies in memory
makes it some percent faster or slower for all of its life."""

from statistics import median

from .goals import spread
from .load import LoadFailed, cpu_seconds, pin, split_cpus


# A round is made of slices: every variant has its turn some times in each, so that it shares whatever disturbs.
SLICES = 8
WARM_UP_SECONDS = 0.3


class Variant:
    """One of the things compared: a running server, and a load on it (library.load)."""

    def __init__(self, name, label, server, load, check):
        """`check`: asks the server something, and raises SystemExit when the answer is wrong."""
        self.name = name
        self.label = label
        self.server = server
        self.load = load
        self.check = check
        self.samples = []

    def prepare(self, server_cpus, load_cpus, seconds):
        """Before a round: another process, that answers as it should, and some seconds of load that do not count."""
        if self.samples:
            self.server.start_anew()
        self.check()
        pin(self.server.server_pid(), server_cpus)
        self.measure(seconds, load_cpus)

    def measure(self, seconds, cpus):
        """Requests, seconds, and the CPU time that the server took."""
        pid = self.server.server_pid()
        before = cpu_seconds(pid)
        slice_ = self.load(seconds, cpus)
        return slice_["requests"], slice_["seconds"], cpu_seconds(pid) - before

    def add(self, slices):
        """A sample of a round's slices."""
        requests, seconds, cpu = (sum(column) for column in zip(*slices))
        if not requests:
            raise LoadFailed(f"{self.label}: no request was over in {seconds} s: give more --seconds")
        self.samples.append({"rate": requests / seconds, "cpu_microseconds": cpu * 1e6 / requests})

    def middle(self, key):
        return median(sample[key] for sample in self.samples)

    def spread(self, key):
        return spread([sample[key] for sample in self.samples])


def run_rounds(variants, options, cpus=None, turns=SLICES, idle=None):
    """Measures all variants options.rounds times for options.seconds. `cpus`: those of the servers and those of the load,
    if not one half of the machine each. `turns`: in how many slices; fewer for requests that take long. `idle`: the
    origin, if everything has to come from the cache."""
    server_cpus, load_cpus = cpus or split_cpus()
    slice_seconds = options.seconds / turns
    for number in range(options.rounds):
        for variant in variants:
            variant.prepare(server_cpus, load_cpus, max(WARM_UP_SECONDS, slice_seconds))
        asked = len(idle.requests) if idle else 0
        slices = {variant: [] for variant in variants}
        for turn in range(turns):
            start = (number + turn) % len(variants)
            for variant in variants[start:] + variants[:start]:
                slices[variant].append(variant.measure(slice_seconds, load_cpus))
        if idle and len(idle.requests) != asked:
            raise SystemExit("requests reached the origin: this did not measure cache hits")
        for variant in variants:
            variant.add(slices[variant])
        rates = ", ".join(f"{variant.name} {variant.samples[-1]['rate']:,.0f}/s" for variant in variants)
        print(f"  round {number + 1} of {options.rounds}: {rates}", flush=True)
