# SPDX-License-Identifier: Apache-2.0
"""Instructions that a request costs in user space, counted by valgrind's callgrind: unlike time, a count is the same
again, whatever else the machine does.

The server runs under callgrind for all of its life, and is told to give its counts after some requests, and again after
twice as many: the difference is what those more requests cost, without what a window costs by itself. Only the thread
that answers them counts: the others work by the clock, and time under callgrind is some fifty times too long.
"""

import re
import shutil
import subprocess
from pathlib import Path

# Starts take long under callgrind: it translates the server, and the compiler of modules.
START_SECONDS = 300
# What the event thread does by the clock, it does once in an hour.
QUIET_RECORDS = {name: 3_600_000 for name in
                 ("raw_stat_sync_interval_ms", "config_update_interval_ms", "remote_sync_interval_ms")}


class CountFailed(Exception):
    """callgrind is not installed, or gave no counts."""


def count_of(dump):
    """The instructions of a dump of one thread, from its text. (The sum of its lines has some that ran before.)"""
    return int(re.search(r"(?m)^summary: (\d+)", dump).group(1))


def callgrind(directory, *arguments):
    """The words before a command; its counts go into files of `directory`, one for each thread and dump."""
    if not shutil.which("valgrind"):
        raise CountFailed("valgrind is not installed: tools/setup installs it, or apt-get install valgrind")
    return ["valgrind", "--tool=callgrind", "--quiet", "--separate-threads=yes", *arguments,
            f"--callgrind-out-file={directory}/counts"]


class Counter:
    """Counts what requests cost a server that was started with callgrind(directory)."""

    def __init__(self, server, directory, target, host):
        self.server = server
        self.directory = Path(directory)
        self.target = target
        self.host = host
        self.dumps = 0
        self.profile = None  # of the last window: twice the requests

    def per_request(self, requests):
        """Instructions of the thread that answers, for one request; as many are sent before, which do not count."""
        with self.server.connect(timeout=START_SECONDS) as connection:
            self._ask(connection, requests)
            self._dump()
            self._ask(connection, requests)
            once = self._dump()
            self._ask(connection, 2 * requests)
            twice = self._dump()
        return (twice - once) / requests

    def _ask(self, connection, requests):
        for _ in range(requests):
            response = connection.request("GET", self.target, {"Host": self.host})
            if response.status != 200:
                raise CountFailed(f"a request was not answered: {response}")

    def _dump(self):
        """The instructions since the last one, of the thread that ran most."""
        told = subprocess.run(["callgrind_control", "--dump", str(self.server.server_pid())], capture_output=True,
                              text=True, check=False)
        self.dumps += 1
        counts = {count_of(path.read_text()): path for path in self.directory.glob(f"counts.{self.dumps}-*")}
        if not counts:
            raise CountFailed(f"callgrind left no counts in {self.directory}: {told.stdout}{told.stderr}")
        most = max(counts)
        self.profile = counts[most]
        return most
