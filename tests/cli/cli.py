# SPDX-License-Identifier: Apache-2.0
"""What the tests of the command line share: the program as a real process, and modules made from text."""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILD = Path(os.environ.get("PW_BUILD", HERE.parents[1] / "build" / "release")).resolve()
PROGRAM = BUILD / "bin" / "proxywasm"


class Result:
    """What a run of the program left behind."""

    def __init__(self, done):
        self.code = done.returncode
        self.bytes = done.stdout
        self.out = done.stdout.decode("utf-8", "replace")
        self.err = done.stderr.decode("utf-8", "replace")

    @property
    def json(self):
        return json.loads(self.bytes)

    def section(self, title):
        """The lines of the part of the output that begins with a line that begins with `title`."""
        lines = self.out.splitlines()
        start = next(i for i, line in enumerate(lines) if line.startswith(title)) + 1
        end = next((i for i in range(start, len(lines)) if not lines[i]), len(lines))
        return lines[start:end]


class CliTest(unittest.TestCase):
    """A test with a directory of its own."""

    maxDiff = None

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="proxywasm-")
        self.addCleanup(temporary.cleanup)
        self.directory = Path(temporary.name)

    def module(self, name):
        """A module from modules/NAME.wat."""
        path = self.directory / f"{name}.wasm"
        subprocess.run(["wat2wasm", "--debug-names", HERE / "modules" / f"{name}.wat", "-o", path], check=True)
        return path

    def file(self, name, content):
        path = self.directory / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def run_program(self, *arguments, stdin=b"", code=0, environment=None):
        """Runs the program; it must end with `code`."""
        settings = dict(os.environ, PROXYWASM_CACHE=str(self.directory / "cache"), TERM="xterm", **(environment or {}))
        done = Result(subprocess.run([PROGRAM, *map(str, arguments)], input=stdin, capture_output=True, timeout=120,
                                     cwd=self.directory, env=settings, check=False))
        self.assertEqual(done.code, code, f"{arguments}\n{done.out}\n{done.err}")
        return done


def main():
    """Runs the tests of the calling file; the last line is "N passed, N failed"."""
    program = unittest.main(exit=False, verbosity=1)
    failed = len(program.result.failures) + len(program.result.errors)
    print(f"{program.result.testsRun - failed} passed, {failed} failed")
    sys.exit(0 if program.result.testsRun and not failed else 1)
