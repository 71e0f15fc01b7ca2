"""ELF libraries made in memory, for the classes, byte orders and machines that no compiler here makes.

They have what a dynamic linker reads and no code: hash tables, symbols, strings, versions and the dynamic section, in
one loaded segment, or with some tables moved into a second one at the end of the file, where patchelf leaves them.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["EXTREME", "Recipe", "Symbol", "elf_bytes", "front_bytes", "front_header"]

#: Where the first segment is loaded, and how much further the second: neither equals its offset in the file.
BASE, SECOND = 0x10000, 0x7000
TABLES = ("gnu_hash", "hash", "dynsym", "versym", "verneed", "verdef", "dynstr", "dynamic")
#: Tag of the dynamic section that holds a table's address; type of its section header.
TAGS = {"gnu_hash": 0x6FFFFEF5, "hash": 4, "dynsym": 6, "versym": 0x6FFFFFF0, "dynstr": 5}
TAGS |= {"verneed": 0x6FFFFFFE, "verdef": 0x6FFFFFFC}
KINDS = {"gnu_hash": 0x6FFFFFF6, "hash": 5, "dynsym": 11, "versym": 0x6FFFFFFF, "dynstr": 3, "dynamic": 6}
KINDS |= {"verneed": 0x6FFFFFFE, "verdef": 0x6FFFFFFD}
NAMES = {"gnu_hash": ".gnu.hash", "versym": ".gnu.version", "verneed": ".gnu.version_r", "verdef": ".gnu.version_d"}
#: What a count, an offset or an address is changed to.
EXTREME = (0, 1, 2, 7, 0x7FFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)


class Symbol(NamedTuple):
    """A symbol; ``library`` makes ``version`` one that is needed of it. ``bind`` 0 is local, ``visibility`` 2 hidden."""

    name: str
    defined: bool = True
    weak: bool = False
    version: str = ""
    library: str = ""
    bind: int = 1
    visibility: int = 0


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What a library is made of; ``hashes`` holds ``gnu_hash``, ``hash``, both or neither, ``moved`` names of tables."""

    symbols: tuple[Symbol, ...] = ()
    soname: str = ""
    needed: tuple[str, ...] = ()
    rpath: str = ""
    runpath: str = ""
    comment: tuple[str, ...] = ()
    hashes: tuple[str, ...] = ("gnu_hash",)
    bits: int = 64
    little: bool = True
    machine: int = 62
    sections: bool = True
    moved: tuple[str, ...] = ()


class _Strings:
    """A string table that grows; a string that is there already is not added again."""

    def __init__(self) -> None:
        self._places = {"": 0}
        self._parts = [b"\0"]
        self._size = 1

    @property
    def content(self) -> bytes:
        return b"".join(self._parts)

    def add(self, text: str) -> int:
        if text not in self._places:
            self._places[text] = self._size
            self._parts.append(text.encode() + b"\0")
            self._size += len(self._parts[-1])
        return self._places[text]


