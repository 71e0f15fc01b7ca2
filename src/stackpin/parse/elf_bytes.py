"""The bytes that a reader of one file asks for: never the same twice, never more than a limit, all of them or an error.

The readers of ELF files are generators that do no I/O: they yield the :class:`Range` that they need next and are sent
its bytes. Who drives one may read a local file, ask for HTTP ranges or inflate a member of a wheel.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Generator
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from stackpin.errors import InputUnreadable
from stackpin.parse.wheel_directory import Range

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Asking", "StringTable", "Window", "most_characters", "unreadable"]

_T = TypeVar("_T")

#: A reader on its way to a result.
Asking: TypeAlias = Generator[Range, bytes, _T]

#: Ranges that lie no further apart (bytes) are asked for as one.
_NEAR = 4096


def unreadable(what: str, where: str, got: object, expected: str) -> InputUnreadable:
    """The one error of these readers; ``where`` is the part of the file, for they do not know its name."""
    return InputUnreadable(what, where=where, got=str(got), expected=expected)


class Window:
    """What is known so far of a file of ``size`` bytes, of which at most ``limit`` bytes may be asked for."""

    def __init__(self, size: int, limit: int) -> None:
        self.size = size
        self.limit = limit
        self._left = limit
        self._pieces: list[tuple[int, bytes]] = []

    def take(self, start: int, length: int, where: str) -> Asking[bytes]:
        """``length`` bytes from ``start`` on; asks for those of them that are not known yet.

        :raises InputUnreadable: when the file ends before, when the limit is passed, or when an answer is short.
        """
        stop = start + length
        if not 0 <= start <= stop <= self.size:
            raise unreadable("the file is cut, or no sound ELF file", where, f"{self.size} bytes", f"at least {stop}")
        for gap in self._gaps(start, stop):
            wanted = gap.stop - gap.start
            if wanted > self._left:
                got = f"{self.limit - self._left + wanted} bytes"
                raise unreadable("more of the file is needed than may be read", where, got, f"at most {self.limit}")
            content = yield gap
            if len(content) != wanted:
                raise unreadable("the file is cut: a range came back short", where, len(content), f"{wanted} bytes")
            self._left -= wanted
            insort(self._pieces, (gap.start, content))
        return b"".join(
            content[max(0, start - first) : stop - first]
            for first, content in self._pieces
            if first < stop and start < first + len(content)
        )

    def fill(self, ranges: Iterable[Range], where: str) -> Asking[None]:
        """Ask for several ranges before they are taken: from low to high, those that nearly touch as one."""
        merged: list[Range] = []
        for part in sorted(ranges, key=lambda part: part.start):
            if merged and part.start - merged[-1].stop <= _NEAR:
                part = Range(start=merged[-1].start, stop=max(merged.pop().stop, part.stop))  # noqa: PLW2901 - grown
            merged.append(part)
        for part in merged:
            yield from self.take(part.start, part.stop - part.start, where)

    def _gaps(self, start: int, stop: int) -> list[Range]:
        gaps = []
        for first, content in self._pieces:
            if start < first < stop:
                gaps.append(Range(start=start, stop=first))
            if first < stop:
                start = max(start, first + len(content))
        return [*gaps, Range(start=start, stop=stop)] if start < stop else gaps


def most_characters(table: bytes | str) -> int:
    """How many characters may be taken out of a string table in all.

    Strings may share their ends, and a file of some kilobytes could so name gigabytes. Real files take out up to three
    times what is in their table, where a symbol has several versions.
    """
    return 65536 + 16 * len(table)


class StringTable:
    """A table of strings that end in a zero byte (ELF gABI, chapter 4, "String Table")."""

    def __init__(self, content: bytes, *, where: str) -> None:
        self._content = content
        self._where = where
        self._left = most_characters(content)

    def at(self, offset: int) -> str:
        """The string that begins there; bytes that are no UTF-8 come out as backslash escapes.

        :raises InputUnreadable: when the table has no such place, or the string no end in it.
        """
        stop = self._content.find(0, offset)
        if stop < 0:
            size = f"a table of {len(self._content)} bytes"
            raise unreadable("a string lies outside of its table", self._where, f"offset {offset}", size)
        self._left -= stop - offset
        if self._left < 0:
            most = f"at most {most_characters(self._content)} bytes out of {len(self._content)}"
            raise unreadable("the names of the file are too long", self._where, "more", most)
        return self._content[offset:stop].decode("utf-8", "backslashreplace")
