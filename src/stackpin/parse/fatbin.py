"""For which GPUs a shared object carries code: the heads of the fat binaries in it, the code itself left aside.

nvcc puts one container beside another into ``.nv_fatbin``: a head of 16 bytes (magic, version, size of the head, size of
what follows), then for each architecture an entry with a head of at least 64 bytes (kind, size of the head, size of the
code, architecture, flags) and the code, PTX or an ELF file, compressed or not. NVIDIA does not document it; the layout is
as https://github.com/RWTH-ACS/cricket describes it, and as nvcc and fatbinary of CUDA 13.0 write it (the fixture in
``tests/unit/parse/binaries`` was made by them). Containers are found by their magic, for a file that is read as a stream
has its section headers at the end.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from stackpin.parse.elf_bytes import unreadable
from stackpin.parse.wheel_directory import Range

if TYPE_CHECKING:
    from stackpin.parse.elf_bytes import Asking

__all__ = ["MOST_ENTRIES", "architecture_order", "read_architectures"]

#: Entries beyond this number are refused; the largest wheel so far has some 100,000.
MOST_ENTRIES = 4_000_000

_MAGIC = b"\x50\xed\x55\xba"
_HEAD = struct.Struct("<IHHQ")
#: Kind, (attributes), size of the head, size of the code, (compressed size, options, version), architecture, (name), flags.
_ENTRY = struct.Struct("<H2xIQ4x4x4xI4x4xQ16x")
_LARGEST_HEAD = 65536
_LARGEST_NUMBER = 1000
_KINDS = {1: "compute", 2: "sm"}
_SPECIFIC, _FAMILY = 0x100000, 0x200000
_STEP = 4 * 1024 * 1024
_WHERE = ".nv_fatbin"


def read_architectures(size: int) -> Asking[tuple[str, ...]]:
    """The architectures that a file of ``size`` bytes has code for, sorted; asks for all of it, from start to end.

    Machine code is named as ``sm_90``, PTX as ``compute_90``; ``sm_90a`` is for that GPU alone, ``sm_100f`` for its family.

    :raises InputUnreadable: when an answer is short, or the file has more entries than any real one.
    """
    found: set[str] = set()
    at = entries = 0
    while at + _HEAD.size <= size:
        chunk = yield from _take(at, min(_STEP, size - at))
        place = chunk.find(_MAGIC)
        if place < 0:
            at += max(1, len(chunk) - len(_MAGIC) + 1)
            continue
        at, names = yield from _container(at + place, size)
        found.update(names)
        entries += len(names)
        if entries > MOST_ENTRIES:
            raise unreadable("the file has too many fat binaries", _WHERE, f"{entries} entries", f"{MOST_ENTRIES}")
    return tuple(sorted(found, key=architecture_order))


def _container(at: int, size: int) -> Asking[tuple[int, list[str]]]:
    """Where to go on after what looks like a container, and the architectures of its entries."""
    names: list[str] = []
    if at + _HEAD.size > size:
        return size, names
    _, version, head, length = _HEAD.unpack((yield from _take(at, _HEAD.size)))
    start = at + head
    stop = start + length
    if version != 1 or head != _HEAD.size or not _ENTRY.size <= length <= size - start:
        return at + len(_MAGIC), names  # four bytes of code that look like it
    while start + _ENTRY.size <= stop:
        kind, own, code, number, flags = _ENTRY.unpack((yield from _take(start, _ENTRY.size)))
        plausible = _ENTRY.size <= own <= _LARGEST_HEAD and number < _LARGEST_NUMBER
        if not plausible or code > stop - start - own:
            return at + len(_MAGIC), names
        if kind in _KINDS:
            suffix = "f" if flags & _FAMILY else "a" if flags & _SPECIFIC else ""
            names.append(f"{_KINDS[kind]}_{number}{suffix}")
        start += own + code
    return stop, names


def _take(at: int, length: int) -> Asking[bytes]:
    content = yield Range(start=at, stop=at + length)
    if len(content) != length:
        raise unreadable("the file is cut: a range came back short", _WHERE, len(content), f"{length} bytes")
    return content


def architecture_order(name: str) -> tuple[str, int, str]:
    """The key by which names of architectures are sorted: PTX first, then by number."""
    kind, _, number = name.partition("_")
    digits = number.rstrip("af")
    return kind, int(digits), number[len(digits) :]
