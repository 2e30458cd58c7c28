# SPDX-License-Identifier: Apache-2.0
"""Load on a server, and the CPU time that it cost."""

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

from harness import build

CONNECTIONS = 16
STREAMS = 8  # of HTTP/2, on each connection
ATTEMPTS = 3  # a virtual machine may stand still for longer than a slice of a round


class LoadFailed(Exception):
    """The load generator failed, or saw errors."""


def split_cpus():
    """(CPUs for the server, CPUs for the load): apart where the machine has two or more."""
    cpus = sorted(os.sched_getaffinity(0))
    if len(cpus) == 1:
        return cpus, cpus
    return cpus[:len(cpus) // 2], cpus[len(cpus) // 2:]


def pin(pid, cpus):
    """Binds every thread of a process."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(task.name), cpus)


def cpu_seconds(pid):
    """CPU time of all threads of a process so far, user and system."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            total += int((task / "schedstat").read_text().split()[0])
        except FileNotFoundError:  # a thread that ended, or a kernel without scheduler statistics
            pass
    if total:
        return total / 1e9
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _run(package, cpus, command, seconds):
    if not shutil.which(command[0]):
        raise LoadFailed(f"{command[0]} is not installed: tools/setup installs it, or apt-get install {package}")
    try:
        return subprocess.run(["taskset", "--cpu-list", ",".join(map(str, cpus)), *command], capture_output=True,
                              text=True, check=True, timeout=seconds + 60).stdout
    except subprocess.CalledProcessError as error:
        raise LoadFailed(f"{' '.join(command)}: {error.stdout}{error.stderr}") from error


def wrk(url, host, connections=CONNECTIONS):
    """Load over HTTP/1, with or without TLS, on kept connections, for whole seconds. What is returned is called with seconds
    and CPUs; it returns the number of requests."""
    def run(seconds, cpus):
        text = _run("wrk", cpus, ["wrk", "--threads", str(min(len(cpus), connections)), "--connections",
                                  str(connections), "--duration", f"{seconds}s", "--timeout", "30s",
                                  "--header", f"Host: {host}", url], seconds)
        trouble = re.search(r"Socket errors.*|Non-2xx.*", text)
        if trouble:
            raise LoadFailed(f"{url}: {trouble.group(0)}")
        return {"requests": int(re.search(r"(\d+) requests in", text).group(1)), "seconds": seconds}
    return run


def http1(port, host, target, connections=CONNECTIONS, tls=False):
    """The same by h2load, which takes parts of a second, too."""
    return _h2load(port, f"{'https' if tls else 'http'}://{host}{target}", connections, ["--h1"])


def http2(port, host, target, connections=CONNECTIONS, streams=STREAMS):
    """The same over HTTP/2 with TLS."""
    return _h2load(port, f"https://{host}{target}", connections, ["--max-concurrent-streams", str(streams)])


def paced(port, host, target, connections, rate):
    """Load over HTTP/1 of `rate` requests per second in all, each sent when it is due, whether the ones before were
    answered or not (on a connection that is busy: as soon as it is free). What is returned is called with seconds and CPUs;
    it returns when each request was due (seconds since the epoch), and how many microseconds later its answer was there."""
    def run(seconds, cpus):
        text = _run("load_paced", cpus, [str(build.artifact("load_paced")), str(port), host, target, str(connections),
                                         str(rate), str(seconds)], seconds)
        rows = [line.split() for line in text.splitlines()]
        return sorted((int(due) / 1e6, int(microseconds)) for due, microseconds in rows)
    return run


def _run_h2load(port, url, connections, arguments, seconds, cpus):
    return _run("nghttp2-client", cpus, ["h2load", "--clients", str(connections), *arguments, "--duration",
                                         f"{round(seconds * 1000)}ms", "--connect-to", f"127.0.0.1:{port}", url],
                seconds)


def _h2load(port, url, connections, arguments):
    def attempt(seconds, cpus):
        text = _run_h2load(port, url, connections, arguments, seconds, cpus)
        succeeded, failed, errored, timeout = map(int, re.search(
            r"(\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout", text).groups())
        good = int(re.search(r"status codes: (\d+) 2xx", text).group(1))
        if failed or errored or timeout or good < succeeded:
            raise LoadFailed(f"{url}: {text}")
        return succeeded, text

    def run(seconds, cpus):
        for _ in range(ATTEMPTS):
            succeeded, text = attempt(seconds, cpus)
            if succeeded:
                return {"requests": succeeded, "seconds": seconds}
            time.sleep(1)
        raise LoadFailed(f"{url}: {text}")
    return run
