"""``# stackpin: ignore[SP101]`` and ``# stackpin: ignore-file[SP101]``: which lines of a text they hold for.

All formats that are checked begin comments with ``#``. A comment behind something holds for its line; where that line ends a
row of lines joined by backslashes, for all of them, since neither pip's files nor a shell take a comment further up. One that
has its line to itself holds for the next, or for the row that begins there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["IgnoreComment", "parse_ignore_comments"]

_MARK = "stackpin:"
_COMMENT = re.compile(r"(?:^|(?<=[\s,;\]}\"'`]))#+\s*stackpin:\s*ignore(-file)?(?![\w-])(?:\s*\[([^\]]*)\])?")
_BREAK = re.compile(r"\r\n|\n|\r")


class IgnoreComment(NamedTuple):
    """One comment. ``words`` are the rules as they stand there, none where it names none.

    It stands on ``line``, counted from 1, and holds for findings on ``first`` to ``last``; 0 and 0 for the whole file.
    """

    line: int
    words: tuple[str, ...]
    first: int
    last: int

    def covers(self, line: int) -> bool:
        """Whether it holds for a finding on this line."""
        return not self.last or self.first <= line <= self.last


def parse_ignore_comments(text: str) -> tuple[IgnoreComment, ...]:
    """The comments of a text, in its order."""
    if _MARK not in text:
        return ()
    return tuple(_comments(_BREAK.split(text)))


def _comments(lines: list[str]) -> Iterator[IgnoreComment]:
    for number, line in enumerate(lines, 1):
        if _MARK not in line:
            continue
        for match in _COMMENT.finditer(line):
            words = tuple(word.strip() for word in (match[2] or "").split(",") if word.strip())
            first, last = (0, 0) if match[1] else _span(lines, number)
            yield IgnoreComment(number, words, first, last)


def _span(lines: list[str], number: int) -> tuple[int, int]:
    """The first and the last line that a comment on a line holds for."""
    if _is_comment(lines[number - 1]):
        after = number
        while after < len(lines) and _is_comment(lines[after]):
            after += 1
        inside = number > 1 and _goes_on(lines[number - 2])
        return after + 1, after + 1 if inside else _end(lines, after + 1)
    first = number
    while first > 1 and _goes_on(lines[first - 2]):
        first -= 1
    return first, number


def _end(lines: list[str], number: int) -> int:
    """The last line of the row that begins on a line; Docker lets comments stand within one."""
    last = number
    while last < len(lines) and (_goes_on(lines[last - 1]) or (last > number and _is_comment(lines[last - 1]))):
        last += 1
    return last


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith("#")


def _goes_on(line: str) -> bool:
    return line.endswith("\\") and not _is_comment(line)
