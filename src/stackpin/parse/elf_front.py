"""What a shared object needs, read from its first pages alone.

The dynamic section, which names all tables, lies behind the code: in a wheel that means inflating everything before it,
hundreds of megabytes. But GNU ld, gold and lld lay the tables that it names out at the front, one behind the other: notes,
``.gnu.hash``, ``.dynsym``, ``.dynstr``, ``.gnu.version``, ``.gnu.version_r``. Here they are recognized by their form, each
checked against the next; where one does not fit (a patched file, another order), nothing is said, and the whole file has to
be read. Source: ELF gABI, chapters 4 and 5; LSB Core, "Symbol Versioning"; the linkers' default order of sections.
"""

from __future__ import annotations

import struct
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from stackpin.model.value import Value
from stackpin.parse.elf_bytes import Window, most_characters
from stackpin.parse.elf_symbols import ElfSymbol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stackpin.parse.elf_bytes import Asking

__all__ = ["ElfFront", "read_front"]

_HEADER = struct.Struct("<4sBBB9xHHIQQQIHHHHHH")
_SEGMENT = struct.Struct("<IIQQQQQQ")
_SYMBOL = struct.Struct("<IBBHQQ")
_PT_LOAD, _PT_NOTE, _EM_X86_64, _EM_AARCH64 = 1, 4, 62, 183
_WEAK = 2
#: How far behind the program headers and notes the first table may begin (bytes).
_GAP = 64
#: How much is asked for at first, and at most, in bytes.
_FIRST, _MOST = 256 * 1024, 32 * 1024 * 1024
#: Notes are looked for among so many program headers; files that are loaded have a dozen.
_SEGMENTS = 64
#: So many places that look like the head of a hash table are looked at more closely; one is the rule.
_LOOKS = 4


class ElfFront(Value):
    """What the front of a file tells.

    ``defined`` are the names of what it defines, ``libraries`` the names in it that look like shared libraries, its own
    among them.
    """

    undefined: tuple[ElfSymbol, ...]
    defined: tuple[str, ...]
    libraries: tuple[str, ...]


class _Tables(NamedTuple):
    symbols: int
    first_defined: int
    total: int
    strings: int


class _Short(Exception):
    """More of the front is needed."""


def read_front(size: int, *, marks: tuple[bytes, ...] = ()) -> Asking[ElfFront | None]:
    """Read the tables at the front of a file of ``size`` bytes; None where they are not as they should be.

    Asks for the front in growing parts: for the tables of a kernel with ten thousand symbols, a megabyte.

    :param marks: what one of the names must have in it for the file to be of interest; where none has, no symbol is told.
    :raises InputUnreadable: when an answer is short.
    """
    window = Window(size, _MOST)
    wanted = min(_FIRST, size)
    while True:
        content = yield from window.take(0, wanted, "the front")
        try:
            return _read(content, marks)
        except _Short:
            if wanted in {size, _MOST}:
                return None
            wanted = min(wanted * 2, size, _MOST)


def _read(content: bytes, marks: tuple[bytes, ...]) -> ElfFront | None:
    looks = islice((start for start in _starts(content) if _looks_like_a_table(content, start)), _LOOKS)
    found = next((tables for start in looks for tables in [_tables(content, start)] if tables), None)
    if found is None:
        return None
    stop = content.find(b"\0\0", found.strings)
    if stop < 0:
        raise _Short
    strings = content[found.strings : stop + 1]
    if strings[:1] != b"\0" or not _versions_follow(content, found, found.strings + len(strings)):
        return None
    try:
        names = strings.decode("ascii")
        if not names.replace("\0", "").isprintable():
            return None  # no table of names
        wanted = not marks or any(mark in strings for mark in marks)
        undefined, defined = _symbols(content, found, names) if wanted else ((), ())
    except ValueError:
        return None  # a name is none, or lies elsewhere: the strings were moved away
    libraries = tuple(text for text in names.split("\0") if ".so" in text)
    return ElfFront(undefined=undefined, defined=defined, libraries=libraries)


