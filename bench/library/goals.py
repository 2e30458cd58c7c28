# SPDX-License-Identifier: Apache-2.0
"""What is to be reached, and whether a run can tell.

A figure is the median of one value for each round, and comes with the interval that holds the true median with 95 %
certainty (of the ranks, no distribution is assumed). A goal within that interval is neither reached nor missed: the
machine was too noisy to tell.
"""

from math import floor, sqrt
from statistics import median


# Fewer rounds have no such interval: even the least and the largest value may both be on one side.
FEWEST = 6


class Figure:
    """The median of `values`, one for each round, and its interval."""

    def __init__(self, values):
        values = sorted(values)
        self.certain = len(values) >= FEWEST
        self.middle = median(values)
        # Of a binomial distribution with p = 1/2: the rank below which the median is with 2.5 %.
        rank = max(0, floor(len(values) / 2 - 0.98 * sqrt(len(values))))
        self.low, self.high = values[rank], values[-1 - rank]

    def __format__(self, form):
        return f"{self.middle:{form}} ({self.low:{form}} to {self.high:{form}})"


def spread(values):
    """Half of the distance between the quartiles, relative to the median."""
    values = sorted(values)
    quarter = len(values) // 4
    return (values[-1 - quarter] - values[quarter]) / 2 / (median(values) or 1)


REACHED, MISSED, UNKNOWN = "reached", "NOT REACHED", "too noisy to tell"


def _goal(what, figure, limit, reached, missed, sign, form):
    verdict = UNKNOWN if not figure.certain else REACHED if reached else MISSED if missed else UNKNOWN
    return {"what": what, "verdict": verdict, "limit": limit, "middle": figure.middle, "low": figure.low,
            "high": figure.high, "text": f"{what}: {figure:{form}}, to reach: {sign} {limit:{form}}"}


def at_least(what, figure, limit, form=".3f"):
    return _goal(what, figure, limit, figure.low >= limit, figure.high < limit, "≥", form)


def at_most(what, figure, limit, form=".2f"):
    return _goal(what, figure, limit, figure.high <= limit, figure.low > limit, "≤", form)


def beside(goal, what, figure, form):
    """A goal with a figure that says how near anybody could come to it."""
    return {**goal, "text": f"{goal['text']}; {what}: {figure:{form}}"}


def exact(what, value, limit, form=".3f"):
    """The goal of a value that is not measured in rounds: at most `limit`."""
    return {"what": what, "verdict": REACHED if value <= limit else MISSED, "limit": limit, "middle": value,
            "text": f"{what}: {value:{form}}, to reach: ≤ {limit:{form}}"}


def paired(variant, base, key, how=lambda a, b: a / b):
    """The figure of what `how` makes of each round's two values: their ratio, if nothing is said."""
    return Figure([how(a[key], b[key]) for a, b in zip(variant.samples, base.samples)])


def above(variant, base, key):
    """The figure of the differences of each round."""
    return paired(variant, base, key, lambda a, b: a - b)
