"""What a text file must be before a parser looks at it: text, in one piece, without an open merge conflict."""

from __future__ import annotations

import re

from stackpin.errors import InputUnreadable
from stackpin.parse.requirement_file import requirement_file_text

__all__ = ["refuse_conflict", "text_of"]

#: What git leaves: the first of the marks has a name behind it, the middle one stands alone.
_OURS = re.compile(r"^<{7} \S", re.MULTILINE)
_BETWEEN = re.compile(r"^={7}\r?$", re.MULTILINE)
_THEIRS = re.compile(r"^>{7} \S", re.MULTILINE)


def text_of(content: bytes, where: str, what: str) -> str:
    """The text of a file as pip decodes it, without its byte order mark.

    :param what: what it claims to be, for the message: ``requirements file``.
    :raises InputUnreadable: where it is binary, or holds a merge conflict.
    """
    text = requirement_file_text(content)
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise InputUnreadable(
            f"the {what} is binary", where=f"{where}:{line}", got="a NUL character", expected="text (UTF-8)"
        )
    refuse_conflict(text, where)
    return text


def refuse_conflict(text: str, where: str) -> None:
    """Refuse a text with the marks of a merge that nobody has finished.

    :raises InputUnreadable: at the first mark.
    """
    found = _OURS.search(text)
    if found and _BETWEEN.search(text, found.end()) and _THEIRS.search(text, found.end()):
        raise InputUnreadable(
            "the file holds a merge conflict",
            where=f"{where}:{text.count(chr(10), 0, found.start()) + 1}",
            got=text[found.start() : found.start() + 60].splitlines()[0],
            expected="a file that was merged",
            hint="finish the merge, then run the same command again",
        )
