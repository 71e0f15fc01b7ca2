"""Text that knows where each of its characters stood in the file: through continuations, quotes, escapes and values.

What people write for a shell is put together before it is read: lines are joined, quotes taken off, variables filled in.
A :class:`Marked` text is what came out of that; it can still tell the line and column that something in it came from.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

from stackpin.errors import InputUnreadable
from stackpin.model.mention import Place
from stackpin.parse.text_input import refuse_conflict

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["UNKNOWN", "Lines", "Marked", "joined", "readable_text", "whole"]

#: Stands in a text for what cannot be told: a variable that nobody sets, the output of a command.
UNKNOWN = "\0"


class _Piece(NamedTuple):
    """From ``start`` on the characters come from ``origin`` on; all from that one place where ``step`` is 0."""

    start: int
    origin: int
    step: int


class Marked(NamedTuple):
    """A text and where it came from; offsets count characters of the file from 0."""

    text: str
    pieces: tuple[_Piece, ...]

    def origin(self, index: int) -> int:
        """The offset in the file of one character; of the end, the one behind the last."""
        if not self.pieces:
            return 0
        if index >= len(self.text) and self.text:
            return self.origin(len(self.text) - 1) + 1
        piece = self.pieces[max(bisect_right(self.pieces, (index, 1 << 60, 1)) - 1, 0)]
        return piece.origin + (index - piece.start) * piece.step

    def part(self, start: int, end: int) -> Marked:
        """The characters from ``start`` up to ``end``."""
        text = self.text[start:end]
        if not self.pieces:
            return Marked(text, ())
        if len(self.pieces) == 1:
            piece = self.pieces[0]
            return Marked(text, (_Piece(0, piece.origin + (start - piece.start) * piece.step, piece.step),))
        first = max(bisect_right(self.pieces, (start, 1 << 60, 1)) - 1, 0)
        pieces = [_Piece(0, self.origin(start), self.pieces[first].step)]
        for number in range(first + 1, len(self.pieces)):
            piece = self.pieces[number]
            if piece.start >= end:
                break
            pieces.append(_Piece(piece.start - start, piece.origin, piece.step))
        return Marked(text, tuple(pieces))

    def at(self, offset: int) -> Marked:
        """The same text with all of it coming from one place: a value where it is used."""
        return Marked(self.text, (_Piece(0, offset, 0),))

    def stands_as_written(self, source: str) -> bool:
        """Whether the file has just these characters in one row at the place that they came from."""
        start = self.origin(0)
        in_one_row = bool(self.text) and "\n" not in self.text
        return in_one_row and source[start : start + len(self.text)] == self.text and self._unbroken(start)

    def _unbroken(self, start: int) -> bool:
        return self.origin(len(self.text) - 1) == start + len(self.text) - 1


def whole(text: str, offset: int = 0) -> Marked:
    """A text as it stands in the file from an offset on."""
    return Marked(text, (_Piece(0, offset, 1),))


def joined(parts: Sequence[Marked]) -> Marked:
    """Several texts behind each other."""
    if len(parts) == 1:
        return parts[0]
    texts: list[str] = []
    pieces: list[_Piece] = []
    length = 0
    for part in parts:
        if not part.text:
            continue
        texts.append(part.text)
        pieces += [_Piece(piece.start + length, piece.origin, piece.step) for piece in part.pieces]
        length += len(part.text)
    return Marked("".join(texts), tuple(pieces) or (_Piece(0, 0, 1),))


class Lines:
    """A file's text and the places in it.

    :param path: the file as it is shown.
    """

    def __init__(self, text: str, path: str) -> None:
        self.text = text
        self.path = path
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both from 1."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def place(self, marked: Marked) -> Place:
        """Where a text came from; its end is told only where the file has just that text in one row."""
        line, column = self.position(marked.origin(0))
        end = column + len(marked.text) if marked.stands_as_written(self.text) else 0
        return Place(path=self.path, line=line, column=column, end_column=end)


def readable_text(content: bytes, what: str, path: str, *, limit: int) -> str:
    """The text of a file that people write; its byte order mark is left out, bytes that are no UTF-8 become U+FFFD.

    :param what: what the file claims to be, for the error.
    :param path: the file as it is shown.
    :param limit: the most bytes that such a file may have.
    :raises InputUnreadable: for a file that is larger, is binary, or holds a merge that was not finished.
    """
    if len(content) > limit:
        raise InputUnreadable(
            f"the file is too large for a {what}",
            where=path,
            got=f"{len(content)} bytes",
            expected=f"at most {limit} bytes",
        )
    if b"\0" in content:
        raise InputUnreadable(
            f"the file is no {what}: it is binary", where=path, got=f"a NUL at byte {content.index(0)}", expected="text"
        )
    text = content.decode("utf-8", errors="replace").removeprefix("\ufeff")
    refuse_conflict(text, path)
    return text
