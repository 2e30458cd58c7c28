# SPDX-License-Identifier: Apache-2.0
"""Paired rounds: in each round every variant is measured once, each time in another order, so that a machine that gets
slower for a while does so for all of them."""

from statistics import median

from .load import cpu_seconds, pin, run_wrk, split_cpus

CONNECTIONS = 16


class Variant:
    """One of the things compared: a running server, and the host to ask for."""

    def __init__(self, name, label, server, host, headers=None):
        self.name = name
        self.label = label
        self.server = server
        self.host = host
        self.headers = dict(headers or {})
        self.samples = []

    def measure(self, target, seconds, cpus):
        pid = self.server.server_pid()
        before = cpu_seconds(pid)
        sample = run_wrk(f"http://127.0.0.1:{self.server.port}{target}", {"Host": self.host, **self.headers}, seconds,
                         CONNECTIONS, cpus)
        sample["cpu_microseconds"] = (cpu_seconds(pid) - before) * 1e6 / sample["requests"]
        self.samples.append(sample)

    def middle(self, key):
        return median(sample[key] for sample in self.samples)

    def spread(self, key):
        """Half of the distance between the quartiles, relative to the median."""
        values = sorted(sample[key] for sample in self.samples)
        quarter = len(values) // 4
        return (values[-1 - quarter] - values[quarter]) / 2 / median(values)


def run_rounds(variants, target, rounds, seconds, say=print):
    """Measures all variants `rounds` times, after one round that does not count."""
    server_cpus, load_cpus = split_cpus()
    for variant in variants:
        pin(variant.server.server_pid(), server_cpus)
        variant.measure(target, 1, load_cpus)
        variant.samples.clear()
    for number in range(rounds):
        start = number % len(variants)
        for variant in variants[start:] + variants[:start]:
            variant.measure(target, seconds, load_cpus)
        rates = ", ".join(f"{variant.name} {variant.samples[-1]['rate']:,.0f}/s" for variant in variants)
        say(f"  round {number + 1} of {rounds}: {rates}")


def paired_ratio(variant, base, key="rate"):
    """The median of the ratios of each round."""
    return median(a[key] / b[key] for a, b in zip(variant.samples, base.samples))
