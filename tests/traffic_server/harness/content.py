# SPDX-License-Identifier: Apache-2.0
"""Bodies of any size that are described and not held: made, sent, changed and compared in pieces."""

import base64
import functools
import hashlib

PIECE = 1 << 18


def _make_block():
    """Printable, with lower-case letters, and without a period: what is lost, doubled or moved shows. Its length is a
    prime, so that it is no multiple of any buffer's."""
    return base64.b64encode(hashlib.shake_256(b"content").digest(750000))[:999983]


BLOCK = _make_block()


@functools.cache
def _doubled(upper):
    block = BLOCK.upper() if upper else BLOCK
    return block + block


class _Pattern:
    """`size` bytes of the block, again and again."""

    def __init__(self, size, begin=0, upper=False):
        self.size = size
        self.begin = begin
        self.is_upper = upper

    def piece(self, start, size):
        size = min(size, self.size - start, len(BLOCK))
        at = (self.begin + start) % len(BLOCK)
        return _doubled(self.is_upper)[at:at + size]

    def upper(self):
        return _Pattern(self.size, self.begin, True)


class _Literal:
    def __init__(self, data):
        self.data = bytes(data)
        self.size = len(self.data)

    def piece(self, start, size):
        return self.data[start:start + size]

    def upper(self):
        return _Literal(self.data.upper())


class Content:
    """A sequence of bytes: texts, and pieces of a pattern. Immutable."""

    def __init__(self, *parts):
        self._parts = [part if isinstance(part, (_Pattern, _Literal)) else _Literal(part) for part in parts]
        self.size = sum(part.size for part in self._parts)

    @classmethod
    def of(cls, size, seed=0):
        """`size` bytes that differ from those of another seed."""
        return cls(_Pattern(size, seed * 7919 % len(BLOCK)))

    def pieces(self, most=PIECE):
        """The bytes in order, in pieces of at most so many."""
        for part in self._parts:
            start = 0
            while start < part.size:
                piece = part.piece(start, most)
                start += len(piece)
                yield piece

    def upper(self):
        return Content(*(part.upper() for part in self._parts))

    def __add__(self, other):
        return Content(*self._parts, *(other._parts if isinstance(other, Content) else [other]))

    def __radd__(self, other):
        return Content(other, *self._parts)

    def __bytes__(self):
        return b"".join(self.pieces())

    def __len__(self):
        return self.size

    @functools.cached_property
    def digest(self):
        result = new_digest()
        for piece in self.pieces():
            result.update(piece)
        return result.hexdigest()


def as_content(value):
    return value if isinstance(value, Content) else Content(value)


def new_digest():
    return hashlib.blake2b(digest_size=16)


class Comparison:
    """What arrives held against what is expected, piece by piece. `difference` is None as long as they are equal."""

    def __init__(self, content):
        self.content = as_content(content)
        self.size = 0
        self.difference = None
        self._pieces = self.content.pieces()
        self._expected = b""

    def feed(self, piece):
        piece = bytes(piece)
        at = 0
        while at < len(piece) and not self.difference:
            if not self._expected:
                self._expected = next(self._pieces, b"")
                if not self._expected:
                    self.difference = f"{len(piece) - at} bytes or more beyond the {self.content.size} expected " \
                                      f"ones: {piece[at:at + 60]!r}"
                    break
            size = min(len(piece) - at, len(self._expected))
            if piece[at:at + size] != self._expected[:size]:
                self._differ(piece[at:at + size], self._expected[:size], self.size + at)
            self._expected = self._expected[size:]
            at += size
        self.size += len(piece)

    def _differ(self, got, expected, start):
        at = next(index for index in range(len(got)) if got[index] != expected[index])
        self.difference = f"at byte {start + at} of {self.content.size} expected {expected[at:at + 40]!r}, " \
                          f"got {got[at:at + 40]!r}"

    def end(self):
        """The difference, once everything has arrived."""
        if not self.difference and self.size != self.content.size:
            self.difference = f"it ends after {self.size} of {self.content.size} bytes"
        return self.difference


def difference(got, expected):
    """None, or how bytes differ from a content."""
    comparison = Comparison(expected)
    comparison.feed(got)
    return comparison.end()
