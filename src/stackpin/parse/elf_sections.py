"""The section headers of an ELF file (gABI, chapter 4, "Sections"), which stand at its end, and ``.comment``."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from stackpin.parse.elf_bytes import StringTable, unreadable
from stackpin.parse.wheel_directory import Range

if TYPE_CHECKING:
    from stackpin.parse.elf_bytes import Asking, Window
    from stackpin.parse.elf_image import Image

__all__ = ["Section", "read_comment", "read_sections"]

_WHERE = "section headers"
_SHT_PROGBITS = 1
#: If what is not loaded ends within so many bytes, it is asked for at once: the headers, their names and ``.comment``.
_TAIL = 256 * 1024


class Section(NamedTuple):
    """A section header: the place of its name, its type, and where it is in memory and in the file."""

    name: int
    kind: int
    address: int
    offset: int
    size: int


def read_sections(window: Window, image: Image) -> Asking[tuple[Section, ...]]:
    """All section headers, the empty first one too; none where they were stripped.

    (Objects that are not linked yet may have more than 65279, and count them elsewhere: these are not read.)
    """
    at, entry, count = image.sections.offset, image.sections.entry, image.sections.count
    if not at or not count:
        return ()
    layout = struct.Struct(image.order + ("II8xQQQ24x" if image.bits == 64 else "II4xIII16x"))
    if entry != layout.size:
        raise unreadable("the section headers have a strange size", _WHERE, entry, f"{layout.size} bytes")
    yield from _fill_tail(window, image, at + count * entry)
    return tuple(map(Section._make, layout.iter_unpack((yield from window.take(at, count * entry, _WHERE)))))


def read_comment(window: Window, image: Image) -> Asking[tuple[str, ...]]:
    """The strings of ``.comment``, in which compilers and linkers leave their names; none where it was stripped."""
    sections = yield from read_sections(window, image)
    at = image.sections.names
    if at == 0 or not sections:
        return ()
    if at >= len(sections):
        raise unreadable("the names of the sections are in no section", _WHERE, at, f"below {len(sections)}")
    table = sections[at]
    content = yield from window.take(table.offset, table.size, ".shstrtab")
    names = StringTable(content, where=".shstrtab")
    for section in sections:
        if section.kind == _SHT_PROGBITS and names.at(section.name) == ".comment":
            comment = yield from window.take(section.offset, section.size, ".comment")
            return tuple(part.decode("utf-8", "backslashreplace") for part in comment.split(b"\0") if part)
    return ()


def _fill_tail(window: Window, image: Image, stop: int) -> Asking[None]:
    """Ask for all that lies between the last loaded part and the end of the headers, if that is little."""
    ends = [segment.offset + segment.size for segment in image.segments]
    start = max((end for end in ends if end < stop), default=stop)
    if stop - start <= _TAIL:
        yield from window.fill([Range(start=start, stop=stop)], _WHERE)
