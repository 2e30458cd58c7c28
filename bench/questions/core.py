# SPDX-License-Identifier: Apache-2.0
"""What does the host itself cost: a stream's life, and each hostcall?

Two programs run the same module on Wasmtime, with the same surroundings: ours with libproxywasm, the other with a host
written by hand for these few hostcalls (bench/core/lean.c). What is asked of a stream's life is the sum of the raw calls
into the module, which is all that the other one does. Instructions are counted by callgrind, and repeat.
"""

from statistics import median

from library import goals, report
from library.programs import count_core, run_core

STREAM, OF_STREAM, OF_HOSTCALL = "nothing", 1.25, 1.2
FEW, MANY = 1, 101
HOSTS = ("ours", "lean")


def nanoseconds(host):
    """By word."""
    return {word: float(value) for word, value in (line.split() for line in run_core(host).splitlines())}


def instructions(host):
    """By word, of one operation; of "nothing", of a whole stream."""
    counted = {(word, int(times)): count for (word, times), count in count_core(host).items()}
    return {word: counted[word, FEW] if word == STREAM else (counted[word, MANY] - counted[word, FEW]) / (MANY - FEW)
            for word, _ in counted}


def answer(options):
    times = {host: [] for host in HOSTS}
    for number in range(options.rounds):
        for host in HOSTS[number % 2:] + HOSTS[:number % 2]:
            times[host].append(nanoseconds(host))
        print(f"  round {number + 1} of {options.rounds}", flush=True)
    counts = {host: instructions(host) for host in HOSTS}
    rows, reached = [], []
    for word in times["ours"][0]:
        ratio = counts["ours"][word] / counts["lean"][word]
        label = "a stream's life, against its raw calls" if word == STREAM else word
        rows.append({"label": label,
                     **{f"{host}_nanoseconds": median(round_[word] for round_ in times[host]) for host in HOSTS},
                     **{f"{host}_instructions": round(counts[host][word]) for host in HOSTS},
                     "ratio": ratio, "spread": goals.spread([round_[word] for round_ in times["ours"]])})
        reached.append(goals.exact(f"instructions of {label}", ratio, OF_STREAM if word == STREAM else OF_HOSTCALL,
                                   ".2f"))
    return report.answer(
        "The host's own cost, against a lean host by hand", rows,
        [("ours_nanoseconds", "ns", "8.1f"), ("lean_nanoseconds", "lean", "8.1f"),
         ("ours_instructions", "instructions", "14,"), ("lean_instructions", "lean", "8,"), ("ratio", "ratio", "8.2f"),
         ("spread", "spread", "8.1%")],
        {"kind": "bars", "bars": [("Instructions", "ours_instructions", "{:,}"),
                                  ("Instructions of the lean host", "lean_instructions", "{:,}")]},
        f"ns: medians of {options.rounds} rounds, and their spread; ratio: of instructions", reached, rounds=options.rounds)
