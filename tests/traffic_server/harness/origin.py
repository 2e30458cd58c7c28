# SPDX-License-Identifier: Apache-2.0
"""An origin server that does what the query of a request's target tells it, and remembers what it was asked.

Without a query it echoes the request as JSON: method, target, headers, body, the number of the connection and of the
request on it. The keys of the query:

  status=N            the status
  header=Name:Value   one more header; may be repeated
  body=TEXT, size=N   the body: a text, or N bytes
  content=N, seed=S   the body: harness.content.Content.of(N, S), S is 1 unless given
  framing=length|chunked|close   how the body ends (default: length)
  trailer=Name:Value  a trailer (with framing=chunked)
  piece=N, pieces=SEED, pause=SECONDS
                      the body in pieces of N bytes, or of random sizes, each sent by itself, with a pause after each
  cache=SECONDS       Cache-Control: max-age
  delay=SECONDS       before the answer
  early=N             an interim response with status N first, may be repeated
  early-at=N          the interim responses are sent when N bytes of the request's body have been read; all, unless given
  early-pause=SECONDS after each of them
  answer=early, answer-at=N
                      the answer comes before the request's body has been read, or after N bytes of it
  then=drain|linger|close|reset    what follows such an answer: the rest of the body is read, and the connection
                      kept; or, with Connection: close, read and closed; not read, and closed; reset. drain=no is
                      answer=early.
  answer=echo         the body is that of the request (of at most 512 KiB)
  answer=never        no answer: the connection stays until the peer closes it
  read-pause=SECONDS  after each piece of the request's body
  break=reset|empty|garbage|headers|body|chunk
                      reset: a TCP reset instead of an answer; empty: the connection is closed; garbage: no HTTP;
                      headers: closed amid the header; body, chunk: closed amid the body

What is no well-formed request is kept under `violations`: with a proxy between, that is a smuggled one.
"""

import collections
import socket
import threading
import time

from .listener import Listener
from .origin_answer import Answer, break_before_body, reset_on_close, send_interim
from .origin_request import Request, Violation, read_head
from .reader import ProtocolError, Reader

__all__ = ["Origin", "Request"]

REMEMBERED_MOST = 10000


class Origin(Listener):
    """Serves on 127.0.0.1, a thread for each connection. Usable with `with`."""

    def __init__(self, port=0, context=None):
        self._lock = threading.Lock()
        self._requests = collections.OrderedDict()  # by path
        self._count = 0
        self._expected = {}  # contents by path
        self.violations = []
        super().__init__(port, context)

    # ------------------------------------------------------------------------------------------------ what it was asked

    @property
    def requests(self):
        """The requests so far: those for the last 10,000 paths or so, in order of the paths."""
        with self._lock:
            return [request for requests in self._requests.values() for request in requests]

    def clear(self):
        with self._lock:
            self._requests.clear()
            self._count = 0

    def expect(self, path, content):
        """Has the body of the request to a path compared as it comes; Request.is_whole then has to be asked for the
        same Content."""
        self._expected[path] = content
        return content

    def to(self, path):
        """The requests for a path."""
        with self._lock:
            return list(self._requests.get(path, ()))

    def wait_for(self, path, count=1, timeout=5):
        """The same, once `count` of them have come to the end of their bodies, or their connections have ended."""
        end = time.monotonic() + timeout
        while True:
            requests = self.to(path)
            if sum(request.complete or request.over for request in requests) >= count or time.monotonic() > end:
                return requests
            time.sleep(0.002)

    def _remember(self, request):
        if request.path in self._expected:
            request.expect(self._expected.pop(request.path))
        with self._lock:
            self._requests.setdefault(request.path, []).append(request)
            self._count += 1
            while self._count > REMEMBERED_MOST and len(self._requests) > 1:
                _, oldest = self._requests.popitem(last=False)
                self._count -= len(oldest)

    # ------------------------------------------------------------------------------------------------------ connections

    def serve(self, connection, number):
        reader = Reader(connection)
        request = None
        count = 1
        try:
            while (request := read_head(reader, number, count)) and self._answer(connection, reader, request):
                request.over = True
                count += 1
        except Violation as violation:
            self.violations.append(str(violation))
        except (OSError, ProtocolError) as error:
            if isinstance(error, ProtocolError) and "ended early" not in str(error) and "bytes early" not in str(error):
                self.violations.append(f"{request.target if request else ''}: {error}")
        finally:
            if request:
                request.over = True

    def _answer(self, connection, reader, request):
        """Answers; true when the connection can be kept."""
        self._remember(request)
        amid = "answer-at" in request.query
        early = request.first("answer") == "early" or request.first("drain") == "no"
        if request.headers.get("Expect", "").lower() == "100-continue" and not early:
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        if "early-at" in request.query:
            request.read_body(reader, int(request.first("early-at")))
            _send_interim(connection, request)
        if not early:
            request.read_body(reader, int(request.first("answer-at")) if amid else None)
        if "delay" in request.query:
            time.sleep(float(request.first("delay")))
        if request.first("answer") == "never":
            reader.ended(60)
            return False
        keep = _send_answer(connection, request)
        return _finish_early(connection, reader, request, keep) if early or amid else keep


def _send_interim(connection, request):
    for status in request.query.get("early", []):
        send_interim(connection, status)
        time.sleep(float(request.first("early-pause", 0)))


def _send_answer(connection, request):
    broken = request.first("break")
    if broken in ("reset", "empty", "garbage", "headers"):
        break_before_body(connection, broken)
        return False
    if "early-at" not in request.query:
        _send_interim(connection, request)
    answer = Answer(request)
    answer.send(connection)
    return answer.keep and not broken


def _finish_early(connection, reader, request, keep):
    """What follows an answer that came before the request's end; true when the connection can be kept. A connection
    that is closed with unread bytes is reset, and takes the end of the answer with it: only those that are to do so."""
    then = request.first("then", "drain")
    if then == "drain" and not keep:
        then = "linger"
    if then == "reset":
        reset_on_close(connection)
    elif then == "linger":
        connection.shutdown(socket.SHUT_WR)
    if then in ("drain", "linger"):
        request.read_body(reader)
    return then == "drain"
