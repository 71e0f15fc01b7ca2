"""Where things lie in an ELF file as it is loaded: header, program headers and the dynamic section.

ELF gABI, chapters 4 ("ELF Header") and 5 ("Program Header", "Dynamic Section"). Addresses are translated through the
segments that are loaded, not through section headers: these may be stripped, and tools that patch a file (patchelf,
auditwheel) move tables to its end, into a segment of their own.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from stackpin.model.value import Value
from stackpin.parse.elf_bytes import unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stackpin.parse.elf_bytes import Asking, Window

__all__ = ["Image", "Place", "SectionTable", "Tag", "machine_name", "read_image"]

_PT_LOAD, _PT_DYNAMIC = 1, 2
#: A dynamic section larger than this (bytes) is refused; real ones have some fifty entries of 16 bytes.
_LARGEST_DYNAMIC = 1024 * 1024

#: e_machine (the registry of the gABI), by the names that ``uname -m`` and platform tags use where there is one.
_MACHINES = {
    3: "i386",
    8: "mips",
    20: "ppc",
    21: "ppc64",
    22: "s390",
    40: "arm",
    62: "x86_64",
    183: "aarch64",
    190: "cuda",
    243: "riscv",
    258: "loongarch",
}


class Tag:
    """Tags of the dynamic section that are read (gABI, chapter 5; the GNU ones: LSB Core, "Symbol Versioning")."""

    NEEDED, HASH, STRTAB, SYMTAB, STRSZ, SYMENT, SONAME, RPATH, RUNPATH = 1, 4, 5, 6, 10, 11, 14, 15, 29
    GNU_HASH, VERSYM = 0x6FFFFEF5, 0x6FFFFFF0
    VERDEF, VERDEFNUM, VERNEED, VERNEEDNUM = 0x6FFFFFFC, 0x6FFFFFFD, 0x6FFFFFFE, 0x6FFFFFFF


#: Tags whose value is the address where something begins, so that what lies before it ends there at the latest:
#: those above, and PLTGOT, RELA, INIT, FINI, REL, JMPREL, the arrays of INIT, FINI and PREINIT, RELR.
_ADDRESSES = (
    *(Tag.HASH, Tag.STRTAB, Tag.SYMTAB, Tag.GNU_HASH, Tag.VERSYM, Tag.VERDEF, Tag.VERNEED),
    *(3, 7, 12, 13, 17, 23, 25, 26, 32, 36),
)


class _Segment(NamedTuple):
    """A part of the file that is loaded to ``address``."""

    address: int
    offset: int
    size: int


class Place(NamedTuple):
    """Where a table begins, counted from the file's start.

    ``room``: bytes to the end of its segment, which it cannot pass. ``stretch``: bytes to whatever is known to begin
    next, which is where most linkers let it end.
    """

    offset: int
    room: int
    stretch: int


class SectionTable(Value):
    """Where the section headers are, as the ELF header says; ``offset`` is 0 where there are none."""

    offset: int
    entry: int
    count: int
    names: int


class Image(Value):
    """One ELF file as it is loaded. ``order`` is struct's sign; ``tags`` is empty where nothing is linked dynamically.

    ``needed``: the offsets of the needed libraries' names in the string table, in the order of the file.
    """

    machine: int
    bits: int
    order: str
    sections: SectionTable
    segments: tuple[_Segment, ...] = ()
    tags: Mapping[int, int] = {}
    needed: tuple[int, ...] = ()

    def place(self, tag: int, where: str) -> Place:
        """Where the table lies whose address this tag holds.

        :raises InputUnreadable: when there is no such tag, or no segment holds its address.
        """
        address = self.number(tag, where)
        for start, offset, size in self.segments:
            if start <= address < start + size:
                known = [self.tags[other] for other in _ADDRESSES if other in self.tags]
                stop = min([start + size, *(other for other in known if other > address)])
                return Place(offset + address - start, start + size - address, stop - address)
        raise unreadable("an address lies in no part of the file", where, hex(address), "one in a PT_LOAD segment")

    def number(self, tag: int, where: str) -> int:
        """The value of a tag that must be there."""
        if tag not in self.tags:
            raise unreadable("the dynamic section misses an entry", where, "none", f"an entry with tag {tag:#x}")
        return self.tags[tag]


def machine_name(number: int) -> str:
    """The name of an ``e_machine``, such as ``x86_64``; ``EM_n`` for those that no wheel is built for."""
    return _MACHINES.get(number, f"EM_{number}")


def read_image(window: Window, head: int) -> Asking[Image]:
    """Read header, program headers and dynamic section; asks for ``head`` bytes at the start of the file first.

    :raises InputUnreadable: when the file is no ELF file, or a cut one, or lies about where things are.
    """
    start = yield from window.take(0, min(window.size, max(head, 64)), "ELF header")
    bits, order = _identity(start)
    layout = struct.Struct(order + ("HHIQQQIHHHHHH" if bits == 64 else "HHIIIIIHHHHHH"))
    if len(start) < 16 + layout.size:
        raise unreadable("the file is cut", "ELF header", f"{len(start)} bytes", f"at least {16 + layout.size}")
    _, machine, _, _, at, sections, _, _, entry, count, *table = layout.unpack_from(start, 16)
    rows = yield from _program_headers(window, order + ("I4xQQ8xQ16x" if bits == 64 else "III4xI12x"), at, entry, count)
    image = Image(
        machine=machine,
        bits=bits,
        order=order,
        sections=SectionTable(offset=sections, entry=table[0], count=table[1], names=table[2]),
        segments=tuple(_Segment(address, offset, size) for kind, offset, address, size in rows if kind == _PT_LOAD),
    )
    found = next(((offset, size) for kind, offset, _, size in rows if kind == _PT_DYNAMIC), None)
    return image if found is None else (yield from _with_dynamic(window, image, *found))


def _identity(start: bytes) -> tuple[int, str]:
    """Bits and byte order, from ``e_ident``."""
    if start[:4] != b"\x7fELF":
        raise unreadable("the file is no ELF file", "ELF header", start[:4].hex(" ") or "nothing", "7f 45 4c 46 first")
    bits, order = {b"\1": 32, b"\2": 64}.get(start[4:5]), {b"\1": "<", b"\2": ">"}.get(start[5:6])
    if bits is None or order is None:
        got = start[4:6].hex(" ") or "nothing"
        raise unreadable("the ELF file is of no known class or byte order", "ELF header", got, "01 or 02, twice")
    return bits, order


def _program_headers(
    window: Window, layout: str, offset: int, entry: int, count: int
) -> Asking[list[tuple[int, int, int, int]]]:
    """Kind, file offset, address and size in the file of each segment; a segment must lie in the file."""
    where = "program headers"
    if count and entry != struct.calcsize(layout):
        raise unreadable("the program headers have a strange size", where, entry, f"{struct.calcsize(layout)} bytes")
    if count == 0xFFFF:  # PN_XNUM: of use to core dumps only
        raise unreadable("the file has too many program headers", where, count, "fewer than 65535")
    rows = list(struct.iter_unpack(layout, (yield from window.take(offset, count * entry, where))))
    for kind, start, _, size in rows:
        if kind in {_PT_LOAD, _PT_DYNAMIC} and start + size > window.size:
            got = f"{window.size} bytes"
            raise unreadable("the file is cut, or no sound ELF file", where, got, f"at least {start + size}")
    return rows


def _with_dynamic(window: Window, image: Image, offset: int, size: int) -> Asking[Image]:
    where = ".dynamic"
    layout = struct.Struct(image.order + ("QQ" if image.bits == 64 else "II"))
    if size > _LARGEST_DYNAMIC:
        raise unreadable("the dynamic section is too large", where, f"{size} bytes", f"at most {_LARGEST_DYNAMIC}")
    content = yield from window.take(offset, size - size % layout.size, where)
    tags: dict[int, int] = {}
    needed = []
    for tag, value in layout.iter_unpack(content):
        if tag == 0:
            break
        if tag == Tag.NEEDED:
            needed.append(value)
        tags[tag] = value
    if not tags:
        raise unreadable("the dynamic section is empty", where, f"{size} bytes", "entries (is this a file of symbols?)")
    return image.__replace__(tags=tags, needed=tuple(needed))
