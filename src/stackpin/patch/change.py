"""One change of a text, and the refusal to make it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from stackpin.errors import InputUnreadable

if TYPE_CHECKING:
    from stackpin.model.finding import Edit
    from stackpin.parse.text_places import Lines

__all__ = ["Change", "place_of", "refused_edit", "stretch_of"]


class Change(NamedTuple):
    """One stretch of a text, by its places, and what comes in its stead."""

    begin: int
    end: int
    new: str


def place_of(lines: Lines, edit: Edit) -> tuple[int, int]:
    """Where an edit's place begins and ends in the text.

    :raises InputUnreadable: where it is not in one line.
    """
    place = edit.place
    if not place.line or not place.column or not place.end_column or place.line > len(lines):
        raise refused_edit(edit, "its place is not in one line", edit.old)
    if re.search(r"[\r\n]", edit.new):
        raise refused_edit(edit, "the new text has several lines", edit.new)
    return lines.offset(place.line, place.column), lines.offset(place.line, place.end_column)


def stretch_of(text: str, lines: Lines, edit: Edit) -> tuple[int, int]:
    """The same, of an edit whose text stands there.

    :raises InputUnreadable: where something else does.
    """
    begin, end = place_of(lines, edit)
    if text[begin:end] != edit.old:
        raise refused_edit(edit, "something else stands there", text[begin:end][:80])
    return begin, end


def refused_edit(edit: Edit, what: str, got: str) -> InputUnreadable:
    """An edit that is not made."""
    return InputUnreadable(
        f"not edited: {what}",
        where=f"{edit.place.path}:{edit.place.line}",
        got=got,
        expected=edit.old,
        hint="check the file again, and put it right by hand",
    )
