# SPDX-License-Identifier: Apache-2.0
"""A result as an SVG picture: a group of bars for each figure."""

from html import escape

WIDTH, ROW, LEFT, BAR = 760, 28, 230, 380
COLOURS = {True: "#9aa5b1", False: "#2f6fab"}


def _group(answer, top, title, key, form):
    rows = answer["variants"]
    most = max(row[key] for row in rows)
    base = next(row for row in rows if row["name"] == answer["base"])[key]
    parts = [f'<text x="16" y="{top}" class="title">{escape(title)}</text>']
    for number, row in enumerate(rows):
        y = top + 12 + number * ROW
        width = BAR * row[key] / most
        parts.append(f'<text x="{LEFT - 10}" y="{y + 16}" text-anchor="end">{escape(row["label"])}</text>')
        parts.append(f'<rect x="{LEFT}" y="{y}" width="{width:.1f}" height="{ROW - 8}" '
                     f'fill="{COLOURS[row["name"] in ("bare", answer["base"])]}"/>')
        parts.append(f'<text x="{LEFT + width + 8:.1f}" y="{y + 16}">{form.format(row[key])} '
                     f'<tspan class="ratio">({row[key] / base:.2f})</tspan></text>')
    return parts


def bars(answer):
    """The SVG text."""
    group = ROW * len(answer["variants"]) + 48
    height = 56 + len(answer["bars"]) * group
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
             f'viewBox="0 0 {WIDTH} {height}">',
             "<style>text{font:13px sans-serif;fill:#222}.title{font-weight:bold}.ratio{fill:#777}</style>",
             f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
             f'<text x="16" y="26" class="title">{escape(answer["question"])}</text>']
    for number, (title, key, form) in enumerate(answer["bars"]):
        parts += _group(answer, 60 + number * group, title, key, form)
    return "\n".join(parts) + "\n</svg>\n"
