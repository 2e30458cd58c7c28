# SPDX-License-Identifier: Apache-2.0
"""bench/library/picture.py: pictures can be read, whatever the figures."""

import sys
import unittest
import xml.etree.ElementTree
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))

from library.picture import WIDTH, draw  # noqa: E402

SVG = "{http://www.w3.org/2000/svg}"


def drawn(kind, rows, **keys):
    return xml.etree.ElementTree.fromstring(draw({"question": "a < b?", "rows": rows,
                                                  "picture": {"kind": kind, **keys}}))


def texts(picture):
    return [text.text for text in picture.iter(f"{SVG}text")]


class Picture(unittest.TestCase):
    def test_bars_are_as_long_as_their_values(self):
        rows = [{"name": name, "label": name, "value": value} for name, value in (("one", 10), ("two", 20), ("none", 0))]
        picture = drawn("bars", rows, bars=[("Values", "value", "{}")], base="one")
        widths = [float(bar.get("width")) for bar in picture.iter(f"{SVG}rect")][1:]
        self.assertEqual(widths[0] * 2, widths[1])
        self.assertEqual(widths[2], 0)

    def test_each_curve_has_a_chart_of_its_own_with_both_axes(self):
        flat = {"label": "flat", "growth": "flat", "points": [(1, 100.0), (1000, 101.0), (1000000, 99.0)]}
        linear = {"label": "linear", "growth": "linear", "points": [(1, 10.0), (10, 100.0), (100, 1000.0)]}
        picture = drawn("curves", [flat, linear], x="how many", y="nanoseconds")
        self.assertEqual(len(list(picture.iter(f"{SVG}polyline"))), 4)
        for wanted in ("flat", "linear", "1,000,000", "100", "1,000"):
            self.assertIn(wanted, texts(picture))

    def test_nothing_lies_outside_of_the_picture(self):
        steep = {"label": "steep", "growth": "flat", "points": [(1, 1.0), (10, 1e6)]}
        picture = drawn("curves", [steep] * 3, x="x", y="y")
        height = float(picture.get("height"))
        for line in picture.iter(f"{SVG}polyline"):
            for point in line.get("points").split():
                x, y = map(float, point.split(","))
                self.assertTrue(0 <= x <= WIDTH and 0 <= y <= height, point)

    def test_labels_of_an_axis_do_not_lie_on_each_other(self):
        points = [(count, float(count)) for count in range(1, 201)]
        picture = drawn("curves", [{"label": "many", "growth": "linear", "points": points}], x="x", y="y")
        at = sorted(float(text.get("x")) for text in picture.iter(f"{SVG}text") if text.get("text-anchor") == "middle")
        self.assertGreater(min(b - a for a, b in zip(at, at[1:])), 50)


if __name__ == "__main__":
    unittest.main()