def _starts(content: bytes) -> Iterator[int]:
    """Where ``.gnu.hash`` may begin: behind the program headers, behind each note."""
    if len(content) < _HEADER.size:
        return
    magic, bits, order, _, kind, machine, _, _, table, _, _, _, width, count, *_ = _HEADER.unpack_from(content)
    if (magic, bits, order, kind) != (b"\x7fELF", 2, 1, 3) or machine not in {_EM_X86_64, _EM_AARCH64}:
        return
    if width != _SEGMENT.size or table + width * count > len(content):
        return
    ends = {table + width * count}
    for number in range(min(count, _SEGMENTS)):
        segment, _, offset, _, _, length, *_ = _SEGMENT.unpack_from(content, table + number * width)
        if segment == _PT_NOTE and offset < _FIRST:
            ends.add(offset + length)
    seen = set()
    for end in sorted(ends):
        for start in range((end + 7) & ~7, end + _GAP, 8):
            if start not in seen:
                seen.add(start)
                yield start


def _looks_like_a_table(content: bytes, start: int) -> bool:
    """Whether the four words here may be those at the head of ``.gnu.hash``."""
    if start + 16 > len(content):
        return False
    buckets, first, words, shift = struct.unpack_from("<4I", content, start)
    in_bounds = 0 < buckets < 1 << 22 and 0 < first < 1 << 22 and 0 < words < 1 << 20 and shift < 64
    return in_bounds and not words & words - 1


def _tables(content: bytes, start: int) -> _Tables | None:
    """The tables, if ``.gnu.hash`` begins here and ``.dynsym`` follows it."""
    buckets, first, words = struct.unpack_from("<3I", content, start)
    at = start + 16 + words * 8
    chains = at + buckets * 4
    if chains > _MOST:
        return None
    if chains > len(content):
        raise _Short
    used = [link for link in struct.unpack_from(f"<{buckets}I", content, at) if link]
    if not used or min(used) != first or used != sorted(used):
        return None
    number = max(used)
    while True:
        place = chains + (number - first) * 4
        if place + 4 > len(content):
            raise _Short
        if content[place] & 1:
            break
        number += 1
    symbols = (place + 4 + 7) & ~7
    strings = symbols + (number + 1) * _SYMBOL.size
    if strings >= len(content):
        raise _Short
    return _Tables(symbols, first, number + 1, strings) if not any(content[symbols : symbols + _SYMBOL.size]) else None


def _versions_follow(content: bytes, tables: _Tables, end: int) -> bool:
    """Whether a table of as many versions as symbols stands behind the strings, and the needed versions behind that."""
    at = (end + 1) & ~1
    needs = (at + tables.total * 2 + 7) & ~7
    if needs + 16 > len(content):
        raise _Short
    versions: tuple[int, ...] = struct.unpack_from(f"<{tables.total}H", content, at)
    form: int = struct.unpack_from("<H", content, needs)[0]
    return versions[0] == 0 and max(version & 0x7FFF for version in set(versions)) < 1 << 10 and form == 1


def _symbols(content: bytes, tables: _Tables, names: str) -> tuple[tuple[ElfSymbol, ...], tuple[str, ...]]:
    """The symbols by name.

    :param names: the table of strings, each with a zero behind it.
    :raises ValueError: where a name is not in the strings, or is no name, or all together are too long.
    """
    undefined, defined = [], []
    left = most_characters(names)
    rows = content[tables.symbols + _SYMBOL.size : tables.strings]
    for number, (name, info, _, section, *_) in enumerate(_SYMBOL.iter_unpack(rows), 1):
        if not name:
            continue  # a section
        stop = names.index("\0", name)
        left -= stop - name
        if stop == name or left < 0:
            raise ValueError("no name, or the names together are too long")
        text = names[name:stop]
        if section == 0 and number < tables.first_defined:
            undefined.append(ElfSymbol(text, info >> 4 == _WEAK))
        elif section:
            defined.append(text)
    return tuple(undefined), tuple(defined)
