"""The libraries that a shared object is linked with, and nothing else of it: the dynamic section and a few names.

Some hundred microseconds and a few kilobytes a file: enough to pass over the thousand of an environment that have nothing
to do with torch. Source: ELF gABI, chapter 5, "Dynamic Section" (DT_NEEDED).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.parse.elf_bytes import Window
from stackpin.parse.elf_image import Tag, read_image

if TYPE_CHECKING:
    from stackpin.parse.elf_bytes import Asking

__all__ = ["read_needed"]

#: How much may be asked for in all; how much at first: header and program headers; how long a name may be (bytes).
_LIMIT, _HEAD, _LONGEST = 2 * 1024 * 1024, 1024, 512
#: Names that lie no further apart than this are asked for as one (bytes).
_NEAR = 64 * 1024


def read_needed(size: int) -> Asking[tuple[str, ...]]:
    """The names that a file of ``size`` bytes needs, in its order; none for a file that is not linked dynamically.

    :raises InputUnreadable: when it is no ELF file, or a cut or damaged one.
    """
    window = Window(size, _LIMIT)
    image = yield from read_image(window, _HEAD)
    if not image.needed:
        return ()
    table = image.place(Tag.STRTAB, ".dynstr")
    first = min(image.needed)
    if max(image.needed) - first > _NEAR:
        names = []
        for each in image.needed:
            names.append((yield from _name(window, table.offset, each, table.room)))  # noqa: PERF401 - yields
        return tuple(names)
    stop = min(max(image.needed) + _LONGEST, table.room)
    content = yield from window.take(table.offset + first, max(stop - first, 0), ".dynstr")
    return tuple(_until_end(content[each - first :]) for each in image.needed)


def _name(window: Window, table: int, at: int, room: int) -> Asking[str]:
    content = yield from window.take(table + at, max(min(_LONGEST, room - at), 0), ".dynstr")
    return _until_end(content)


def _until_end(content: bytes) -> str:
    return content[:_LONGEST].partition(b"\0")[0].decode("utf-8", errors="replace")
