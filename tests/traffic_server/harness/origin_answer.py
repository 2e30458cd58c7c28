# SPDX-License-Identifier: Apache-2.0
"""Answers of an origin, composed as the query of a request tells."""

import functools
import itertools
import socket
import struct
import time

from .content import PIECE, Content
from .upload import random_sizes


@functools.lru_cache(4)
def digits(size):
    """The body of `size=N`."""
    return (b"0123456789abcdef" * (size // 16 + 1))[:size]


def _content(request):
    if request.first("answer") == "echo":
        return Content(request.body)
    if "content" in request.query:
        return Content.of(int(request.first("content")), int(request.first("seed", 1)))
    if "size" in request.query:
        return Content(digits(int(request.first("size"))))
    if "body" in request.query:
        return Content(request.first("body").encode())
    return Content(request.as_json())


class Answer:
    """Everything that an origin sends to a request: `head`, and `pieces()` of the framed body. `keep`: whether the
    connection can be kept."""

    def __init__(self, request):
        self.request = request
        self.status = int(request.first("status", 200))
        self.content = _content(request)
        self.framing = request.first("framing", "length")
        self.keep = self.framing != "close" and request.headers.get("Connection", "").lower() != "close"
        self.without_body = request.method == "HEAD" or self.status in (204, 304)
        self.head = self._head()

    def _head(self):
        query = self.request.query
        headers = [tuple(header.split(":", 1)) for header in query.get("header", [])]
        if "cache" in query:
            headers.append(("Cache-Control", f"max-age={query['cache'][0]}"))
        if self.framing == "chunked":
            headers.append(("Transfer-Encoding", "chunked"))
        elif self.framing == "length" and self.status not in (204, 304):
            headers.append(("Content-Length", str(self.content.size)))
        if self.framing == "close" or query.get("then", ["drain"])[0] != "drain":
            headers.append(("Connection", "close"))
        lines = [f"HTTP/1.1 {self.status} Status {self.status}",
                 *(f"{name}: {value.strip()}" for name, value in headers), "", ""]
        return "\r\n".join(lines).encode("latin-1")

    def _sizes(self):
        query = self.request.query
        if "pieces" in query:
            return random_sizes(int(query["pieces"][0]), 70000)
        if "piece" in query:
            return itertools.repeat(int(query["piece"][0]))
        if self.framing == "chunked" and self.content.size < PIECE:
            return itertools.repeat(max(1, self.content.size // 3))
        return itertools.repeat(PIECE)

    def pieces(self):
        """The framed body."""
        if self.without_body:
            return
        for piece in _cut(self.content, self._sizes()):
            yield b"%x\r\n%s\r\n" % (len(piece), piece) if self.framing == "chunked" else piece
        if self.framing == "chunked":
            trailers = (trailer.split(":", 1) for trailer in self.request.query.get("trailer", []))
            lines = "".join(f"{name}: {value.strip()}\r\n" for name, value in trailers)
            yield b"0\r\n" + lines.encode("latin-1") + b"\r\n"

    def send(self, connection):
        """Sends it all, slowly or in pieces when the query says so, or its first half."""
        pause = float(self.request.first("pause", 0))
        apart = pause or "pieces" in self.request.query or "piece" in self.request.query
        broken = self.request.first("break") in ("body", "chunk")
        left = self.content.size // 2 if broken else None
        waiting = [self.head]
        for piece in self.pieces():
            if left is not None:
                piece = piece[:max(left, 1)]
                left -= len(piece)
            waiting.append(piece)
            if apart or len(piece) >= PIECE:
                connection.sendall(b"".join(waiting))
                waiting.clear()
                time.sleep(pause)
            if left is not None and left <= 0:
                break
        connection.sendall(b"".join(waiting))


def _cut(content, sizes):
    wanted = next(sizes)
    for piece in content.pieces():
        at = 0
        while at < len(piece):
            part = piece[at:at + wanted]
            at += len(part)
            wanted = next(sizes)
            yield part


def send_interim(connection, status):
    connection.sendall(f"HTTP/1.1 {status} Early\r\nLink: </a>\r\n\r\n".encode())


def break_before_body(connection, how):
    """Instead of an answer. The connection is then to be closed."""
    if how == "reset":
        reset_on_close(connection)
    elif how == "garbage":
        connection.sendall(b"\x00\x01\x02 this is no HTTP at all\r\n\r\n")
    elif how == "headers":
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/pl")


def reset_on_close(connection):
    """A linger time of 0 makes close() send a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
