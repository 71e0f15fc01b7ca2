"""What a library may define, by its GNU hash table alone: neither its symbols nor its strings are read.

The table was never written down by a standard; GNU ld, lld and gold write it, glibc's and musl's loaders read it, and
https://flapenguin.me/elf-dt-gnu-hash and https://maskray.me/blog/2022-08-21-glibc-and-dt-gnu-hash describe it. Four
words (number of buckets, first symbol hashed, words of the bloom filter, its shift), then the bloom filter in words of
the file's class, then a word a bucket (its first symbol or 0), then a word a hashed symbol: the upper 31 bits of its
name's hash, and a last bit that ends the chain of its bucket.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from stackpin.errors import InputUnreadable
from stackpin.model.value import Value
from stackpin.parse.elf_bytes import Window, unreadable
from stackpin.parse.elf_image import Tag, machine_name, read_image
from stackpin.parse.wheel_directory import Range

if TYPE_CHECKING:
    from stackpin.parse.elf_bytes import Asking
    from stackpin.parse.elf_image import Image

__all__ = ["MOST_SYMBOLS", "ElfExports", "GnuHash", "gnu_hash", "read_exports", "read_gnu_hash"]

#: Files with more symbols or buckets are refused: each costs memory. ``libtorch_cpu.so`` has some 75 000.
MOST_SYMBOLS = 1_000_000

_WHERE = ".gnu.hash"
#: As many bytes are asked for at first, if the table can be so large: that of a kernel fits.
_FIRST = 1024 * 1024
#: The last chain is followed in steps of so many bytes, each twice the one before.
_STEP = 4096


class ElfExports(Value):
    """What one file exports, as far as its hash table tells; ``table`` is empty where it exports nothing.

    ``table`` holds the words of ``.gnu.hash`` as they stand in the file, checked: no look-up leads out of it.
    """

    machine: str
    bits: int
    little_endian: bool
    table: bytes = b""

    def may_define(self, name: str) -> bool:
        """Whether the file may define a symbol of this name; False is a proof that it does not.

        True is wrong for a name that it does not define where one that it does define has the same hash, of 32 bits:
        for a library of *n* exports, one name out of 2**32 / *n* (with 100 000 exports, one in 43 000). (The table
        drops the last bit of a hash, but two hashes that differ in that one only share no bucket, if there are two.)
        The hash is no random one: names that differ in two characters side by side only, the first by one and the
        second by 33 the other way (``1b`` and ``2A``), always share it.

        True says nothing of the version of the symbol or of its visibility.
        """
        return self.may_define_hash(gnu_hash(name))

    def may_define_hash(self, code: int) -> bool:
        """The same by the hash of the name (:func:`gnu_hash`), which is made once where many files are asked."""
        if not self.table:
            return False
        order = "<" if self.little_endian else ">"
        count, first, words, shift = struct.unpack_from(order + "4I", self.table)
        width = self.bits // 8
        word_at = 16 + code // self.bits % words * width
        (word,) = struct.unpack_from(order + ("Q" if width == 8 else "I"), self.table, word_at)
        if not (word >> code % self.bits) & (word >> (code >> shift) % self.bits) & 1:
            return False
        buckets = 16 + words * width
        (symbol,) = struct.unpack_from(order + "I", self.table, buckets + code % count * 4)
        if not symbol:
            return False
        at = buckets + (count + symbol - first) * 4
        link = 0
        while not link & 1:
            (link,) = struct.unpack_from(order + "I", self.table, at)
            if link ^ code < 2:
                return True
            at += 4
        return False


class GnuHash(Value):
    """A hash table that was checked; ``symbols``: how many symbols the file has, 0 where none is hashed.

    (With none hashed the table does not tell: the symbols that the file only needs may be any number.)
    """

    table: bytes
    symbols: int


def gnu_hash(name: str) -> int:
    """The hash of a symbol's name: Bernstein's, 32 bits. Takes about 0.1 microseconds a character."""
    code = 5381
    for character in name.encode("utf-8", "surrogatepass"):
        code = code * 33 + character & 0xFFFFFFFF
    return code


def read_exports(size: int, *, limit: int = 64 * 1024 * 1024, head: int = 65536) -> Asking[ElfExports]:
    """Read what a file of ``size`` bytes exports: asks for its header, its dynamic section and its GNU hash table.

    The dynamic section lies behind all code, the hash table mostly before it. Who has to inflate a stream up to the
    end of each range passes a ``head`` (bytes) that holds the table as well, and goes through the stream once: the
    table takes some 14 bytes an export.

    :param limit: how many bytes may be asked for in all.
    :raises InputUnreadable: when the file is no ELF file, a cut or a damaged one, or has no GNU hash table.
    """
    window = Window(size, limit)
    image = yield from read_image(window, head)
    exports = ElfExports(machine=machine_name(image.machine), bits=image.bits, little_endian=image.order == "<")
    if not image.tags:
        return exports
    if Tag.GNU_HASH not in image.tags:
        raise InputUnreadable(
            "the file has no GNU hash table",
            where=_WHERE,
            expected="an entry DT_GNU_HASH in the dynamic section",
            hint="read all its symbols (read_elf)",
        )
    found = yield from read_gnu_hash(window, image)
    return exports.__replace__(table=found.table if found.symbols else b"")


def read_gnu_hash(window: Window, image: Image) -> Asking[GnuHash]:
    """Read the GNU hash table and check that every chain ends in it."""
    at, room, stretch = image.place(Tag.GNU_HASH, _WHERE)
    width = image.bits // 8
    start = yield from window.take(at, max(16, min(stretch, _FIRST)), _WHERE)
    count, first, words, shift = struct.unpack_from(image.order + "4I", start)
    chains = 16 + words * width + count * 4
    if chains > room:
        raise unreadable("the hash table is larger than its place", _WHERE, f"{chains} bytes", f"at most {room}")
    if count > MOST_SYMBOLS:
        raise unreadable("the hash table has too many buckets", _WHERE, count, f"at most {MOST_SYMBOLS}")
    table = yield from window.take(at, chains, _WHERE)
    used = list(filter(None, struct.unpack_from(f"{image.order}{count}I", table, chains - count * 4)))
    if not used:
        return GnuHash(table=table, symbols=0)
    if not words or words & words - 1 or shift > 31 or min(used) < first:
        got = f"{words} words, shift {shift}, symbols from {first} on, a bucket at {min(used)}"
        raise unreadable("the hash table is damaged", _WHERE, got, "a power of two, below 32, and no bucket before")
    highest = max(used)
    last = chains + (highest - first) * 4
    length = yield from _chain(window, image, Range(start=at + last, stop=at + room), len(start) - last)
    symbols = highest + length
    table = yield from window.take(at, chains + (symbols - first) * 4, _WHERE)
    return GnuHash(table=table, symbols=symbols)


def _chain(window: Window, image: Image, place: Range, step: int) -> Asking[int]:
    """How many links the last of all chains has: where it ends all have ended.

    :param place: where it begins, and what it cannot pass.
    :param step: how many bytes of it are known already, if any.
    """
    length, start = 0, place.start
    while start + 4 <= place.stop:
        content = yield from window.take(start, min(step if step >= 4 else _STEP, place.stop - start) & -4, _WHERE)
        for (link,) in struct.iter_unpack(image.order + "I", content):
            length += 1
            if link & 1:
                return length
        start, step = start + len(content), max(step * 2, _STEP)
    raise unreadable("the last chain of the hash table has no end", _WHERE, f"{length} links", "an odd number last")
