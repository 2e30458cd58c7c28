# SPDX-License-Identifier: Apache-2.0
"""bench/questions/scope.py: what is compared with what."""

import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "tests" / "traffic_server")]

from library.rounds import Variant  # noqa: E402
from questions import scope  # noqa: E402


def measured(name, cpu_microseconds):
    variant = Variant(name, name, None, None, None)
    variant.samples = [{"rate": 1e6 / cpu_microseconds, "cpu_microseconds": cpu_microseconds}] * 6
    return variant


class Scope(unittest.TestCase):
    def test_each_language_is_compared_with_its_own_thread_scope(self):
        variants = {f"{language}_{name}": measured(f"{language}_{name}", base + more)
                    for language, base in (("rust", 10), ("go", 20))
                    for name, more in (("thread", 0), ("process", 1), ("transaction", 5))}
        answer = scope.conclude(variants, seconds=1)
        above = {row["name"]: row["cpu_above_base"] for row in answer["rows"]}
        self.assertEqual(above, {"rust_thread": 0, "rust_process": 1, "rust_transaction": 5,
                                 "go_thread": 0, "go_process": 1, "go_transaction": 5})
        self.assertIn("'go_transaction' against 'go_thread'", answer["note"])


if __name__ == "__main__":
    unittest.main()
