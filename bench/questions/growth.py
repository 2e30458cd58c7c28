# SPDX-License-Identifier: Apache-2.0
"""How do the host's costs grow?

Maps of headers, read and set as a whole, with the number of headers; a stream's life with the plugins in its chain and with
other open streams; shared data, read and set, with its keys; an item's way through a queue with what waits in it. Each is
to be flat, or linear: its instructions (callgrind) are, which say what the host does, and repeat. Its time is in the
picture: what does not fit into the processor's caches any more takes longer, though nothing more is done.
"""

from library import goals, report
from library.programs import count_core, run_core

# How it may grow, and what one step of it is.
QUESTIONS = {
    "headers": ("linear", "proxy_get_header_map_pairs, by headers"),
    "set-headers": ("linear", "proxy_set_header_map_pairs, by headers"),
    "plugins": ("linear", "a stream's life, by plugins in the chain"),
    "open-streams": ("flat", "a stream's life, by open streams"),
    "keys": ("flat", "proxy_get_shared_data, by keys"),
    "set-keys": ("flat", "proxy_set_shared_data, by keys"),
    "queue": ("flat", "through a queue, by items that wait"),
}
# The last may be so many times the first; what one more costs at the end, so many times what it costs on the whole.
MOST = {"flat": 1.1, "linear": 1.1}


def times(question):
    """(size, nanoseconds)."""
    return [(int(size), float(time)) for size, time in (line.split() for line in run_core("growth", question).splitlines())]


def instructions(question):
    """(size, instructions). Without the largest sizes, which would take too long here."""
    return sorted((int(size), count / int(done)) for (size, done), count in count_core("growth", question).items())


def reached(growth, label, found):
    (first, at_first), (middle, at_middle), (last, at_last) = found[0], found[len(found) // 2], found[-1]
    if growth == "flat":
        return goals.exact(f"instructions of {label}: {last:,} against {first:,}", at_last / at_first, MOST[growth], ".2f")
    slope = (at_last - at_middle) / (last - middle)
    return goals.exact(f"instructions of {label}: each more beyond {middle:,}, against up to there",
                       slope / ((at_middle - at_first) / (middle - first)), MOST[growth], ".2f")


def answer(_options):
    rows, verdicts = [], []
    for question, (growth, label) in QUESTIONS.items():
        points, counts = times(question), instructions(question)
        print(f"  {label}: " + ", ".join(f"{size:,}: {time:,.0f} ns" for size, time in points), flush=True)
        rows.append({"label": label, "growth": growth, "points": points, "counts": counts,
                     "first": points[0][1], "last": points[-1][1], "count_first": round(counts[0][1]),
                     "count_last": round(counts[-1][1])})
        verdicts.append(reached(growth, label, counts))
    return report.answer("How the host's costs grow", rows,
                         [("growth", "growth", "8"), ("first", "ns, least", "12,.0f"), ("last", "ns, most", "12,.0f"),
                          ("count_first", "instructions, least", "22,"), ("count_last", "most", "12,")],
                         {"kind": "curves", "x": "how many", "y": "nanoseconds"},
                         "least and most: of how many there are. Counted are up to 16 plugins and a million keys; timed, "
                         "up to 32 and ten million.", verdicts)
