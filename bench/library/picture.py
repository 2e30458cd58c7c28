# SPDX-License-Identifier: Apache-2.0
"""An answer as an SVG picture: bars, a group for each figure; or curves, a chart for each row."""

from html import escape
from math import log10

WIDTH, ROW, LEFT, BAR = 760, 28, 250, 360
GREY, BLUE = "#9aa5b1", "#2f6fab"
CHART, CHART_HEIGHT, TOP = WIDTH // 2, 220, 66  # of curves


def draw(found):
    """The SVG text of an answer: found["picture"] is
    {"kind": "bars", "bars": [(title, key of a row, format)], "base": the name of the row that is compared with}, or
    {"kind": "curves", "x": title, "y": title}, where each row has "points", pairs of x and y, and "growth", flat or
    linear."""
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
    """A logarithmic scale, on which what is flat stays flat. Values that are nearly the same lie in its middle."""
    least, most = log10(min(values)), log10(max(values))
    if most - least < 0.5:
        least, most = (least + most) / 2 - 0.25, (least + most) / 2 + 0.25
    return lambda value: low + (log10(value) - least) / (most - least) * (high - low)


def _ticks(values, scale, distance):
    """Those of some ascending values that have room."""
    kept = []
    for value in values:
        if not kept or abs(scale(value) - scale(kept[-1])) >= distance:
            kept.append(value)
    return kept


def _round_values(least, most):
    """1, 2 and 5, and their multiples by powers of ten, around a range."""
    values = [step * 10 ** power for power in range(-3, 12) for step in (1, 2, 5)]
    return [value for value in values if least / 2.5 < value < most * 2.5]


def _expected(row):
    """What the row's growth says of its points: the first stays as it is; or a straight line to the last, which is none
    on logarithmic axes."""
    (first, at_first), (last, at_last) = row["points"][0], row["points"][-1]
    if row["growth"] == "flat":
        return [(first, at_first), (last, at_first)]
    sizes = [first * (last / first) ** (step / 40) for step in range(41)]
    return [(size, at_first + (at_last - at_first) * (size - first) / (last - first)) for size in sizes]


def _line(points, x, y, style):
    return f'<polyline points="{" ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in points)}" fill="none" {style}/>'


def _chart(row, left, top):
    expected = _expected(row)
    heights = [height for _, height in row["points"] + expected]
    x = _scale([size for size, _ in row["points"]], left + 70, left + CHART - 30)
    y = _scale([min(heights), max(heights)], top + CHART_HEIGHT - 30, top + 30)
    parts = [f'<text x="{left + 16}" y="{top + 14}" class="title">{escape(row["label"])}</text>']
    for value in _ticks(_round_values(min(heights), max(heights)), y, 18):
        if top + 20 <= y(value) <= top + CHART_HEIGHT - 25:
            parts += [f'<text x="{left + 62}" y="{y(value) + 4:.1f}" text-anchor="end" class="ratio">{value:,}</text>',
                      f'<line x1="{left + 66}" x2="{left + CHART - 30}" y1="{y(value):.1f}" y2="{y(value):.1f}" '
                      f'stroke="#e4e8ec"/>']
    for size in _ticks([size for size, _ in row["points"]], x, 52):
        parts.append(f'<text x="{x(size):.1f}" y="{top + CHART_HEIGHT - 8}" text-anchor="middle" class="ratio">'
                     f"{size:,}</text>")
    parts += [_line(expected, x, y, f'stroke="{GREY}" stroke-width="2" stroke-dasharray="5 4"'),
              _line(row["points"], x, y, f'stroke="{BLUE}" stroke-width="2"')]
    return parts + [f'<circle cx="{x(a):.1f}" cy="{y(b):.1f}" r="3" fill="{BLUE}"/>' for a, b in row["points"]]


def _curves(found):
    """A chart for each row, two beside each other."""
    picture = found["picture"]
    parts = [f'<text x="16" y="46" class="ratio">{escape(picture["y"])}, by {escape(picture["x"])} (both axes are '
             "logarithmic); dashed: flat, or a straight line</text>"]
    for number, row in enumerate(found["rows"]):
        parts += _chart(row, number % 2 * CHART, TOP + number // 2 * (CHART_HEIGHT + 20))
    return _svg(TOP + (len(found["rows"]) + 1) // 2 * (CHART_HEIGHT + 20), found["question"], parts)
