"""The libraries that a shared object is linked with, and nothing else of it: three or four small reads.

Enough to pass over the thousand files of an environment that have nothing to do with torch, in some fifty microseconds each.
Source: ELF gABI, chapters 4 and 5 (program headers, DT_NEEDED). What is not the usual kind of file (64 bits, little-endian,
its headers in front) is read by :mod:`stackpin.parse.elf_image`, which also names what is wrong with one.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from stackpin.parse.elf_bytes import Window
from stackpin.parse.elf_image import Tag, read_image
from stackpin.parse.wheel_directory import Range

if TYPE_CHECKING:
    from stackpin.parse.elf_bytes import Asking

__all__ = ["read_needed"]

#: How much is asked for at first: header and program headers; how long a name may be (bytes).
_HEAD, _LONGEST = 1024, 512
#: How much may be asked for in all of an unusual file, and for the names of any (bytes).
_LIMIT, _NAMES = 2 * 1024 * 1024, 64 * 1024
_USUAL = b"\x7fELF\x02\x01"
_HEADER = struct.Struct("<32xQ14xHH4x")
_SEGMENT = struct.Struct("<I4xQQ8xQ16x")
_ENTRY = struct.Struct("<QQ")
_PT_LOAD, _PT_DYNAMIC = 1, 2


class _Names(NamedTuple):
    """Where the string table begins and ends, and where in it the names are."""

    start: int
    stop: int
    needed: tuple[int, ...]


def read_needed(size: int) -> Asking[tuple[str, ...]]:
    """The names that a file of ``size`` bytes needs, in its order; none for a file that is not linked dynamically.

    :raises InputUnreadable: when it is no ELF file, or a cut or damaged one.
    """
    names = yield from _usual(size)
    if names is None:
        names = yield from _any(size)
    if not names.needed:
        return ()
    first, last = min(names.needed), max(names.needed)
    if last - first <= _NAMES and names.start + last < names.stop:
        stop = min(names.start + last + _LONGEST, names.stop)
        content = yield Range(start=names.start + first, stop=stop)
        return tuple(_until_end(content[each - first : each - first + _LONGEST]) for each in names.needed)
    window = Window(size, _LIMIT)
    found = []
    for each in names.needed:
        length = max(min(_LONGEST, names.stop - names.start - each), 0)
        found.append(_until_end((yield from window.take(names.start + each, length, ".dynstr"))))
    return tuple(found)


def _usual(size: int) -> Asking[_Names | None]:
    """The short way; None where something is not as it usually is."""
    head = yield Range(start=0, stop=min(_HEAD, size))
    if head[:6] != _USUAL or len(head) < _HEADER.size:
        return None
    table, width, count = _HEADER.unpack_from(head)
    stop = table + width * count
    if width != _SEGMENT.size or stop > len(head):
        return None
    segments = list(_SEGMENT.iter_unpack(head[table:stop]))
    dynamic = next(((offset, length) for kind, offset, _, length in segments if kind == _PT_DYNAMIC), None)
    if dynamic is None or sum(dynamic) > size or dynamic[1] > _NAMES or dynamic[1] % _ENTRY.size:
        return None
    content = yield Range(start=dynamic[0], stop=sum(dynamic))
    needed, strings, length = [], 0, 0
    for tag, value in _ENTRY.iter_unpack(content):
        if tag == 0:
            break
        if tag == Tag.NEEDED:
            needed.append(value)
        elif tag == Tag.STRTAB:
            strings = value
        elif tag == Tag.STRSZ:
            length = value
    for kind, offset, address, room in segments:
        if kind == _PT_LOAD and address <= strings < address + room and offset + room <= size:
            start = offset + strings - address
            return _Names(start, min(start + length, offset + room), tuple(needed)) if strings and length else None
    return None


def _any(size: int) -> Asking[_Names]:
    """The long way."""
    image = yield from read_image(Window(size, _LIMIT), _HEAD)
    if not image.needed:
        return _Names(0, 0, ())
    table = image.place(Tag.STRTAB, ".dynstr")
    return _Names(table.offset, table.offset + table.room, image.needed)


def _until_end(content: bytes) -> str:
    return content.partition(b"\0")[0].decode("utf-8", errors="replace")
