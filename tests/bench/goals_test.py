# SPDX-License-Identifier: Apache-2.0
"""bench/library/goals.py: what a run may say of a goal."""

import random
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))

from library.goals import MISSED, REACHED, UNKNOWN, Figure, at_least, at_most, exact, spread  # noqa: E402


def around(value, width, count=15):
    """Values that spread evenly."""
    return [value + width * (2 * number / (count - 1) - 1) for number in range(count)]


class Goals(unittest.TestCase):
    def test_a_goal_beyond_the_interval_is_reached_or_missed(self):
        self.assertEqual(at_least("", Figure(around(0.99, 0.01)), 0.97)["verdict"], REACHED)
        self.assertEqual(at_least("", Figure(around(0.95, 0.01)), 0.97)["verdict"], MISSED)
        self.assertEqual(at_most("", Figure(around(0.95, 0.01)), 0.97)["verdict"], REACHED)
        self.assertEqual(at_most("", Figure(around(0.99, 0.01)), 0.97)["verdict"], MISSED)

    def test_a_goal_within_the_interval_is_neither(self):
        for goal in (at_least, at_most):
            self.assertEqual(goal("", Figure(around(0.97, 0.1)), 0.97)["verdict"], UNKNOWN)

    def test_few_rounds_say_nothing_however_clear_they_are(self):
        for count in range(1, 6):
            self.assertEqual(at_least("", Figure([1.5] * count), 0.97)["verdict"], UNKNOWN)
        self.assertEqual(at_least("", Figure([1.5] * 6), 0.97)["verdict"], REACHED)

    def test_the_interval_holds_the_true_median_nearly_always(self):
        # Of a crooked distribution: the median of the exponential one is ln 2.
        chance, runs = random.Random(1), 2000
        for rounds in (6, 7, 15, 40):
            figures = [Figure([chance.expovariate(1) for _ in range(rounds)]) for _ in range(runs)]
            held = sum(figure.low <= 0.6931 <= figure.high for figure in figures)
            self.assertGreater(held / runs, 0.935, rounds)

    def test_one_value_that_stands_out_does_not_move_the_figure(self):
        figure = Figure([*around(1, 0.01), 100])
        self.assertLess(figure.high, 1.02)

    def test_a_count_is_reached_or_missed(self):
        self.assertEqual(exact("", 1.25, 1.25)["verdict"], REACHED)
        self.assertEqual(exact("", 1.251, 1.25)["verdict"], MISSED)

    def test_the_spread_is_of_the_middle_half(self):
        self.assertAlmostEqual(spread(around(100, 10, 101)), 0.05)
        self.assertEqual(spread([5, 5, 5]), 0)


if __name__ == "__main__":
    unittest.main()
