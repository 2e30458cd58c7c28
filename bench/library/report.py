# SPDX-License-Identifier: Apache-2.0
"""A result as JSON, as text and as a picture."""

import json
import os
import platform
import re
from pathlib import Path
from statistics import median

from .picture import bars
from .rounds import paired_ratio

# Quartiles further apart than this, and a small difference is not to be believed.
NOISY = 0.05

# Of the table of text: key of a variant's row, title, width and format.
RATE_COLUMNS = [
    ("requests_per_second", "requests/s", "12,"), ("ratio_to_base", "ratio", "8.3f"), ("spread", "spread", "8.1%"),
    ("cpu_microseconds_per_request", "CPU µs", "9.2f"), ("cpu_ratio_to_base", "ratio", "8.3f"),
    ("latency_50_microseconds", "50% µs", "9,"), ("latency_99_microseconds", "99% µs", "9,"),
]
COUNT_COLUMNS = [
    ("instructions_per_request", "instructions", "14,"), ("above_base", "above", "9,"), ("spread", "spread", "8.2%"),
]
# Of the picture: title, key, format.
RATE_BARS = [
    ("Requests per second (more is better)", "requests_per_second", "{:,.0f}"),
    ("CPU µs of traffic_server for one request (less is better)", "cpu_microseconds_per_request", "{:.1f}"),
]
COUNT_BARS = [("Instructions of one request in user space (less is better)", "instructions_per_request", "{:,}")]


def counts(question, variants, base, **facts):
    """What a question's answer() returns when it counted instructions: `variants` are (name, label, counts), `base` is
    one of their names."""
    least = median(next(counts for name, _, counts in variants if name == base))
    rows = [{
        "name": name, "label": label, "instructions_per_request": round(median(counts)),
        "above_base": round(median(counts) - least),
        "spread": round((max(counts) - min(counts)) / 2 / median(counts), 4), "samples": counts,
    } for name, label, counts in variants]
    return _answer(question, base, rows, COUNT_COLUMNS, COUNT_BARS, len(rows[0]["samples"]), facts,
                   f"above: than '{base}'; the medians of {len(rows[0]['samples'])} counts of the event thread")


def result(question, variants, base, goal=None, **facts):
    """What a question's answer() returns. `base`: the variant that others are compared with. `goal`: {"variants":
    names, "ratio": the least ratio of rates to the base}."""
    rows = [{
        "name": variant.name, "label": variant.label,
        "requests_per_second": round(variant.middle("rate")),
        "ratio_to_base": round(paired_ratio(variant, base), 3),
        "spread": round(variant.spread("rate"), 3),
        "cpu_microseconds_per_request": round(variant.middle("cpu_microseconds"), 2),
        "cpu_ratio_to_base": round(paired_ratio(variant, base, "cpu_microseconds"), 3),
        "latency_50_microseconds": round(variant.middle("latency_50")),
        "latency_99_microseconds": round(variant.middle("latency_99")),
        "samples": variant.samples,
    } for variant in variants]
    return _answer(question, base.name, rows, RATE_COLUMNS, RATE_BARS, len(base.samples), {"goal": goal, **facts},
                   f"ratio: against '{base.name}', the median of the ratios of {len(base.samples)} rounds; CPU: time of "
                   "traffic_server for one request")


def _answer(question, base, rows, columns, bars_of, rounds, facts, note):
    return {"question": question, "base": base, "goal": None, "machine": machine(), **facts, "rounds": rounds,
            "note": note, "columns": columns, "bars": bars_of,
            "noisy": any(row["spread"] > NOISY for row in rows), "variants": rows}


def machine():
    model = [line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
             if line.startswith("model name")]
    return {"processor": model[0] if model else platform.processor(), "cpus": os.cpu_count(),
            "kernel": platform.release(), "load_before": os.getloadavg()[0]}


def as_text(answer):
    widths = [re.match(r"\d+", form).group() for _, _, form in answer["columns"]]
    lines = [answer["question"], "", f"{'variant':<34}" + "".join(
        f"{title:>{width}}" for (_, title, _), width in zip(answer["columns"], widths))]
    for row in answer["variants"]:
        lines.append(f"{row['label']:<34}" + "".join(f"{row[key]:>{form}}" for key, _, form in answer["columns"]))
    lines += ["", answer["note"]]
    if answer["noisy"]:
        lines.append(f"WARNING: the figures of a variant spread by more than {NOISY:.0%}: the machine was busy. Do not "
                     "compare these figures with others.")
    lines += [f"{'reached' if reached else 'NOT REACHED'}: {text}" for reached, text in goals(answer)]
    return "\n".join(lines) + "\n"


def goals(answer):
    """(whether it is reached, what it is) for each goal."""
    if not answer["goal"]:
        return []
    least = answer["goal"]["ratio"]
    return [(row["ratio_to_base"] >= least, f"{row['label']} at {row['ratio_to_base']:.3f} of '{answer['base']}', "
             f"the goal is {least:.2f}") for row in answer["variants"] if row["name"] in answer["goal"]["variants"]]


def write_report(answer, stem):
    """Writes STEM.json, STEM.txt and STEM.svg; prints the text. False: a goal was missed, and it was not the noise."""
    stem.parent.mkdir(parents=True, exist_ok=True)
    stem.with_suffix(".json").write_text(json.dumps(answer, indent=2) + "\n")
    stem.with_suffix(".svg").write_text(bars(answer))
    text = as_text(answer)
    stem.with_suffix(".txt").write_text(text)
    print(text)
    print(f"in {stem}.json, {stem.name}.txt and {stem.name}.svg")
    return answer["noisy"] or all(reached for reached, _ in goals(answer))
