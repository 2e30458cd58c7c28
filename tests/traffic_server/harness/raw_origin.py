# SPDX-License-Identifier: Apache-2.0
"""An origin that sends scripted bytes and keeps the bytes of each request as they came."""

import time

from .listener import Listener
from .origin_request import Violation, read_head
from .reader import ProtocolError, Reader


class _Recording:
    """The incoming side of a socket, with a memory."""

    def __init__(self, connection):
        self._connection = connection
        self.bytes = b""

    def recv(self, size):
        data = self._connection.recv(size)
        self.bytes += data
        return data


class RawRequest:
    """A request as it came: `head` and `body` are bytes, with all framing."""

    def __init__(self, request, head, body, connection):
        self.parsed = request
        self.head = head
        self.body = body
        self.connection = connection


class RawOrigin(Listener):
    """Serves on 127.0.0.1. `answers` holds, for a path, the pieces of an answer: bytes are sent by themselves, a number is
    a pause of so many seconds, None closes the connection."""

    def __init__(self, context=None):
        self.answers = {}
        self.requests = {}  # RawRequest by path
        self.violations = []
        super().__init__(context=context)

    def serve(self, connection, number):
        recording = _Recording(connection)
        reader = Reader(recording)
        try:
            while self._answer(connection, recording, reader, number):
                pass
        except Violation as violation:
            self.violations.append(str(violation))
        except (OSError, ProtocolError) as error:
            if "ended early" not in str(error) and "bytes early" not in str(error):
                self.violations.append(str(error))

    def _answer(self, connection, recording, reader, number):
        request = read_head(reader, number, 1)
        if request is None:
            return False
        request.read_body(reader)
        head, _, body = recording.bytes.partition(b"\r\n\r\n")
        recording.bytes = b""
        self.requests.setdefault(request.path, []).append(RawRequest(request, head, body, number))
        for piece in self.answers.get(request.path, [b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"]):
            if piece is None:
                return False
            if isinstance(piece, bytes):
                connection.sendall(piece)
            else:
                time.sleep(piece)
        return True
