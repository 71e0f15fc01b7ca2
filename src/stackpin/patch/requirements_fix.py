"""Edits in files that people keep: requirements, ``pyproject.toml``, ``environment.yml``, and any other text.

What does not stand where an edit says is not touched, and a file that would say anything else than what is meant is not
changed at all. Comments, order, line ends and quotes stay.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING

from stackpin.parse.conda_environment import parse_conda_environment
from stackpin.parse.text_places import Lines
from stackpin.patch.change import Change, refused_edit, stretch_of
from stackpin.patch.toml_edit import TomlEdits

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stackpin.model.finding import Edit

__all__ = ["Shape", "edited", "shape_of"]

_REST = re.compile(r"(?:\s|\\(?=\r?\n)|--hash[= ]\S+)*(?:(?:^|(?<=\s))#[^\r\n]*)?")
#: What pip takes for a line's end, as the readers of requirements files do.
_TO_THE_END = re.compile(r"(?:[^\\\r\n\v\f\x1c-\x1e\x85\u2028\u2029]|\\\r\n|\\.)*", re.DOTALL)
_HASH_SIGN = re.compile(r"(?<=\s)#")
_LINE_END = re.compile(r"\r\n?|\n|\Z")
_COMMENT = re.compile(r"\s*(?:(?:^|(?<=\s))#.*)?")


class Shape(str, Enum):
    """What a file is, as far as its edits are concerned."""

    REQUIREMENTS = "requirements"
    TOML = "toml"
    YAML = "yaml"
    PLAIN = "plain"


def shape_of(name: str) -> Shape:
    """What a file is by its name."""
    endings = {
        ".toml": Shape.TOML,
        ".yml": Shape.YAML,
        ".yaml": Shape.YAML,
        ".txt": Shape.REQUIREMENTS,
        ".in": Shape.REQUIREMENTS,
    }
    return next((shape for ending, shape in endings.items() if name.endswith(ending)), Shape.PLAIN)


def edited(text: str, edits: Iterable[Edit], shape: Shape = Shape.PLAIN) -> str:
    """The text with all edits made; one that is there twice is made once.

    :raises InputUnreadable: when what an edit replaces does not stand there, when two edits meet, when hashes stand beside it,
        and when the result would not say what is meant; ``where`` has the line.
    """
    wanted = list(dict.fromkeys(edits))
    if not wanted:
        return text
    if shape is Shape.TOML:
        toml = TomlEdits(text, wanted)
        new = _made(text, toml.changes, wanted)
        toml.verify(new)
        return new
    lines = Lines(text)
    new = _made(text, [_change(text, lines, edit, shape) for edit in wanted], wanted)
    if shape is Shape.YAML:
        _same_but(text, new, wanted)
    return new


def _made(text: str, changes: Sequence[Change], edits: Sequence[Edit]) -> str:
    """All changes at once.

    :raises InputUnreadable: where two of them meet.
    """
    parts, at = [], 0
    for change, edit in sorted(zip(changes, edits, strict=True), key=lambda pair: pair[0][:2]):
        if change.begin < at:
            raise refused_edit(edit, "two edits meet", edit.old)
        parts += [text[at : change.begin], change.new]
        at = change.end
    return "".join([*parts, text[at:]])


def _change(text: str, lines: Lines, edit: Edit, shape: Shape) -> Change:
    begin, end = stretch_of(text, lines, edit)
    line_begin = lines.offset(edit.place.line, 1)
    hashed = shape is Shape.REQUIREMENTS and "--hash" in _HASH_SIGN.split(_logical_rest(text, end))[0]
    if not edit.new:
        return _deletion(text, edit, Change(line_begin, end, ""), begin, shape)
    if hashed and not edit.new.startswith(edit.old):
        raise refused_edit(edit, "hashes stand beside it, which hold for no other version", edit.old)
    quote = text[begin - 1 : begin] if shape is Shape.YAML else ""
    if quote in {"'", '"'} and quote in edit.new:
        raise refused_edit(edit, "the text stands between quotes that the new one has in it", edit.new)
    return Change(begin, end, edit.new)


def _logical_rest(text: str, end: int) -> str:
    """What stands behind a place up to the end of the line, and of those that it is continued on."""
    match = _TO_THE_END.match(text, end)
    return match[0] if match else ""


def _deletion(text: str, edit: Edit, line: Change, begin: int, shape: Shape) -> Change:
    """An edit to nothing: the line goes where it has nothing else, or else the text alone."""
    before = text[line.begin : begin]
    rest = said = _logical_rest(text, line.end)
    if shape is Shape.YAML:
        before = re.sub(r"""-\s+["']?\Z""", "", before)
        said = rest.removeprefix(text[begin - 1]) if text[begin - 1] in {'"', "'"} else rest
    alone = _REST.fullmatch(said) if shape is Shape.REQUIREMENTS else _COMMENT.fullmatch(said)
    if before.strip() or not alone:
        if shape in {Shape.YAML, Shape.REQUIREMENTS} and not before.strip():
            raise refused_edit(edit, "more than this stands on its line", text[line.begin : line.end + len(rest)][:80])
        return Change(begin, line.end, "")
    line_end = _LINE_END.match(text, line.end + len(rest))
    if line_end is None:
        raise refused_edit(edit, "more than this stands on its line", text[line.begin : line.end + len(rest)][:80])
    return Change(line.begin, line_end.end(), "")


def _same_but(text: str, new: str, edits: Sequence[Edit]) -> None:
    """Refuse a conda file that would say anything else than before but for the edits.

    :raises InputUnreadable: where it would.
    """
    before, after = (parse_conda_environment(each, "").pip for each in (text, new))
    meant: list[str] = []
    for item in before:
        said = item.text
        for edit in edits:
            if edit.place.line == item.span.line:
                said = said.replace(edit.old, edit.new, 1)
        meant += [said] if said else []
    if [item.text for item in after] != meant or not meant:
        raise refused_edit(edits[0], "the file would say something else than is meant", edits[0].new)
