# SPDX-License-Identifier: Apache-2.0
"""An answer, and what is written of it: JSON, text and a picture."""

import functools
import json
import os
import platform
import re
import subprocess
from pathlib import Path
from statistics import median

from harness import build

from .goals import MISSED, above, paired
from .picture import draw

# Quartiles further apart than this, and a single figure is not to be believed.
NOISY = 0.05

# Of the table of text: key of a row, title, width and format.
RATE_COLUMNS = [
    ("requests_per_second", "requests/s", "12,"), ("ratio_to_base", "ratio", "8.3f"), ("spread", "spread", "8.1%"),
    ("cpu_microseconds_per_request", "CPU µs", "11.2f"), ("cpu_above_base", "above", "11.2f"),
]
COUNT_COLUMNS = [
    ("instructions_per_request", "instructions", "14,"), ("above_base", "above", "9,"), ("spread", "spread", "8.2%"),
]
# Of the picture: title, key, format.
RATE_BARS = [
    ("Requests per second (more is better)", "requests_per_second", "{:,.0f}"),
    ("CPU µs of the server for one request (less is better)", "cpu_microseconds_per_request", "{:.1f}"),
]
COUNT_BARS = [("Instructions of one request in user space (less is better)", "instructions_per_request", "{:,}")]


def answer(question, rows, columns, picture, note="", goals=(), **facts):
    """What a question's answer() returns.

    rows     dictionaries, each with "label", and "spread" where it was measured
    columns  of the table: key, title, width and format; a row may lack a key
    picture  what library.picture draws
    goals    of library.goals
    facts    more for the JSON
    """
    return {"question": question, "machine": machine(), "versions": versions(), **facts, "note": note, "rows": rows, "columns": columns,
            "picture": picture, "goals": list(goals),
            "noisy": any(row.get("spread", 0) > NOISY for row in rows)}


def rates(question, variants, base, goals=(), bases=None, note="", **facts):
    """The answer of variants that went through rounds; `base` is the one that others are compared with, but for those that
    `bases` has another one's name for, by name."""
    rows = rate_rows(variants, base, bases)
    return answer(question, rows, RATE_COLUMNS, {"kind": "bars", "bars": RATE_BARS, "base": base.name},
                  f"ratio and above: against '{base.name}'{_others(bases)}; the medians of {len(base.samples)} rounds; CPU: time of "
                  "the server for one request" + (f"\n{note}" if note else ""), goals, base=base.name,
                  rounds=len(base.samples), **facts)


def _others(bases):
    """Who is compared with another base, for a note."""
    grouped = {}
    for name, other in (bases or {}).items():
        if name != other:
            grouped.setdefault(other, []).append(f"'{name}'")
    return "".join(f"; {', '.join(names)} against '{other}'" for other, names in grouped.items())


def rate_rows(variants, base, bases=None):
    """The rows of such variants."""
    by_name = {variant.name: variant for variant in [*variants, base]}
    return [_rate_row(variant, by_name[(bases or {}).get(variant.name, base.name)]) for variant in variants]


def _rate_row(variant, base):
    return {
        "name": variant.name, "label": variant.label,
        "requests_per_second": round(variant.middle("rate")),
        "ratio_to_base": round(paired(variant, base, "rate").middle, 3),
        "spread": round(variant.spread("rate"), 3),
        "cpu_microseconds_per_request": round(variant.middle("cpu_microseconds"), 2),
        "cpu_above_base": round(above(variant, base, "cpu_microseconds").middle, 2),
        "samples": variant.samples,
    }


def counts(question, variants, base, bases=None, **facts):
    """The answer of variants whose instructions were counted: `variants` are (name, label, counts); `base` is one of
    their names, and `bases` as rates() takes them."""
    middle = {name: median(counts) for name, _, counts in variants}
    rows = [{
        "name": name, "label": label, "instructions_per_request": round(middle[name]),
        "above_base": round(middle[name] - middle[(bases or {}).get(name, base)]),
        "spread": round((max(counts) - min(counts)) / 2 / median(counts), 4), "samples": counts,
    } for name, label, counts in variants]
    return answer(question, rows, COUNT_COLUMNS, {"kind": "bars", "bars": COUNT_BARS, "base": base},
                  f"above: than '{base}'{_others(bases)}; the medians of {len(rows[0]['samples'])} counts of the thread "
                  "that answers", base=base, **facts)


def machine():
    model = [line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
             if line.startswith("model name")]
    memory = int(re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text()).group(1))
    return {"processor": model[0] if model else platform.processor(), "cpus": os.cpu_count(),
            "memory_kilobytes": memory, "kernel": platform.release(), "load_before": os.getloadavg()[0]}


@functools.cache
def versions():
    """Of what is measured, and of what measures it: the first line that each program says of itself."""
    commands = {"proxywasm": [build.artifact("proxywasm"), "--version"], "source": ["git", "describe", "--always", "--dirty"],
                "Traffic Server": ["traffic_server", "--version"], "h2load": ["h2load", "--version"],
                "valgrind": ["valgrind", "--version"], "engines": [build.artifact("proxywasm"), "engines"]}
    return {name: _first_lines(command, 5 if name == "engines" else 1) for name, command in commands.items()}


def _first_lines(command, count):
    try:
        done = subprocess.run(command, cwd=build.ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "not installed"
    return "; ".join((done.stdout or done.stderr).strip().splitlines()[:count])


def as_text(found):
    widths = [int(re.match(r"\d+", form).group()) for _, _, form in found["columns"]]
    first = max(len(row["label"]) for row in found["rows"]) + 2
    lines = [found["question"], "", " " * first + "".join(
        f"{title:>{width}}" for (_, title, _), width in zip(found["columns"], widths))]
    for row in found["rows"]:
        lines.append(f"{row['label']:<{first}}" + "".join(
            f"{row[key]:>{form}}" if key in row else " " * width
            for (key, _, form), width in zip(found["columns"], widths)))
    lines += ["", found["note"]] if found["note"] else []
    if found["noisy"]:
        lines.append(f"WARNING: the figures of a row spread by more than {NOISY:.0%}: the machine was busy. Do not "
                     "compare them with those of other runs; ratios within this run have their own intervals below.")
    lines += [f"{goal['verdict']}: {goal['text']}" for goal in found["goals"]]
    return "\n".join(lines) + "\n"


def write_report(found, stem):
    """Writes STEM.json, STEM.txt and STEM.svg; prints the text. False: a goal was missed, and it was not the noise."""
    stem.parent.mkdir(parents=True, exist_ok=True)
    stem.with_suffix(".json").write_text(json.dumps(found, indent=2) + "\n")
    stem.with_suffix(".svg").write_text(draw(found))
    text = as_text(found)
    stem.with_suffix(".txt").write_text(text)
    print(text)
    print(f"in {stem}.json, {stem.name}.txt and {stem.name}.svg", flush=True)
    return all(goal["verdict"] != MISSED for goal in found["goals"])
