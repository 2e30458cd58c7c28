# SPDX-License-Identifier: Apache-2.0
"""A result as JSON, as text and as a picture."""

import json
import os
import platform
from pathlib import Path

from .picture import bars
from .rounds import paired_ratio

# Quartiles of the rate further apart than this, and a small difference is not to be believed.
NOISY = 0.05


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
    return {"question": question, "base": base.name, "goal": goal, "machine": machine(), **facts,
            "rounds": len(base.samples), "noisy": any(row["spread"] > NOISY for row in rows), "variants": rows}


def machine():
    model = [line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
             if line.startswith("model name")]
    return {"processor": model[0] if model else platform.processor(), "cpus": os.cpu_count(),
            "kernel": platform.release(), "load_before": os.getloadavg()[0]}


def as_text(answer):
    lines = [answer["question"], ""]
    lines.append(f"{'variant':<34}{'requests/s':>12}{'ratio':>8}{'spread':>8}{'CPU µs':>9}{'ratio':>8}"
                 f"{'50% µs':>9}{'99% µs':>9}")
    for row in answer["variants"]:
        lines.append(f"{row['label']:<34}{row['requests_per_second']:>12,}{row['ratio_to_base']:>8.3f}"
                     f"{row['spread']:>8.1%}{row['cpu_microseconds_per_request']:>9.2f}{row['cpu_ratio_to_base']:>8.3f}"
                     f"{row['latency_50_microseconds']:>9,}{row['latency_99_microseconds']:>9,}")
    lines.append("")
    lines.append(f"ratio: against '{answer['base']}', the median of the ratios of {answer['rounds']} rounds; CPU: time "
                 "of traffic_server for one request")
    if answer["noisy"]:
        lines.append(f"WARNING: the rates of a variant spread by more than {NOISY:.0%}: the machine was busy. Do not "
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
