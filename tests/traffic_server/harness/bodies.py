# SPDX-License-Identifier: Apache-2.0
"""Requests that tell the bodies module (modules/bodies.h) what to do, and what has to come of it."""

import re
import time
from urllib.parse import quote, unquote_to_bytes

from . import http2
from .configuration import configuration, patient, remap_plugin
from .content import Content, as_content
from .reader import ProtocolError
from .scripted import unique_path
from .server import remap_rule, tls_remap_rule
from .upload import Upload

MAXIMUM = (1 << 32) - 1


def body_filter(name="do", module="bodies", **keys):
    """The YAML text of the module as a filter. Its keys request_body and response_body: off, stream, buffer, or what
    the module exports."""
    vm = {"vm_id": name, **keys.pop("vm", {})}
    # They look at a large body byte by byte.
    limits = patient(**keys.pop("limits", {}))
    keys |= {"limits": limits} if limits else {}
    return configuration(f"traffic_server/{module}", name=name, configuration=name, vm=vm, **keys)


def server_options(origin, filters, hosts, **options):
    """What start_server needs for hosts "NAME.test" (plain and TLS) that lead to the origin. `filters`: keys of
    body_filter by name; `hosts`: names of filters, in the order of requests."""
    rules = []
    for host, names in hosts.items():
        plugin = [remap_plugin(*(f"{name}.yaml" for name in names))] if names else []
        rules += [rule(f"{host}.test", origin.port, *plugin) for rule in (remap_rule, tls_remap_rule)]
    files = {f"{name}.yaml": body_filter(name, **keys) for name, keys in filters.items()}
    # A client that waits for "100 Continue" gets it from the server: the origin is asked when the body has come.
    records = {"http.send_100_continue_response": 1, **options.pop("records", {})}
    return {"remap": rules, "files": files, "records": records, **options}


def over_tls(options, origin):
    """The same with an origin that is spoken to over TLS."""
    rules = [rule.replace(f"http://127.0.0.1:{origin.port}", f"https://127.0.0.1:{origin.port}")
             for rule in options["remap"]]
    return {**options, "remap": rules}


def text(value):
    """A text as a script takes it."""
    return quote(value, safe="/.-_~")


# ---------------------------------------------------------------------------------------------------------- the model

def _words(script):
    for part in script.split():
        name, _, value = part.partition("=")
        yield name, value


def _place(value):
    return MAXIMUM if value == "max" else int(value)


def _splice(body, value):
    start, size, new = value.split(",", 2)
    start = min(_place(start), len(body))
    size = min(_place(size), len(body) - start)
    return body[:start] + unquote_to_bytes(new) + body[start + size:]


def filtered(script, content):
    """What the module makes of a body. Words that look at a whole body need one that is held. Texts have no lower-case
    letters, because upper may meet them, too."""
    words = dict(_words(script))
    value = {name: unquote_to_bytes(words[name]) for name in ("prepend", "append", "replace", "fill") if name in words}
    result = as_content(content)
    if "upper" in words:
        result = result.upper()
    if "prepend" in value:
        result = value["prepend"] + result
    if "replace" in value:
        result = Content(value["replace"])
    if "empty" in words:
        result = Content()
    if "fill" in value and as_content(content).size == 0:
        result = Content(value["fill"])
    for name, spliced in _words(script):
        if name == "splice":
            result = Content(_splice(bytes(result), spliced))
    return result + value["append"] if "append" in value else result


# -------------------------------------------------------------------------------------------------------- the requests

class Bodies:
    """A server whose hosts have filters."""

    def __init__(self, server, origin, host="do"):
        self.server = server
        self.origin = origin
        self.host = host

    def connect(self, protocol="http1", timeout=20):
        """A connection of "http1" or "http2"."""
        connect = self.server.connect_http2 if protocol == "http2" else self.server.connect
        return connect(timeout=timeout)

    def headers(self, request=None, response=None, headers=(), name=None):
        """The request headers that carry scripts to the filter of a name."""
        name = name or self.host
        scripts = [(f"{name}-request-body", request), (f"{name}-response-body", response)]
        return [*((key, script) for key, script in scripts if script), *headers]

    def get(self, query="", response=None, method="GET", **options):
        """A GET with a script for the response."""
        return self.ask(query, response=response, method=method, **options)

    def ask(self, query="", upload=None, request=None, response=None, host=None, name=None, headers=(), method=None,
            path=None, connection=None, expected=None):
        """One exchange on a connection (HTTP/1 or HTTP/2), or one of its own. `upload` may be just bytes or a Content;
        `expected` as in Connection.read_response."""
        host = host or self.host
        pairs = self.headers(request, response, headers, name or host)
        if upload is not None and not isinstance(upload, Upload):
            upload = Upload(upload)
        method = method or ("GET" if upload is None else "POST")
        target = (path or unique_path()) + ("?" + query if query else "")
        if connection is None:
            with self.server.connect(timeout=30) as own:
                return _exchange(own, method, target, host, pairs, upload, expected)
        return _exchange(connection, method, target, host, pairs, upload, expected)

    def notes_of(self, path, timeout=5):
        """The notes of a transaction that scripts with `count` left in the log, once its last line is there."""
        pattern = re.compile(rf"{re.escape(path)}\S* \w+: (.*)")
        end = time.monotonic() + timeout
        while True:
            found = pattern.findall(self.server.log("wasm.log"))
            if "over" in found or time.monotonic() > end:
                return found
            time.sleep(0.02)

    def complaints(self):
        """What the module noted that may never be."""
        return re.findall(r".*(?:body before|body after|headers twice|trailers twice|trailers after|in a buffer of).*",
                          self.server.log("wasm.log"))


class Client:
    """Exchanges on a connection that is kept, and made anew when it has ended."""

    def __init__(self, bodies, protocol="http1"):
        self.bodies = bodies
        self.protocol = protocol
        self._connection = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.leave()

    def leave(self):
        if self._connection:
            self._connection.close()
        self._connection = None

    def ask(self, query="", upload=None, **options):
        """As Bodies.ask."""
        self._connection = self._connection or self.bodies.connect(self.protocol)
        try:
            response = self.bodies.ask(query, upload, connection=self._connection, **options)
        except (ProtocolError, OSError):
            self.leave()
            raise
        if response.headers.get("Connection", "").lower() == "close" or getattr(self._connection, "ends", False):
            self.leave()
        return response


def _exchange(connection, method, target, host, pairs, upload, expected):
    if isinstance(connection, http2.Connection):
        return connection.exchange(method, target, f"{host}.test", pairs, upload, expected)
    if upload is None:
        upload = Upload(framing="none")
    return connection.exchange(method, target, [("Host", f"{host}.test"), *pairs], upload, expected)


def seen_by(server, path):
    """The one request that an origin got for a path, all of it."""
    request, = server.wait_for(path)
    assert request.complete
    return request


def counts(notes, direction):
    """The last count of a direction, as a dictionary of numbers."""
    lines = [line for line in notes if line.startswith(f"{direction} alone=")]
    return {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", lines[-1])} if lines else None
