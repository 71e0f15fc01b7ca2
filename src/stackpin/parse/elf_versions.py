"""The versions of symbols that an ELF file needs and defines (LSB Core, chapter "Symbol Versioning")."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from stackpin.model.value import Value
from stackpin.parse.elf_bytes import unreadable
from stackpin.parse.elf_image import Tag
from stackpin.parse.wheel_directory import Range

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stackpin.parse.elf_bytes import Asking, StringTable, Window
    from stackpin.parse.elf_image import Image

__all__ = ["Versions", "read_versions", "version_ranges"]

#: No more of a table (bytes) is read where nothing tells its end; the largest real ones have some kilobytes.
_LARGEST = 1024 * 1024
_NEEDS, _DEFINES = ".gnu.version_r", ".gnu.version_d"
_PLAIN = ("", "")


class Versions(Value):
    """Which index stands for which version and which library that it is asked of (empty: the file defines it).

    Indexes 0 (local) and 1 (global) stand for no version. ``needed``: library and version, in the order of the file.
    """

    by_index: Mapping[int, tuple[str, str]]
    needed: tuple[tuple[str, str], ...] = ()


def version_ranges(image: Image) -> list[Range]:
    """Where the two tables lie, for those that the file has."""
    found = []
    for tag, where in ((Tag.VERNEED, _NEEDS), (Tag.VERDEF, _DEFINES)):
        if tag in image.tags:
            at, _, stretch = image.place(tag, where)
            found.append(Range(start=at, stop=at + min(stretch, _LARGEST)))
    return found


def read_versions(window: Window, image: Image, names: StringTable) -> Asking[Versions]:
    """Read the needed and the defined versions of a file."""
    by_index = {0: _PLAIN, 1: _PLAIN}
    needed = []
    if Tag.VERDEF in image.tags:
        table = yield from _table(window, image, Tag.VERDEF, _DEFINES)
        by_index.update(_defined(table, image, names))
    if Tag.VERNEED in image.tags:
        table = yield from _table(window, image, Tag.VERNEED, _NEEDS)
        for index, library, version in _needed(table, image, names):
            needed.append((library, version))
            by_index[index] = (version, library)
    return Versions(by_index=by_index, needed=tuple(needed))


def _table(window: Window, image: Image, tag: int, where: str) -> Asking[bytes]:
    at, _, stretch = image.place(tag, where)
    return (yield from window.take(at, min(stretch, _LARGEST), where))


def _needed(table: bytes, image: Image, names: StringTable) -> Iterator[tuple[int, str, str]]:
    """Index, library and version of each ``Vernaux``, which hang in lists of their own on the list of ``Verneed``."""
    count = image.number(Tag.VERNEEDNUM, _NEEDS)
    fits = len(table) // 16  # each entry has bytes of its own in a sound file, so no list is longer than that
    for at, (version, parts, file, first, _) in _entries(table, image.order + "HHIII", 0, count, _NEEDS):
        _check_form(version, _NEEDS)
        library = names.at(file)
        for _, (_, _, index, name, _) in _entries(table, image.order + "IHHII", at + first, parts, _NEEDS):
            fits -= 1
            if fits < 0:
                raise unreadable("more versions than have room", _NEEDS, "more", f"at most {len(table) // 16}")
            yield index & 0x7FFF, library, names.at(name)


def _defined(table: bytes, image: Image, names: StringTable) -> Iterator[tuple[int, tuple[str, str]]]:
    """Index and version of each ``Verdef``; that which stands for the file itself (VER_FLG_BASE) is no version."""
    count = image.number(Tag.VERDEFNUM, _DEFINES)
    for at, (form, flags, index, _, _, first, _) in _entries(table, image.order + "HHHHIII", 0, count, _DEFINES):
        _check_form(form, _DEFINES)
        _, (name, _) = next(_entries(table, image.order + "II", at + first, 1, _DEFINES))
        yield index & 0x7FFF, _PLAIN if flags & 1 else (names.at(name), "")


def _entries(table: bytes, layout: str, at: int, count: int, where: str) -> Iterator[tuple[int, tuple[int, ...]]]:
    """The entries of a list whose last word says how many bytes further the next one is; 0 in the last."""
    entry = struct.Struct(layout)
    for _ in range(count):
        if at + entry.size > len(table):
            raise unreadable("a version lies outside of its table", where, f"offset {at}", f"below {len(table)}")
        parts = entry.unpack_from(table, at)
        yield at, parts
        if not parts[-1]:
            return
        at += parts[-1]


def _check_form(form: int, where: str) -> None:
    if form != 1:
        raise unreadable("the versions are in a form that is not known", where, form, "1")
