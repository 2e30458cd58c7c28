# SPDX-License-Identifier: Apache-2.0
"""Requests that tell the scripted module what to do."""

import itertools
from urllib.parse import quote

from .http1 import Headers

_numbers = itertools.count(1)


def unique_path():
    """A path that no other test asks for."""
    return f"/{next(_numbers)}"


def word(value):
    """One word of a script: any bytes or text, without spaces."""
    return quote(value, safe="/:=,-.")


def script_headers(request=None, response=None, log=None, done=None, name="do"):
    """The request headers that carry scripts."""
    scripts = {"request": request, "response": response, "log": log, "done": done}
    return [(f"{name}-{phase}", script) for phase, script in scripts.items() if script]


def notes(response, name="do"):
    """What the module noted, in order."""
    return response.headers.all(f"{name}-note")


def note(response, key, name="do"):
    """The value of the note "KEY=VALUE"; None if there is none."""
    for text in notes(response, name):
        if text.startswith(key + "="):
            return text[len(key) + 1:]
    return None


class Seen:
    """What an echoing origin saw."""

    def __init__(self, response):
        echo = response.json()
        self.method = echo["method"]
        self.target = echo["target"]
        self.headers = Headers(map(tuple, echo["headers"]))
        self.body = echo["body"].encode("latin-1")
        self.connection = echo["connection"]


class Scripted:
    """A server with the scripted module, and a host that leads to the origin."""

    def __init__(self, server, host):
        self.server = server
        self.host = host

    def ask(self, target=None, method="GET", headers=(), body=b"", connection=None, tls=False, **scripts):
        """A request with scripts (request=, response=, log=, done=)."""
        pairs = [*headers, *script_headers(**scripts)]
        if connection:
            return connection.request(method, target or unique_path(), [("Host", self.host), *pairs], body)
        return self.server.request(method, target or unique_path(), self.host, pairs, body, tls=tls)