class _Maker:
    """One library on its way."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.order = "<" if recipe.little else ">"
        self.wide = recipe.bits == 64
        self.strings = _Strings()
        self.buckets = max(1, sum(symbol.defined for symbol in recipe.symbols) // 2)
        self.symbols = self.sorted_symbols()
        self.indexes = self.version_indexes()

    def pack(self, layout: str, *values: int) -> bytes:
        return struct.pack(self.order + layout, *values)

    def sorted_symbols(self) -> list[Symbol]:
        """Local ones, then needed ones, then the rest by the bucket of GNU's hash, which wants it so."""
        local = [symbol for symbol in self.recipe.symbols if not symbol.bind]
        needed = [symbol for symbol in self.recipe.symbols if symbol.bind and not symbol.defined]
        rest = [symbol for symbol in self.recipe.symbols if symbol.bind and symbol.defined]
        return [*local, *needed, *sorted(rest, key=lambda symbol: gnu(symbol.name) % self.buckets)]

    def version_indexes(self) -> dict[tuple[str, str], int]:
        pairs = {(symbol.version, symbol.library) for symbol in self.symbols if symbol.version}
        return {pair: index for index, pair in enumerate(sorted(pairs, key=lambda pair: (pair[1], pair[0])), 2)}

    def counts(self) -> dict[str, int]:
        """What goes by the name of info in the section headers."""
        own = sum(not library for _, library in self.indexes)
        local = sum(not symbol.bind for symbol in self.symbols)
        needed = len({library for _, library in self.indexes if library})
        return {"dynsym": 1 + local, "verneed": needed, "verdef": 1 + own if own else 0}

    def tables(self) -> dict[str, bytes]:
        """All tables but the dynamic section, which needs to know where they come to lie."""
        found = {"dynsym": self.dynsym()}
        if self.indexes:
            numbers = [1 if symbol.bind else 0 for symbol in self.symbols]
            for place, symbol in enumerate(self.symbols):
                numbers[place] = self.indexes.get((symbol.version, symbol.library), numbers[place])
            found["versym"] = self.pack(f"{len(numbers) + 1}H", 0, *numbers)
            found["verneed"], found["verdef"] = self.verneed(), self.verdef()
        found |= {name: getattr(self, name)() for name in self.recipe.hashes}
        for text in (*self.recipe.needed, self.recipe.soname, self.recipe.rpath, self.recipe.runpath):
            self.strings.add(text)
        found["dynstr"] = self.strings.content
        return {name: found[name] for name in TABLES if found.get(name)}

    def dynsym(self) -> bytes:
        rows = [b"\0" * (24 if self.wide else 16)]
        for symbol in self.symbols:
            name, info = self.strings.add(symbol.name), (2 if symbol.weak else symbol.bind) << 4
            section, value = (7, 0x1234) if symbol.defined else (0, 0)
            if self.wide:
                rows.append(self.pack("IBBHQQ", name, info, symbol.visibility, section, value, 8))
            else:
                rows.append(self.pack("IIIBBH", name, value, 8, info, symbol.visibility, section))
        return b"".join(rows)

    def verneed(self) -> bytes:
        libraries = sorted({library for _, library in self.indexes if library})
        content = b""
        for library in libraries:
            pairs = [(version, index) for (version, of), index in self.indexes.items() if of == library]
            further = 16 * (1 + len(pairs)) if library != libraries[-1] else 0
            content += self.pack("HHIII", 1, len(pairs), self.strings.add(library), 16, further)
            for version, index in pairs:
                further = 0 if version == pairs[-1][0] else 16
                content += self.pack("IHHII", sysv(version), 0, index, self.strings.add(version), further)
        return content

    def verdef(self) -> bytes:
        own = [(version, index, 0) for (version, library), index in self.indexes.items() if not library]
        rows = [(self.recipe.soname, 1, 1), *own] if own else []
        content = b""
        for version, index, flags in rows:
            further = 28 if index != rows[-1][1] else 0
            content += self.pack("HHHHIII", 1, flags, index, 1, sysv(version), 20, further)
            content += self.pack("II", self.strings.add(version), 0)
        return content

    def hash(self) -> bytes:
        count = len(self.symbols) + 1
        buckets, chains = [0] * self.buckets, [0] * count
        for index, symbol in enumerate(self.symbols, 1):
            bucket = sysv(symbol.name) % self.buckets
            chains[index], buckets[bucket] = buckets[bucket], index
        return self.pack(f"{2 + self.buckets + count}I", self.buckets, count, *buckets, *chains)

    def gnu_hash(self) -> bytes:
        codes = [gnu(symbol.name) for symbol in self.symbols if symbol.defined and symbol.bind]
        first, words, shift, bits = len(self.symbols) + 1 - len(codes), 2, 6, self.recipe.bits
        bloom, buckets, chains = [0] * words, [0] * self.buckets, []
        for index, code in enumerate(codes):
            bucket = code % self.buckets
            bloom[code // bits % words] |= 1 << code % bits | 1 << (code >> shift) % bits
            buckets[bucket] = buckets[bucket] or first + index
            last = index + 1 == len(codes) or codes[index + 1] % self.buckets != bucket
            chains.append(code & ~1 | last)
        head = self.pack("4I", self.buckets, first, words, shift)
        rest = self.pack(f"{self.buckets + len(chains)}I", *buckets, *chains)
        return head + self.pack(f"{words}{'Q' if self.wide else 'I'}", *bloom) + rest

    def dynamic(self, addresses: dict[str, int]) -> bytes:
        recipe, add = self.recipe, self.strings.add
        rows = [(1, add(name)) for name in recipe.needed]
        single = ((14, recipe.soname), (15, recipe.rpath), (29, recipe.runpath))
        rows += [(tag, add(text)) for tag, text in single if text]
        rows += [(tag, addresses[name]) for name, tag in TAGS.items() if name in addresses]
        rows += [(10, len(self.strings.content)), (11, 24 if self.wide else 16)]
        if "verneed" in addresses:
            rows.append((0x6FFFFFFF, self.counts()["verneed"]))
        if "verdef" in addresses:
            rows.append((0x6FFFFFFD, self.counts()["verdef"]))
        return b"".join(self.pack("QQ" if self.wide else "II", *row) for row in [*rows, (0, 0)])

    def program_header(self, kind: int, offset: int, address: int, size: int) -> bytes:
        if self.wide:
            return self.pack("IIQQQQQQ", kind, 4, offset, address, address, size, size, 8)
        return self.pack("IIIIIIII", kind, offset, address, address, size, size, 4, 8)

    def section_header(self, row: tuple[int, ...]) -> bytes:
        name, kind, address, offset, size, link, info, entry = row
        layout = "IIQQQQIIQQ" if self.wide else "10I"
        return self.pack(layout, name, kind, 2 if address else 0, address, offset, size, link, info, 1, entry)

    def header(self, segments: int, sections: tuple[int, int]) -> bytes:
        ident = bytes((0x7F, *b"ELF", 2 if self.wide else 1, 1 if self.recipe.little else 2, 1)).ljust(16, b"\0")
        sizes = (64, 56, 64) if self.wide else (52, 32, 40)
        at, count = sections
        rest = (sizes[0], sizes[1], segments, sizes[2], count, max(0, count - 1))
        layout = "HHIQQQIHHHHHH" if self.wide else "HHIIIIIHHHHHH"
        return ident + self.pack(layout, 3, self.recipe.machine, 1, 0, sizes[0], at, 0, *rest)


def elf_bytes(recipe: Recipe) -> bytes:
    """The library of a recipe; the same recipe gives the same bytes."""
    maker = _Maker(recipe)
    tables = maker.tables()
    tables["dynamic"] = maker.dynamic(dict.fromkeys(tables, 0))
    tables |= {name: tables.pop(name) for name in recipe.moved}
    segments = 3 if recipe.moved else 2
    offset = (64 + 56 * segments) if maker.wide else (52 + 32 * segments)
    places: dict[str, int] = {}
    for name, content in tables.items():
        places[name] = offset = -(-offset // 8) * 8
        offset += len(content)
    addresses = {name: at + BASE for name, at in places.items()}
    addresses |= {name: addresses[name] + SECOND for name in recipe.moved}
    end = places[recipe.moved[0]] if recipe.moved else offset
    tables["dynamic"] = maker.dynamic(addresses)
    program = maker.program_header(1, 0, BASE, end)
    if recipe.moved:
        program += maker.program_header(1, end, end + BASE + SECOND, offset - end)
    program += maker.program_header(2, places["dynamic"], addresses["dynamic"], len(tables["dynamic"]))
    tail, sections = _sections(maker, tables, places, addresses) if recipe.sections else (b"", (0, 0))
    content = maker.header(segments, sections) + program
    for name, at in places.items():
        content = content.ljust(at, b"\0") + tables[name]
    return content.ljust(-(-offset // 8) * 8, b"\0") + tail if tail else content


def front_header(segments: int) -> bytes:
    """The header of a shared object for x86_64 that has so many program headers right behind it."""
    numbers = (3, 62, 1, 0, 64, 0, 0, 64, 56, segments, 64, 0, 0)
    return b"\x7fELF\2\1\1".ljust(16, b"\0") + struct.pack("<HHIQQQIHHHHHH", *numbers)


def front_bytes(strings: bytes, needed: Sequence[int], defined: int) -> bytes:
    """The first pages of a shared object as GNU ld lays them out, without the dynamic section that would name them.

    :param strings: the string table, from its first zero byte to its last one.
    :param needed: where in it the names of the needed symbols begin, and ``defined`` that of the one that is defined.
    """
    first = len(needed) + 1
    rows = [(name, 16, 0, 0, 0, 0) for name in needed] + [(defined, 16, 0, 7, 0, 0)]
    content = front_header(0) + struct.pack("<4IQII", 1, first, 1, 0, 0, first, 1)
    content += bytes(24) + b"".join(struct.pack("<IBBHQQ", *row) for row in rows) + strings
    content += bytes(len(content) % 2 + 2 * (first + 1))
    return content.ljust(-(-len(content) // 8) * 8, b"\0") + struct.pack("<HH12x", 1, 0)


def _sections(
    maker: _Maker, tables: dict[str, bytes], places: dict[str, int], addresses: dict[str, int]
) -> tuple[bytes, tuple[int, int]]:
    """``.comment``, the names of the sections and their headers; and where the headers are, and how many."""
    last = max(places, key=lambda name: places[name])
    start = -(-(places[last] + len(tables[last])) // 8) * 8
    names, order, counts = _Strings(), ["", *tables], maker.counts()
    entries = {"dynsym": 24 if maker.wide else 16, "dynamic": 16 if maker.wide else 8, "versym": 2}
    links = dict.fromkeys(("dynsym", "verneed", "verdef", "dynamic"), "dynstr")
    links |= dict.fromkeys(("gnu_hash", "hash", "versym"), "dynsym")
    comment = b"".join(text.encode() + b"\0" for text in maker.recipe.comment)
    rows = [(0,) * 8]
    for name, content in tables.items():
        more = (order.index(links.get(name, "")), counts.get(name, 0), entries.get(name, 0))
        title = names.add(NAMES.get(name, f".{name}"))
        rows.append((title, KINDS[name], addresses[name], places[name], len(content), *more))
    rows.append((names.add(".comment"), 1, 0, start, len(comment), 0, 0, 1))
    title = names.add(".shstrtab")
    rows.append((title, 3, 0, start + len(comment), len(names.content), 0, 0, 0))
    tail = comment + names.content
    tail = tail.ljust(-(-len(tail) // 8) * 8, b"\0")
    return tail + b"".join(map(maker.section_header, rows)), (start + len(tail), len(rows))


def gnu(name: str) -> int:
    """GNU's hash of a name, written down a second time."""
    code = 5381
    for character in name.encode():
        code = (code * 33 + character) % 2**32
    return code


def sysv(name: str) -> int:
    """The hash of the gABI, chapter 5."""
    code = 0
    for character in name.encode():
        code = (code << 4) + character
        high = code & 0xF0000000
        code = (code ^ high >> 24) & ~high & 0xFFFFFFFF
    return code
