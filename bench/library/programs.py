# SPDX-License-Identifier: Apache-2.0
"""The programs of bench/core: the host without a proxy."""

import os
import re
import subprocess
import tempfile
from pathlib import Path

from harness import build

from .instructions import callgrind, count_of

SECONDS = 600


def run_core(name, *arguments, under=()):
    """Runs one with the module of operations as its last argument, and returns what it prints. SystemExit, with what it
    says, when it fails. `under`: the words before its command."""
    environment = {**os.environ, "PROXYWASM_ENGINE_PATH": str(build.BUILD / "lib")}
    command = [*under, str(build.artifact(f"core_{name}")), *arguments, str(build.module("bench/operations"))]
    done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True, timeout=SECONDS)
    if done.returncode != 0:
        raise SystemExit(f"core_{name} ended with {done.returncode}: {done.stderr}")
    return done.stdout


def count_core(name, *arguments):
    """Runs one under callgrind, and returns the instructions of each of its dumps by the words of its label. What other
    threads did is not counted."""
    with tempfile.TemporaryDirectory(prefix="pw-counts-") as directory:
        run_core(name, *arguments, under=callgrind(directory))
        dumps = [path.read_text() for path in Path(directory).glob("counts.*-01")]
    labels = {dump: re.search(r"Client Request: (.*)", dump) for dump in dumps}
    return {tuple(label.group(1).split()): count_of(dump) for dump, label in labels.items() if label}
