# SPDX-License-Identifier: Apache-2.0
"""Paired rounds: in each round every variant is measured once, each time in another order, so that a machine that gets
slower for a while does so for all of them."""

from statistics import median

from .load import cpu_seconds, pin, split_cpus


class Variant:
    """One of the things compared: a running server, and a load on it (library.load)."""

    def __init__(self, name, label, server, load):
        self.name = name
        self.label = label
        self.server = server
        self.load = load
        self.samples = []

    def measure(self, seconds, cpus):
        pid = self.server.server_pid()
        before = cpu_seconds(pid)
        sample = self.load(seconds, cpus)
        sample["cpu_microseconds"] = (cpu_seconds(pid) - before) * 1e6 / sample["requests"]
        self.samples.append(sample)

    def middle(self, key):
        return median(sample[key] for sample in self.samples)

    def spread(self, key):
        """Half of the distance between the quartiles, relative to the median."""
        values = sorted(sample[key] for sample in self.samples)
        quarter = len(values) // 4
        return (values[-1 - quarter] - values[quarter]) / 2 / median(values)


def run_rounds(variants, options, cpus=None, say=print):
    """Measures all variants options.rounds times for options.seconds, after one round that does not count. `cpus`: those
    of the servers and those of the load, if not one half of the machine each."""
    server_cpus, load_cpus = cpus or split_cpus()
    for variant in variants:
        pin(variant.server.server_pid(), server_cpus)
        variant.measure(1, load_cpus)
        variant.samples.clear()
    for number in range(options.rounds):
        start = number % len(variants)
        for variant in variants[start:] + variants[:start]:
            variant.measure(options.seconds, load_cpus)
        rates = ", ".join(f"{variant.name} {variant.samples[-1]['rate']:,.0f}/s" for variant in variants)
        say(f"  round {number + 1} of {options.rounds}: {rates}")
