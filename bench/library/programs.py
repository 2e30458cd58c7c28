# SPDX-License-Identifier: Apache-2.0
"""The programs of bench/core: the host without a proxy."""

import os
import subprocess

from harness import build

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
