# SPDX-License-Identifier: Apache-2.0
"""Free ports on 127.0.0.1."""

import socket
import threading

_taken = set()
_lock = threading.Lock()


def free_port():
    """A port that nobody listens on now, and that this process has not given out before."""
    with _lock:
        while True:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                port = probe.getsockname()[1]
            if port not in _taken:
                _taken.add(port)
                return port


def refusing_port():
    """A port that refuses connections for as long as nobody else takes it."""
    return free_port()
