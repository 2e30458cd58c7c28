# SPDX-License-Identifier: Apache-2.0
"""Free ports on 127.0.0.1."""

import os
import socket
import threading

# Below those that the system takes for connections that go out, and each process of a parallel run has its own.
FIRST, PORTS = 10000, 10000

_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 2
_begin = FIRST + _worker * PORTS
_given = os.getpid() * 97 % PORTS  # several runs at once begin at different places
_lock = threading.Lock()


def _is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port():
    """A port that nobody listens on now, and that this process has not given out for a long time."""
    global _given
    with _lock:
        for _ in range(PORTS):
            _given = (_given + 1) % PORTS
            if _is_free(_begin + _given):
                return _begin + _given
    raise OSError(f"no port from {_begin} to {_begin + PORTS - 1} is free")


def refusing_port():
    """A port that refuses connections for as long as nobody else takes it."""
    return free_port()
