# SPDX-License-Identifier: Apache-2.0
"""How do the host's costs grow?

Serialising headers with their number, a stream's life with the plugins in its chain and with other open streams, a look
into shared data with its keys, an item's way through a queue with what waits in it. Each is to be flat, or linear.
"""

from library import goals, report
from library.programs import run_core

# How it may grow, and what one step of it is.
QUESTIONS = {
    "headers": ("linear", "proxy_get_header_map_pairs, by headers"),
    "plugins": ("linear", "a stream's life, by plugins in the chain"),
    "open-streams": ("flat", "a stream's life, by open streams"),
    "keys": ("flat", "proxy_get_shared_data, by keys"),
    "queue": ("flat", "through a queue, by items that wait"),
}
# Ten million keys do not fit into any cache, nor their pages into any table of them: a look waits for memory some times.
MOST_FLAT, MOST_LINEAR = 25, 1.5


def points(question):
    return [(int(size), float(time)) for size, time in (line.split() for line in run_core("growth", question).splitlines())]


def reached(growth, label, found):
    """The goal: flat, the last is no more than so many times the first; linear, what one more costs at the end is not
    much more than what it costs on the whole."""
    (first, at_first), (middle, at_middle), (last, at_last) = found[0], found[len(found) // 2], found[-1]
    if growth == "flat":
        return goals.exact(f"{label}: {last:,} against {first:,}", at_last / at_first, MOST_FLAT, ".2f")
    slope = (at_last - at_middle) / (last - middle)
    return goals.exact(f"{label}: each more beyond {middle:,}, against up to there",
                       slope / ((at_middle - at_first) / (middle - first)), MOST_LINEAR, ".2f")


def answer(_options):
    rows, verdicts = [], []
    for question, (growth, label) in QUESTIONS.items():
        found = points(question)
        print(f"  {label}: " + ", ".join(f"{size:,}: {time:,.0f} ns" for size, time in found), flush=True)
        rows.append({"label": label, "growth": growth, "first": found[0][1], "last": found[-1][1], "points": found})
        verdicts.append(reached(growth, label, found))
    return report.answer("How the host's costs grow, in nanoseconds", rows,
                         [("growth", "growth", "8"), ("first", "at least", "12,.0f"), ("last", "at most", "12,.0f")],
                         {"kind": "curves", "x": "how many", "y": "nanoseconds"}, "", verdicts)
