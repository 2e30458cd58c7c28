#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Follows a section of the guide for module authors: writes its files, runs its commands, compares their output.

A listing whose opening line has file=NAME is a file. In a listing of the kind console, lines after "$ " are a command
(lines that go on after a backslash belong to it), and the others have to be lines of the output of the command before
them, in that order.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

LISTING = re.compile(r"^```(\S+)(?: file=(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def section(guide, title):
    text = pathlib.Path(guide).read_text(encoding="utf-8")
    parts = re.split(r"^## (.*)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))[title]


def commands(listing):
    """Each command with the lines that are expected of it."""
    result = []
    lines = iter(listing.splitlines())
    for line in lines:
        if not line.startswith("$ "):
            result[-1][1].append(line)
            continue
        while line.endswith("\\"):
            line += "\n" + next(lines)
        result.append((line[2:], []))
    return result


def run(command, expected, directory, environment):
    result = subprocess.run(["bash", "-c", command], cwd=directory, env=environment, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, timeout=600, check=False)
    if result.returncode != 0:
        return f"$ {command}\nexits with {result.returncode}:\n{result.stdout}"
    output = iter(result.stdout.splitlines())
    for line in expected:
        if line not in output:
            return f"$ {command}\nhas no line {line!r} (or not in that order):\n{result.stdout}"
    return None


def follow(text, directory, environment):
    for kind, file, listing in LISTING.findall(text):
        if file:
            path = pathlib.Path(directory, file)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(listing, encoding="utf-8")
        elif kind == "console":
            for command, expected in commands(listing):
                fault = run(command, expected, directory, environment)
                if fault:
                    return fault
    return None


def main():
    source, tools, proxywasm, title = sys.argv[1:]
    guide = pathlib.Path(source, "docs/guides/module-authors.md")
    path = os.pathsep.join([os.path.dirname(proxywasm), tools, os.environ["PATH"]])
    environment = {**os.environ, "PROXYWASM": source, "PATH": path}
    with tempfile.TemporaryDirectory() as directory:
        fault = follow(section(guide, title), directory, environment)
    if fault:
        print(fault, file=sys.stderr)
    return 1 if fault else 0


if __name__ == "__main__":
    sys.exit(main())
