#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Lets a library that was linked against newer system libraries be opened with older ones:

    weaken_versions.py LIBRARY VERSION:SYMBOL[,SYMBOL…]…

marks its requirement of each VERSION (GLIBC_2.38) as weak, so that the dynamic linker opens it where no library has that
version. Whoever opens it has to provide the symbols that it wants of that version. They are all to be named: it is an error
when the library wants another one, and nothing is changed then. A version that the library does not require is left out.
"""

import struct
import sys

SHT_DYNSYM = 11
SHT_GNU_VERNEED = 0x6FFFFFFE
SHT_GNU_VERSYM = 0x6FFFFFFF
VER_FLG_WEAK = 2
HIDDEN = 0x8000


class Library:
    """What of an ELF file concerns the versions of symbols."""

    def __init__(self, content):
        if content[:6] != b"\x7fELF\x02\x01":
            raise ValueError("it is no ELF file of 64 bits, little endian")
        self.content = bytearray(content)
        offset, = struct.unpack_from("<Q", content, 0x28)
        size, count, _ = struct.unpack_from("<HHH", content, 0x3A)
        self.sections = [struct.unpack_from("<IIQQQQIIQQ", content, offset + i * size) for i in range(count)]

    def section(self, wanted):
        found = [section for section in self.sections if section[1] == wanted]
        if len(found) != 1:
            raise ValueError(f"it has {len(found)} sections of type {wanted:#x}, not one")
        return found[0]

    def text(self, strings, offset):
        begin = self.sections[strings][4] + offset
        return self.content[begin:self.content.index(0, begin)].decode()

    def requirements(self):
        """Of each version that is required: its name, its number, and where its flags are."""
        section = self.section(SHT_GNU_VERNEED)
        offset = section[4]
        while True:
            _, count, _, first, following = struct.unpack_from("<HHIII", self.content, offset)
            entry = offset + first
            for _ in range(count):
                _, _, number, name, after = struct.unpack_from("<IHHII", self.content, entry)
                yield self.text(section[6], name), number, entry + 4
                entry += after
            if following == 0:
                return
            offset += following

    def symbols_of(self, number):
        """The names of the symbols that are wanted in the version of that number."""
        symbols = self.section(SHT_DYNSYM)
        versions = self.section(SHT_GNU_VERSYM)
        for i in range(symbols[5] // 24):
            version, = struct.unpack_from("<H", self.content, versions[4] + 2 * i)
            if version & ~HIDDEN == number:
                name, = struct.unpack_from("<I", self.content, symbols[4] + 24 * i)
                yield self.text(symbols[6], name)


def weaken(library, version, provided):
    for name, number, flags in list(library.requirements()):
        if name != version:
            continue
        missing = sorted(set(library.symbols_of(number)) - provided)
        if missing:
            raise ValueError(f"of {version} it also wants {', '.join(missing)}, which nobody provides")
        value, = struct.unpack_from("<H", library.content, flags)
        struct.pack_into("<H", library.content, flags, value | VER_FLG_WEAK)


def main(path, *wanted):
    with open(path, "rb") as file:
        library = Library(file.read())
    for item in wanted:
        version, symbols = item.split(":")
        weaken(library, version, set(symbols.split(",")))
    with open(path, "r+b") as file:
        file.write(library.content)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (OSError, ValueError, OverflowError, IndexError, TypeError, struct.error) as error:
        sys.exit(f"weaken_versions.py: {' '.join(sys.argv[1:2])}: {error}")
