# SPDX-License-Identifier: Apache-2.0
"""What the pytest files share: `proxywasm` as a process, modules of the build. PW_BUILD and PW_MODULES say where."""

import os
import subprocess
from pathlib import Path

import pytest

from cli import PROGRAM

ROOT = Path(__file__).resolve().parents[2]
MODULES = Path(os.environ.get("PW_MODULES", ROOT / "build" / "modules"))


def module_path(name):
    path = MODULES / f"{name}.wasm"
    assert path.is_file(), f"{path} is not there: build the modules first"
    return path


@pytest.fixture
def module():
    """A module's path by its name under build/modules, without .wasm."""
    return module_path


@pytest.fixture
def proxywasm(tmp_path):
    """Runs the program in a directory of its own. Answers the finished process, with text output."""

    def run(*arguments, environment=None, **options):
        assert PROGRAM.is_file(), f"{PROGRAM} is not there: build it first, or set PW_BUILD"
        variables = dict(os.environ, HOME=str(tmp_path), **(environment or {}))
        variables.pop("XDG_CACHE_HOME", None)
        return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=120,
                              cwd=options.pop("cwd", tmp_path), env=variables, stdin=subprocess.DEVNULL, **options)

    return run


@pytest.fixture
def write(tmp_path):
    """Writes a file into the test's directory and answers its path."""

    def write_file(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write_file


def pytest_terminal_summary(terminalreporter):
    """The line that tools/check counts."""
    counts = {name: len(terminalreporter.stats.get(name, [])) for name in ("passed", "failed", "error")}
    terminalreporter.write_line(f"\n{counts['passed']} passed, {counts['failed'] + counts['error']} failed")
