"""Reads ELF bytes as a careful driver does; the checked-in files that most tests read, and files made in memory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.elf_files import Recipe, Symbol, elf_bytes

from stackpin.parse.elf import ElfExports, ElfObject, drive, read_elf, read_exports

if TYPE_CHECKING:
    from stackpin.parse.wheel_directory import Range

__all__ = ["FILES", "MADE", "PARTS", "SUMS", "SYMBOLS", "File", "exports_of", "file_bytes", "object_of"]

_FOLDER = Path(__file__).resolve().parent.parent / "data" / "elf"
#: The checked-in files (``tools/build_elf_fixtures.py``).
FILES = tuple(sorted(path.name for path in _FOLDER.iterdir() if path.name != "SHA256SUMS"))
#: Their digests, one a line.
SUMS = (_FOLDER / "SHA256SUMS").read_text(encoding="utf-8")

#: A small library with versions, by what it is made of.
SYMBOLS = (
    Symbol("read", defined=False, version="LIBC_1", library="libc.so.6"),
    Symbol("write", defined=False, version="LIBC_2", library="libc.so.6"),
    Symbol("mine", version="MINE_1"),
    *(Symbol(f"plain{index}") for index in range(9)),
)
PARTS: dict[str, object] = {"symbols": SYMBOLS, "soname": "libmine.so", "needed": ("libc.so.6",), "comment": ("demo",)}
#: The same in every class and byte order, with every kind of hash table, in one loaded segment or two.
MADE = {
    f"{bits} {order} {'+'.join(hashes)}": elf_bytes(
        Recipe(**PARTS, bits=bits, little=order == "little", hashes=hashes, moved=("dynstr",) if bits == 32 else ())  # type: ignore[arg-type]
    )
    for bits in (32, 64)
    for order in ("little", "big")
    for hashes in (("gnu_hash",), ("hash",), ())
}


class File:
    """Bytes that are read by range; keeps what was asked for, and fails on an empty, outer or second request."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.asked: list[tuple[int, int]] = []

    def __call__(self, wanted: Range) -> bytes:
        start, stop = wanted.start, wanted.stop
        if not 0 <= start < stop <= len(self.content):
            raise AssertionError(f"bytes {start} to {stop} of {len(self.content)}")
        if any(start < other_stop and other_start < stop for other_start, other_stop in self.asked):
            raise AssertionError(f"bytes {start} to {stop} once more, after {self.asked}")
        self.asked.append((start, stop))
        return self.content[start:stop]


def file_bytes(name: str) -> bytes:
    """A checked-in file."""
    return (_FOLDER / name).read_bytes()


def object_of(content: bytes, *, comment: bool = False) -> ElfObject:
    """What an ELF file of these bytes needs and offers; asked for in many small ranges."""
    return drive(read_elf(len(content), comment=comment, head=64), File(content))


def exports_of(content: bytes) -> ElfExports:
    """What an ELF file of these bytes exports."""
    return drive(read_exports(len(content), head=64), File(content))
