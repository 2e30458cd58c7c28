# SPDX-License-Identifier: Apache-2.0
"""An answer as an SVG picture: bars, a group for each figure; or curves, one for each row."""

from html import escape
from math import log10

WIDTH, ROW, LEFT, BAR = 760, 28, 250, 360
GREY, BLUE = "#9aa5b1", "#2f6fab"
COLOURS = [BLUE, "#c4572e", "#3c8d53", "#8657a8", "#b08a1e", "#4aa3b5"]
HEIGHT, TOP, BOTTOM = 320, 50, 60  # of curves


def draw(found):
    """The SVG text of an answer: found["picture"] is
    {"kind": "bars", "bars": [(title, key of a row, format)], "base": the name of the row that is compared with}, or
    {"kind": "curves", "x": title, "y": title}, where each row has "points", pairs of x and y."""
    return {"bars": _bars, "curves": _curves}[found["picture"]["kind"]](found)


def _svg(height, title, parts):
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}">',
        "<style>text{font:13px sans-serif;fill:#222}.title{font-weight:bold}.ratio{fill:#777}</style>",
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="16" y="26" class="title">{escape(title)}</text>', *parts]) + "\n</svg>\n"


# ------------------------------------------------------------------------------------------------------------------ bars

def _group(found, top, title, key, form):
    rows = [row for row in found["rows"] if key in row]
    most = max(row[key] for row in rows) or 1
    base = next((row[key] for row in rows if row.get("name") == found["picture"].get("base")), None)
    parts = [f'<text x="16" y="{top}" class="title">{escape(title)}</text>']
    for number, row in enumerate(rows):
        y = top + 12 + number * ROW
        width = max(BAR * row[key] / most, 0)
        colour = GREY if row.get("name") in ("bare", found["picture"].get("base")) else BLUE
        ratio = f' <tspan class="ratio">({row[key] / base:.2f})</tspan>' if base else ""
        parts += [f'<text x="{LEFT - 10}" y="{y + 16}" text-anchor="end">{escape(row["label"])}</text>',
                  f'<rect x="{LEFT}" y="{y}" width="{width:.1f}" height="{ROW - 8}" fill="{colour}"/>',
                  f'<text x="{LEFT + width + 8:.1f}" y="{y + 16}">{form.format(row[key])}{ratio}</text>']
    return parts, top + ROW * len(rows) + 48


def _bars(found):
    parts, top = [], 60
    for title, key, form in found["picture"]["bars"]:
        group, top = _group(found, top, title, key, form)
        parts += group
    return _svg(top, found["question"], parts)


# ---------------------------------------------------------------------------------------------------------------- curves

def _scale(values, low, high):
    """A logarithmic scale, on which what is linear has the slope 1, and what is flat stays flat."""
    least, most = log10(min(values)), log10(max(values))
    span = most - least or 1
    return lambda value: low + (log10(value) - least) / span * (high - low)


def _curves(found):
    points = [point for row in found["rows"] for point in row["points"]]
    x = _scale([point[0] for point in points], 80, WIDTH - 220)
    y = _scale([point[1] for point in points], HEIGHT - BOTTOM, TOP)
    picture = found["picture"]
    parts = [f'<text x="{WIDTH / 2 - 80}" y="{HEIGHT - 12}">{escape(picture["x"])}</text>',
             f'<text x="16" y="44" class="ratio">{escape(picture["y"])} (both axes are logarithmic)</text>']
    for value in sorted({point[0] for point in points}):
        parts.append(f'<text x="{x(value):.1f}" y="{HEIGHT - BOTTOM + 22}" text-anchor="middle">{value:,}</text>')
    for number, row in enumerate(found["rows"]):
        colour = COLOURS[number % len(COLOURS)]
        line = " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in row["points"])
        a, b = row["points"][-1]
        parts += [f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>',
                  f'<text x="{x(a) + 8:.1f}" y="{y(b) + 4:.1f}">{escape(row["label"])}: {b:,.0f}</text>']
    return _svg(HEIGHT, found["question"], parts)
