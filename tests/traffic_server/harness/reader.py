# SPDX-License-Identifier: Apache-2.0
"""Reads HTTP/1 from a socket, strictly: what is not well-formed raises ProtocolError. Bodies come in pieces."""

RECEIVE = 1 << 18
LINE_MOST = 1 << 16


class ProtocolError(Exception):
    """What came is not well-formed HTTP, or ended early. `partial` is what came."""

    def __init__(self, message, partial=b""):
        super().__init__(f"{message}; received {bytes(partial[:500])!r}")
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


class Reader:
    """A socket's incoming side."""

    def __init__(self, socket, receive=RECEIVE):
        self.socket = socket
        self.receive = receive
        self.largest_chunk = 0  # of chunked bodies so far
        self._data = b""
        self._at = 0

    def waiting(self):
        """What has been received and not read."""
        return self._data[self._at:]

    def _more(self):
        data = self.socket.recv(self.receive)
        self._data = self._data[self._at:] + data if self._at < len(self._data) else data
        self._at = 0
        return bool(data)

    def until(self, delimiter, most=1 << 20):
        """The bytes before a delimiter, which is taken, too."""
        start = self._at
        while (found := self._data.find(delimiter, start)) < 0:
            left = len(self._data) - self._at
            if left > most:
                raise ProtocolError(f"no {delimiter!r} in {left} bytes", self.waiting())
            if not self._more():
                raise ProtocolError("the connection ended early", self.waiting())
            start = max(0, left - len(delimiter) + 1)
        result = self._data[self._at:found]
        self._at = found + len(delimiter)
        return result

    def exactly(self, size):
        return b"".join(self.pieces(size))

    def pieces(self, size):
        """`size` bytes."""
        left = size
        while left:
            if self._at == len(self._data) and not self._more():
                raise ProtocolError(f"the connection ended {left} of {size} bytes early")
            piece = self._data[self._at:self._at + left]
            self._at += len(piece)
            left -= len(piece)
            yield piece

    def rest(self):
        """All until the connection ends."""
        while self._at < len(self._data) or self._more():
            piece = self._data[self._at:]
            self._at = len(self._data)
            yield piece

    def fields(self):
        """Header or trailer fields, with the empty line that ends them."""
        fields = Headers()
        while line := self.until(b"\r\n", LINE_MOST):
            fields.append(parse_field(line))
        return fields

    def chunks(self, trailers):
        """A chunked body; what follows it is appended to `trailers`."""
        while True:
            line = self.until(b"\r\n", LINE_MOST)
            digits = line.split(b";")[0].strip()
            if not digits or len(digits) > 16 or digits.strip(b"0123456789abcdefABCDEF"):
                raise ProtocolError("malformed size of a chunk", line)
            size = int(digits, 16)
            if size == 0:
                break
            self.largest_chunk = max(self.largest_chunk, size)
            yield from self.pieces(size)
            if (end := self.exactly(2)) != b"\r\n":
                raise ProtocolError("a chunk does not end where it says", end)
        trailers.extend(self.fields())

    def ended(self, timeout):
        """Whether the peer closes within `timeout` seconds without sending more."""
        if self._at < len(self._data):
            return False
        self.socket.settimeout(timeout)
        try:
            return not self._more()
        except TimeoutError:
            return False
        except OSError:
            return True


def parse_field(line):
    name, colon, value = line.partition(b":")
    if not colon or not name or name != name.strip() or b" " in name:
        raise ProtocolError("malformed header line", line)
    return name.decode("latin-1"), value.strip().decode("latin-1")


def body_framing(headers):
    """How the body of a message is framed: "length", "chunked" or None. ProtocolError when that is ambiguous."""
    lengths = headers.all("Content-Length")
    codings = headers.all("Transfer-Encoding")
    if lengths and codings:
        raise ProtocolError("both Content-Length and Transfer-Encoding", str(headers).encode())
    if len(lengths) > 1 or (lengths and not lengths[0].isdigit()):
        raise ProtocolError(f"Content-Length: {lengths}")
    if codings and [coding.lower() for coding in codings] != ["chunked"]:
        raise ProtocolError(f"Transfer-Encoding: {codings}")
    return "length" if lengths else "chunked" if codings else None
