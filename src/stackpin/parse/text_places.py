"""Where something stands in a text, in lines and columns as editors count them."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import NamedTuple

__all__ = ["Lines", "Span"]


class Span(NamedTuple):
    """A stretch of one line; line and columns count characters from 1, and ``end_column`` is the first behind it.

    ``end_column`` is 0 where the stretch goes on in another line.
    """

    line: int
    column: int
    end_column: int


class Lines:
    """The lines of a text: they end with a line feed, a carriage return, or both, as editors and code scanners have it."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(match.end() for match in re.finditer(r"\r\n?|\n", text))]

    def __len__(self) -> int:
        return len(self._starts)

    def offset(self, line: int, column: int) -> int:
        """The place of a character in the text; of a line behind the last one it is meaningless."""
        return self._starts[line - 1] + column - 1

    def span(self, begin: int, end: int) -> Span:
        """The stretch from one place in the text up to another, which is no longer part of it."""
        number = bisect_right(self._starts, begin)
        start = self._starts[number - 1]
        there = bisect_right(self._starts, end) == number
        return Span(number, begin - start + 1, end - start + 1 if there else 0)
