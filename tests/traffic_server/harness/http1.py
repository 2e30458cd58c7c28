# SPDX-License-Identifier: Apache-2.0
"""An HTTP/1.1 client that sends exact bytes and tells exactly what came back."""

import socket
import threading

from .content import Comparison
from .reader import Headers, ProtocolError, Reader, body_framing, parse_field

__all__ = ["Connection", "Headers", "ProtocolError", "Response", "format_request"]

# A body up to this size is sent in one go before the answer is read.
SMALL = 1 << 15


class Response:
    """A final response. `interim` holds the statuses of the 1xx responses before it. A body that was compared as it
    came is not kept: `difference` then says how it differs, or None."""

    difference = None

    def __init__(self, status, reason="", headers=(), body=b"", version="1.1", interim=(), trailers=()):
        self.status = status
        self.reason = reason
        self.headers = Headers(headers)
        self.body = body
        self.version = version
        self.interim = list(interim)
        self.trailers = Headers(trailers)

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    def json(self):
        import json
        return json.loads(self.body)

    def __repr__(self):
        lines = [f"HTTP/{self.version} {self.status} {self.reason}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        return "\n".join(lines) + f"\n\n{self.body[:2000]!r}"


def format_request(method, target, headers=(), body=b""):
    """The bytes of a request. Adds Content-Length when there can be a body and nobody framed it."""
    pairs = list(headers.items() if isinstance(headers, dict) else headers)
    names = {name.lower() for name, _ in pairs}
    if (body or method in ("POST", "PUT")) and not names & {"content-length", "transfer-encoding"}:
        pairs.append(("Content-Length", str(len(body))))
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in pairs), "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


class Connection:
    """One connection, kept alive between requests. Usable with `with`."""

    def __init__(self, port, context=None, server_name="localhost", timeout=15):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if context:
            self.socket = context.wrap_socket(self.socket, server_hostname=server_name)
        self.reader = Reader(self.socket)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def request(self, method, target, headers=(), body=b""):
        """Sends a request and reads its response. `headers` has to hold Host."""
        self.send(format_request(method, target, headers, body))
        return self.read_response(method)

    def exchange(self, method, target, headers, upload, expected=None):
        """The same with an Upload; the answer is read while the body is sent. `expected`: as in read_response."""
        head = format_request(method, target, [*headers, *upload.headers()])
        if upload.expect:
            self.send(head)
            return self._after_continue(method, upload, expected)
        if upload.content.size <= SMALL and not upload.pause and upload.wire is None:
            # One write, as clients do it.
            framed = [head]
            upload.send(framed.append)
            self.send(b"".join(framed))
            return self.read_response(method, expected)
        self.send(head)
        return self._while_sending(method, upload, expected)

    def _while_sending(self, method, upload, expected):
        sender = threading.Thread(target=upload.send, args=(self.send,))
        sender.start()
        try:
            return self.read_response(method, expected)
        finally:
            sender.join()

    def _after_continue(self, method, upload, expected):
        response = self._head()
        if response.status != 100:
            return self._read_rest(response, method, expected)
        response = self._while_sending(method, upload, expected)
        response.interim.insert(0, 100)
        return response

    def _head(self):
        head = self.reader.until(b"\r\n\r\n").split(b"\r\n")
        version, _, rest = head[0].partition(b" ")
        status, _, reason = rest.partition(b" ")
        if not version.startswith(b"HTTP/1.") or not status.isdigit():
            raise ProtocolError("malformed status line", head[0])
        headers = Headers(parse_field(line) for line in head[1:])
        return Response(int(status), reason.decode("latin-1"), headers, version=version[5:].decode())

    def read_response(self, method="GET", expected=None):
        """The next final response, as the answer to a request with `method`. With `expected` (a Content) its body is
        compared as it comes."""
        return self._read_rest(self._head(), method, expected)

    def _read_rest(self, response, method, expected):
        interim = []
        while 100 <= response.status < 200 and response.status != 101:
            interim.append(response.status)
            response = self._head()
        response.interim = interim
        framing = body_framing(response.headers)
        if method == "HEAD" or response.status in (204, 304):
            pieces = ()
        elif framing == "chunked":
            pieces = self.reader.chunks(response.trailers)
        elif framing == "length":
            pieces = self.reader.pieces(int(response.headers.get("Content-Length")))
        else:
            pieces = self.reader.rest()
        if expected is None:
            response.body = _join(pieces)
        else:
            comparison = Comparison(expected)
            for piece in pieces:
                comparison.feed(piece)
            response.difference = comparison.end()
        return response

    def closed_by_peer(self, timeout=2):
        """Whether the peer closes within `timeout` seconds without sending more."""
        return self.reader.ended(timeout)


def _join(pieces):
    """The bytes; a ProtocolError in between tells those before it."""
    body = []
    try:
        for piece in pieces:
            body.append(piece)
    except ProtocolError as error:
        error.partial = b"".join(body)
        raise
    return b"".join(body)
