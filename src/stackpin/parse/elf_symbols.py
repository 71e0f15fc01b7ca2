"""The symbols that an ELF file needs and defines (gABI, chapter 4, "Symbol Table", and chapter 5, "Hash Table")."""

from __future__ import annotations

import struct
from itertools import repeat
from typing import TYPE_CHECKING, NamedTuple

from stackpin.parse.elf_bytes import unreadable
from stackpin.parse.elf_exports import MOST_SYMBOLS, read_gnu_hash
from stackpin.parse.elf_image import Tag
from stackpin.parse.elf_sections import read_sections
from stackpin.parse.wheel_directory import Range

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stackpin.parse.elf_bytes import Asking, StringTable, Window
    from stackpin.parse.elf_image import Image
    from stackpin.parse.elf_versions import Versions

__all__ = ["ElfSymbol", "Symbols", "read_symbols", "symbol_count", "symbol_ranges"]

_WHERE, _VERSIONS, _HASH = ".dynsym", ".gnu.version", ".hash"
_SHT_DYNSYM = 11
_LOCAL, _WEAK = 0, 2
#: STV_INTERNAL and STV_HIDDEN: the dynamic linker passes over such a definition.
_HIDDEN = (1, 2)
#: 64-bit s390 and Alpha have a hash table of 64-bit words.
_WIDE_HASH = (22, 0x9026)


class ElfSymbol(NamedTuple):
    """A symbol by its name as it stands in the file (C++: mangled).

    ``version`` is empty where it has none. ``library`` is the file that the version is asked of, for a needed symbol
    that has a version; a symbol without one may come from any file that is loaded.
    """

    name: str
    weak: bool = False
    version: str = ""
    library: str = ""


class Symbols(NamedTuple):
    """What a file needs of others and what it offers, each in the order of its symbol table."""

    undefined: tuple[ElfSymbol, ...] = ()
    defined: tuple[ElfSymbol, ...] = ()


def symbol_count(window: Window, image: Image) -> Asking[int]:
    """How many symbols the symbol table has, the empty first one included; nothing in the file says so outright.

    The first of these that is there tells: the hash table of the gABI, GNU's, the section headers, the beginning of
    whatever table comes next.

    :raises InputUnreadable: when none of them tells, or they name more symbols than have room.
    """
    count = 0
    if Tag.HASH in image.tags:
        count = yield from _count_of_hash(window, image)
    elif Tag.GNU_HASH in image.tags:
        count = (yield from read_gnu_hash(window, image)).symbols
    if not count:
        count = yield from _count_without_hash(window, image)
    if count > MOST_SYMBOLS:
        raise unreadable("the file has too many symbols", _WHERE, count, f"at most {MOST_SYMBOLS}")
    room, size = image.place(Tag.SYMTAB, _WHERE).room, count * _size(image)
    if size > room:
        raise unreadable("the symbol table is larger than its place", _WHERE, f"{size} bytes", f"at most {room}")
    return count


def symbol_ranges(image: Image, count: int) -> list[Range]:
    """Where the symbols lie, and their versions if they have any."""
    at = image.place(Tag.SYMTAB, _WHERE).offset
    found = [Range(start=at, stop=at + count * _size(image))]
    if Tag.VERSYM in image.tags:
        at = image.place(Tag.VERSYM, _VERSIONS).offset
        found.append(Range(start=at, stop=at + count * 2))
    return found


def read_symbols(window: Window, image: Image, names: StringTable, versions: Versions, count: int) -> Asking[Symbols]:
    """Read the symbols that are visible to other files. Takes about two microseconds a symbol.

    :raises InputUnreadable: when a name lies outside of the string table, or a version is none of the file's.
    """
    table, *numbers = symbol_ranges(image, count)
    content = yield from window.take(table.start, table.stop - table.start, _WHERE)
    of_symbol: Iterable[int] = repeat(1)
    for part in numbers:
        words = yield from window.take(part.start, part.stop - part.start, _VERSIONS)
        of_symbol = struct.unpack(f"{image.order}{count}H", words)
    undefined: list[ElfSymbol] = []
    defined: list[ElfSymbol] = []
    rows = struct.iter_unpack(image.order + ("IBBH16x" if image.bits == 64 else "I8xBBH"), content)
    known, name_at = versions.by_index, names.at
    for (name, info, other, section), number in zip(rows, of_symbol, strict=False):
        if not name or info >> 4 == _LOCAL or (section and other & 3 in _HIDDEN):
            continue
        version = known.get(number & 0x7FFF)
        if version is None:
            raise unreadable("a symbol has a version that the file does not name", _VERSIONS, number, "one of its own")
        (defined if section else undefined).append(ElfSymbol(name_at(name), info >> 4 == _WEAK, *version))
    return Symbols(undefined=tuple(undefined), defined=tuple(defined))


def _size(image: Image) -> int:
    size = 24 if image.bits == 64 else 16
    said = image.tags.get(Tag.SYMENT, size)
    if said != size:
        raise unreadable("the symbols have a strange size", _WHERE, f"{said} bytes", f"{size} bytes")
    return size


def _count_of_hash(window: Window, image: Image) -> Asking[int]:
    width = 8 if image.bits == 64 and image.machine in _WIDE_HASH else 4
    at, room, _ = image.place(Tag.HASH, _HASH)
    words = struct.Struct(image.order + ("QQ" if width == 8 else "II"))
    buckets, count = words.unpack((yield from window.take(at, words.size, _HASH)))
    size = (2 + buckets + count) * width
    if size > room:
        raise unreadable("the hash table is larger than its place", _HASH, f"{size} bytes", f"at most {room}")
    return int(count)


def _count_without_hash(window: Window, image: Image) -> Asking[int]:
    for section in (yield from read_sections(window, image)):
        if section.kind == _SHT_DYNSYM and section.address == image.tags.get(Tag.SYMTAB):
            return section.size // _size(image)
    _, room, stretch = image.place(Tag.SYMTAB, _WHERE)
    if stretch == room or stretch % _size(image):
        got = "no hash table, no section headers and no table behind"
        raise unreadable("nothing tells how many symbols there are", _WHERE, got, "one of them")
    return stretch // _size(image)
