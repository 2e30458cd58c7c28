# SPDX-License-Identifier: Apache-2.0
"""Requests as an origin gets them, read strictly: what could be smuggled is a Violation."""

import json
import re
import time
from urllib.parse import parse_qs, urlsplit

from .content import Comparison, new_digest
from .reader import Headers, ProtocolError, body_framing, parse_field

# Larger bodies are counted and digested, and not kept.
KEPT_MOST = 1 << 19

REQUEST_LINE = re.compile(rb"([A-Za-z-]+) (\S+) (HTTP/1\.[01])")


class Violation(Exception):
    """What came is no well-formed request: the rest of an earlier one, or one that a proxy must not send."""


class Request:
    """A request as it came. `complete` once its body has been read to its end. `body` is None when it was too large to
    be kept; there is a digest then, or the comparison with a content that was told before."""

    def __init__(self, method, target, version, headers, connection, number):
        self.method = method
        self.target = target
        self.version = version
        self.headers = headers
        self.body = b""
        self.size = 0
        self.trailers = Headers()
        self.connection = connection
        self.number = number
        self.framing = body_framing(headers)
        self.complete = self.framing is None
        self.over = False  # nothing more of it will come
        parts = urlsplit(target)
        self.path = parts.path
        self.query = parse_qs(parts.query, keep_blank_values=True, encoding="latin-1")
        self._digest = new_digest()
        self._comparison = None

    def first(self, key, default=None):
        return self.query.get(key, [default])[0]

    def expect(self, content):
        """The body is compared with this as it comes, which is quicker than a digest."""
        self._comparison = Comparison(content)

    def is_whole(self, content):
        """Whether it came to its end, with this body."""
        if not self.complete or self.size != content.size:
            return False
        if self._comparison and self._comparison.content is content:
            return self._comparison.end() is None
        return self._digest.hexdigest() == content.digest

    def as_json(self):
        return json.dumps({
            "method": self.method, "target": self.target, "version": self.version, "headers": self.headers,
            "body": (self.body or b"").decode("latin-1"), "connection": self.connection, "number": self.number,
        }).encode()

    def read_body(self, reader, most=None):
        """Reads the body, or the first `most` bytes of it. ProtocolError when it ends early."""
        pace = float(self.first("read-pause", 0))
        if most == 0:
            return
        for piece in self._pieces(reader):
            self._take(piece)
            if pace:
                time.sleep(pace)
            if most is not None and self.size >= most:
                return
        self.complete = True

    def _pieces(self, reader):
        if not hasattr(self, "_reading"):
            if self.framing == "chunked":
                self._reading = reader.chunks(self.trailers)
            elif self.framing == "length":
                self._reading = reader.pieces(int(self.headers.get("Content-Length")))
            else:
                self._reading = iter(())
        return self._reading

    def _take(self, piece):
        self.size += len(piece)
        if self._comparison:
            self._comparison.feed(piece)
        else:
            self._digest.update(piece)
        if self.size <= KEPT_MOST:
            self.body += piece
        else:
            self.body = None


def read_head(reader, connection, number):
    """The head of the next request; None when the connection ends before it."""
    try:
        lines = reader.until(b"\r\n\r\n").split(b"\r\n")
    except ProtocolError:
        if not reader.waiting():
            return None
        raise Violation(f"no request: {reader.waiting()[:200]!r}") from None
    except ConnectionError:
        return None
    line = REQUEST_LINE.fullmatch(lines[0])
    if not line:
        raise Violation(f"no request line: {lines[0][:200]!r}")
    try:
        headers = Headers(parse_field(field) for field in lines[1:])
        request = Request(*(part.decode("latin-1") for part in line.groups()), headers, connection, number)
    except ProtocolError as error:
        raise Violation(f"{lines[0][:100]!r}: {error}") from None
    if request.version == "HTTP/1.1" and len(headers.all("Host")) != 1:
        raise Violation(f"{lines[0][:100]!r}: Host: {headers.all('Host')}")
    return request
