# SPDX-License-Identifier: Apache-2.0
"""Load on a server, and the CPU time that it cost."""

import os
import re
import shutil
import subprocess
from pathlib import Path


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


def run_wrk(url, headers, seconds, connections, cpus):
    """Runs wrk; returns requests per second and the latencies' 50th and 99th percentile in microseconds."""
    if not shutil.which("wrk"):
        raise LoadFailed("wrk is not installed: tools/setup installs it, or apt-get install wrk")
    command = ["taskset", "--cpu-list", ",".join(map(str, cpus)), "wrk", "--threads", str(min(len(cpus), connections)),
               "--connections", str(connections), "--duration", f"{seconds}s", "--latency"]
    for name, value in headers.items():
        command += ["--header", f"{name}: {value}"]
    text = subprocess.run([*command, url], capture_output=True, text=True, check=True, timeout=seconds + 30).stdout
    trouble = re.search(r"Socket errors.*|Non-2xx.*", text)
    if trouble:
        raise LoadFailed(f"{url}: {trouble.group(0)}")
    return {"rate": float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1)),
            "requests": int(re.search(r"(\d+) requests in", text).group(1)),
            "latency_50": _percentile(text, 50), "latency_99": _percentile(text, 99)}


def _percentile(text, percent):
    """Microseconds, from a line of wrk's latency distribution."""
    number, unit = re.search(rf"(?m)^\s+{percent}%\s+([\d.]+)(\D+)$", text).groups()
    return float(number) * {"us": 1, "ms": 1e3, "s": 1e6}[unit]
