# SPDX-License-Identifier: Apache-2.0
"""Bodies on their way out of a client: framed, cut into pieces, with pauses and trailers, or broken off."""

import random
import time

from .content import PIECE, as_content


def cut(data, places):
    """The pieces of bytes between places."""
    edges = [0, *sorted({place for place in places if 0 < place < len(data)}), len(data)]
    return [data[begin:end] for begin, end in zip(edges, edges[1:])]


def random_sizes(seed, most):
    """Sizes without end, mostly small, some large."""
    source = random.Random(seed)
    while True:
        yield source.randint(1, source.choice([1, 16, 1000, most]))


class Upload:
    """A body to be sent.

    framing     length, chunked, or none: with HTTP/2 no content-length; with HTTP/1 no body at all
    sizes       an iterable of sizes of the pieces (chunks, with chunked framing)
    wire        places at which the framed bytes are cut anew, so that they come apart anywhere
    pause       seconds after each piece
    most        breaks off after so many bytes of the body
    """

    def __init__(self, content=b"", framing="length", sizes=None, wire=None, pause=0, trailers=(), most=None,
                 expect=False):
        self.content = as_content(content)
        self.framing = framing
        self.sizes = sizes
        self.wire = wire
        self.pause = pause
        self.trailers = list(trailers)
        self.most = most
        self.expect = expect
        self.sent = 0  # bytes of the body
        self.ended = False
        self.error = None

    def headers(self):
        pairs = {"length": [("Content-Length", str(self.content.size))], "chunked": [("Transfer-Encoding", "chunked")],
                 "none": []}[self.framing]
        return pairs + ([("Expect", "100-continue")] if self.expect else [])

    def pieces(self):
        """The body in the wanted sizes."""
        if self.sizes is None:
            yield from self.content.pieces(PIECE)
            return
        sizes = iter(self.sizes)
        wanted = next(sizes, PIECE)
        for piece in self.content.pieces():
            at = 0
            while at < len(piece):
                part = piece[at:at + wanted]
                at += len(part)
                wanted = next(sizes, PIECE)
                yield part

    def _framed(self):
        for piece in self.pieces():
            if self.most is not None and self.sent + len(piece) > self.most:
                piece = piece[:self.most - self.sent]
                self.sent += len(piece)
                yield piece if self.framing != "chunked" else b"%x\r\n%s" % (len(piece) + 1, piece)
                return
            self.sent += len(piece)
            yield piece if self.framing != "chunked" else b"%x\r\n%s\r\n" % (len(piece), piece)
        if self.framing == "chunked":
            fields = "".join(f"{name}: {value}\r\n" for name, value in self.trailers)
            yield b"0\r\n" + fields.encode("latin-1") + b"\r\n"

    def http1_pieces(self):
        """What goes over an HTTP/1 connection after the header."""
        if self.framing == "none":
            return
        pieces = self._framed() if self.wire is None else cut(b"".join(self._framed()), self.wire)
        for piece in pieces:
            yield piece
            if self.pause:
                time.sleep(self.pause)

    def send(self, send):
        """Sends it all with a function; what goes wrong is kept as `error`."""
        try:
            for piece in self.http1_pieces():
                send(piece)
            self.ended = self.most is None
        except OSError as error:
            self.error = error
