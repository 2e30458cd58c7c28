# SPDX-License-Identifier: Apache-2.0
"""tools/setup.d/weaken_versions.py: libraries that want newer system libraries than there are."""

import re
import shutil
import subprocess
import sys

import pytest

from cli import HERE, PROGRAM

TOOL = HERE.parents[1] / "tools" / "setup.d" / "weaken_versions.py"
VERSION = "GLIBC_2.2.5"


@pytest.fixture
def program(tmp_path):
    """A copy of a program that wants symbols of VERSION."""
    return shutil.copy(PROGRAM, tmp_path / "program")


def weaken(program, *wanted):
    return subprocess.run([sys.executable, TOOL, program, *wanted], capture_output=True, text=True, check=False)


def wanted_symbols(program):
    text = subprocess.run(["objdump", "-T", program], capture_output=True, text=True, check=True).stdout
    return re.findall(rf"\({re.escape(VERSION)}\)\s+(\S+)", text)


def requirement(program):
    """The flags of the requirement, as readelf has them."""
    text = subprocess.run(["readelf", "-V", "-W", program], capture_output=True, text=True, check=True).stdout
    return re.search(rf"Name: {re.escape(VERSION)}\s+Flags: (\S+)", text).group(1)


def test_a_requirement_becomes_weak_and_the_program_still_runs(program):
    assert requirement(program) == "none"
    done = weaken(program, f"{VERSION}:{','.join(wanted_symbols(program))}", "GLIBC_9.9:nothing")
    assert done.returncode == 0, done.stderr
    assert requirement(program) == "WEAK"
    assert subprocess.run([program, "help"], stdout=subprocess.DEVNULL, check=False).returncode == 0


def test_a_symbol_that_nobody_provides_is_named_and_nothing_changes(program):
    symbols = wanted_symbols(program)
    before = program.read_bytes()
    done = weaken(program, f"{VERSION}:{','.join(symbols[1:])}")
    assert done.returncode == 1
    assert symbols[0] in done.stderr
    assert program.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"no library", b"\x7fELF\x02\x01" + b"\xff" * 200], ids=range(3))
def test_what_is_no_library_is_refused(tmp_path, content):
    path = tmp_path / "file"
    path.write_bytes(content)
    done = weaken(path, f"{VERSION}:a")
    assert done.returncode == 1
    assert "weaken_versions.py" in done.stderr and "Traceback" not in done.stderr
    assert path.read_bytes() == content
