# SPDX-License-Identifier: Apache-2.0
"""An origin server that does what the query of a request's target tells it, and remembers what it was asked.

Without a query it echoes the request as JSON: method, target, headers, body, the number of the connection and of the
request on it. The keys of the query:

  status=N            the status
  header=Name:Value   one more header; may be repeated
  body=TEXT, size=N   the body: a text, or N bytes
  framing=length|chunked|close   how the body ends (default: length)
  trailer=Name:Value  a trailer (with framing=chunked)
  cache=SECONDS       Cache-Control: max-age
  delay=SECONDS       before the answer
  early=N             an interim response with status N first
  drain=no            answer without reading the request's body
  break=reset|empty|garbage|headers|body|chunk
                      reset: a TCP reset instead of an answer; empty: the connection is closed; garbage: no HTTP;
                      headers: closed amid the header; body, chunk: closed amid the body
"""

import json
import socket
import struct
import threading
import time
from urllib.parse import parse_qs, urlsplit

from .http1 import Headers


class Request:
    """A request as it came."""

    def __init__(self, method, target, version, headers, body, connection, number):
        self.method = method
        self.target = target
        self.version = version
        self.headers = headers
        self.body = body
        self.trailers = Headers()
        self.connection = connection
        self.number = number
        parts = urlsplit(target)
        self.path = parts.path
        self.query = parse_qs(parts.query, keep_blank_values=True, encoding="latin-1")

    def first(self, key, default=None):
        return self.query.get(key, [default])[0]

    def as_json(self):
        return json.dumps({
            "method": self.method, "target": self.target, "version": self.version, "headers": self.headers,
            "body": self.body.decode("latin-1"), "connection": self.connection, "number": self.number,
        }).encode()


class Origin:
    """Serves on 127.0.0.1, a thread for each connection. Usable with `with`."""

    def __init__(self, port=0):
        self._listener = socket.create_server(("127.0.0.1", port), backlog=512)
        self.port = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._requests = []
        self._connections = {}
        self._connection_count = 0
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        # shutdown() wakes the accepting thread; close() alone would leave it in accept().
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)
        with self._lock:
            left = list(self._connections.values())
        for connection in left:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    @property
    def requests(self):
        """The requests so far (the last 10,000)."""
        with self._lock:
            return list(self._requests)

    def clear(self):
        with self._lock:
            self._requests.clear()

    def to(self, path):
        """The requests for a path."""
        return [request for request in self.requests if request.path == path]

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self._connection_count += 1
                number = self._connection_count
                self._connections[number] = connection
            threading.Thread(target=self._serve, args=(connection, number), daemon=True).start()

    def _serve(self, connection, number):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream = connection.makefile("rb")
        try:
            count = 0
            while True:
                count += 1
                request = _read_request(connection, stream, number, count)
                if request is None or not self._answer(connection, request):
                    break
        except OSError:
            pass
        finally:
            # The file keeps the socket open: both have to be closed.
            stream.close()
            connection.close()
            with self._lock:
                self._connections.pop(number, None)

    def _answer(self, connection, request):
        """Answers; true when the connection can be kept."""
        with self._lock:
            self._requests.append(request)
            del self._requests[:-10000]
        if "delay" in request.query:
            time.sleep(float(request.first("delay")))
        broken = request.first("break")
        if broken in ("reset", "empty", "garbage", "headers"):
            _break_before_body(connection, broken)
            return False
        if "early" in request.query:
            connection.sendall(f"HTTP/1.1 {request.first('early')} Early\r\nLink: </a>\r\n\r\n".encode())
        head, body, keep = _compose(request)
        if broken in ("body", "chunk"):
            connection.sendall(head + body[:len(body) // 2])
            return False
        connection.sendall(head + body)
        return keep and request.headers.get("Connection", "").lower() != "close"


def _read_request(connection, stream, connection_number, number):
    line = stream.readline(65536)
    if not line.strip():
        return None
    method, target, version = line.decode("latin-1").split()
    headers = Headers()
    while True:
        line = stream.readline(65536).rstrip(b"\r\n")
        if not line:
            break
        name, _, value = line.decode("latin-1").partition(":")
        headers.append((name, value.strip()))
    request = Request(method, target, version, headers, b"", connection_number, number)
    if headers.get("Expect", "").lower() == "100-continue":
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    if request.first("drain") != "no":
        request.body = _read_body(stream, headers, request.trailers)
    return request


def _read_body(stream, headers, trailers):
    if "chunked" not in headers.get("Transfer-Encoding", ""):
        return stream.read(int(headers.get("Content-Length", 0)))
    body = b""
    while True:
        size = int(stream.readline(1024).split(b";")[0] or b"0", 16)
        if size == 0:
            break
        body += stream.read(size)
        stream.readline(16)
    while line := stream.readline(65536).rstrip(b"\r\n"):
        name, _, value = line.decode("latin-1").partition(":")
        trailers.append((name, value.strip()))
    return body


def _break_before_body(connection, how):
    if how == "reset":
        # A linger time of 0 makes close() send a reset.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    elif how == "garbage":
        connection.sendall(b"\x00\x01\x02 this is no HTTP at all\r\n\r\n")
    elif how == "headers":
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/pl")


def _compose(request):
    """The head, the framed body, and whether the connection can be kept."""
    status = int(request.first("status", 200))
    if "size" in request.query:
        body = (b"0123456789abcdef" * (int(request.first("size")) // 16 + 1))[:int(request.first("size"))]
    elif "body" in request.query:
        body = request.first("body").encode()
    else:
        body = request.as_json()
    framing = request.first("framing", "length")
    headers = [tuple(header.split(":", 1)) for header in request.query.get("header", [])]
    if "cache" in request.query:
        headers.append(("Cache-Control", f"max-age={request.first('cache')}"))
    without_body = request.method == "HEAD" or status in (204, 304) or 100 <= status < 200
    if framing == "chunked":
        headers.append(("Transfer-Encoding", "chunked"))
    elif framing == "length" and status not in (204, 304):
        headers.append(("Content-Length", str(len(body))))
    elif framing == "close":
        headers.append(("Connection", "close"))
    lines = [f"HTTP/1.1 {status} Status {status}", *(f"{name}: {value.strip()}" for name, value in headers), "", ""]
    head = "\r\n".join(lines)
    if without_body:
        body = b""
    elif framing == "chunked":
        body = _chunked(body, request.query.get("trailer", []))
    return head.encode("latin-1"), body, framing != "close"


def _chunked(body, trailers):
    size = max(1, len(body) // 3)
    chunks = [body[at:at + size] for at in range(0, len(body), size)]
    framed = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    lines = "".join(f"{trailer.split(':', 1)[0]}: {trailer.split(':', 1)[1].strip()}\r\n" for trailer in trailers)
    return framed + b"0\r\n" + lines.encode("latin-1") + b"\r\n"
