# SPDX-License-Identifier: Apache-2.0
"""Compiled code that servers of tests share, on an engine that takes a C compiler's time for each module: what one has
compiled, the next finds in its cache. Other engines compile in each server, as is to be tested."""

import os
import shutil

from . import build
from .configuration import ENGINE

SHARED = build.BUILD / "compiled_code"
SLOW_ENGINES = ("wasm2c",)
# How long a server may take until it serves: it compiles before.
START_SECONDS = 120 if ENGINE in SLOW_ENGINES else 20


def _copy(source, target):
    if ENGINE not in SLOW_ENGINES or not source.is_dir():
        return
    target.mkdir(mode=0o700, exist_ok=True)
    for path in source.iterdir():
        if not (target / path.name).exists():
            # In one step: tests run side by side.
            temporary = target / f".{path.name}.{os.getpid()}"
            shutil.copy(path, temporary)
            temporary.rename(target / path.name)


def lend(cache):
    """Puts what there is into a server's cache."""
    _copy(SHARED, cache)


def keep(cache):
    """Keeps what a server has compiled."""
    _copy(cache, SHARED)
