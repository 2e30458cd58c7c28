# SPDX-License-Identifier: Apache-2.0
"""An HTTP/1.1 client that sends exact bytes and tells exactly what came back."""

import socket


class ProtocolError(Exception):
    """The answer is no well-formed HTTP/1.1 response, or ended early. `partial` is what came."""

    def __init__(self, message, partial=b""):
        super().__init__(f"{message}; received {partial[:500]!r}")
        self.partial = partial


class Headers(list):
    """(name, value) pairs in order of arrival."""

    def all(self, name):
        return [value for key, value in self if key.lower() == name.lower()]

    def get(self, name, default=None):
        values = self.all(name)
        return values[0] if values else default

    def __contains__(self, name):
        return bool(self.all(name)) if isinstance(name, str) else super().__contains__(name)


class Response:
    """A final response. `interim` holds the statuses of the 1xx responses before it."""

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


def _parse_fields(lines):
    headers = Headers()
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon or name != name.strip():
            raise ProtocolError("malformed header line", line)
        headers.append((name.decode("latin-1"), value.strip().decode("latin-1")))
    return headers


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
        self._buffer = b""

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

    def _more(self):
        data = self.socket.recv(65536)
        if not data:
            return False
        self._buffer += data
        return True

    def _until(self, delimiter):
        while delimiter not in self._buffer:
            if not self._more():
                raise ProtocolError("the connection ended early", self._buffer)
        found, _, self._buffer = self._buffer.partition(delimiter)
        return found

    def _exactly(self, size):
        while len(self._buffer) < size:
            if not self._more():
                raise ProtocolError(f"the connection ended {size - len(self._buffer)} bytes early", self._buffer)
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        return data

    def _rest(self):
        while self._more():
            pass
        data, self._buffer = self._buffer, b""
        return data

    def _chunks(self):
        body = b""
        while True:
            size = int(self._until(b"\r\n").split(b";")[0], 16)
            if size == 0:
                break
            body += self._exactly(size)
            if self._exactly(2) != b"\r\n":
                raise ProtocolError("a chunk does not end where it says", body)
        lines = []
        while True:
            line = self._until(b"\r\n")
            if not line:
                return body, _parse_fields(lines)
            lines.append(line)

    def _head(self):
        head = self._until(b"\r\n\r\n").split(b"\r\n")
        version, _, rest = head[0].partition(b" ")
        status, _, reason = rest.partition(b" ")
        if not version.startswith(b"HTTP/1.") or not status.isdigit():
            raise ProtocolError("malformed status line", head[0])
        return Response(int(status), reason.decode("latin-1"), _parse_fields(head[1:]), version=version[5:].decode())

    def read_response(self, method="GET"):
        """The next final response, as the answer to a request with `method`."""
        interim = []
        response = self._head()
        while 100 <= response.status < 200 and response.status != 101:
            interim.append(response.status)
            response = self._head()
        response.interim = interim
        if method == "HEAD" or response.status in (204, 304):
            return response
        if "chunked" in response.headers.get("Transfer-Encoding", ""):
            response.body, response.trailers = self._chunks()
        elif "Content-Length" in response.headers:
            response.body = self._exactly(int(response.headers.get("Content-Length")))
        else:
            response.body = self._rest()
        return response

    def closed_by_peer(self, timeout=2):
        """Whether the peer closes within `timeout` seconds without sending more."""
        if self._buffer:
            return False
        self.socket.settimeout(timeout)
        try:
            return self.socket.recv(1) == b""
        except (TimeoutError, socket.timeout):
            return False
        except OSError:
            return True
