"""Edits of the strings of a TOML file: quotes stay valid, and the file then says what is meant and nothing else."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

from stackpin.parse.text_places import Lines
from stackpin.parse.toml_places import toml_strings
from stackpin.patch.change import Change, place_of, refused_edit

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stackpin.model.finding import Edit
    from stackpin.parse.toml_places import Path, TomlString

__all__ = ["TomlEdits"]

_ESCAPED = re.compile(r'[\\"\x00-\x08\x0a-\x1f\x7f]')
_SHORT = {"\\": "\\\\", '"': '\\"', "\b": "\\b", "\n": "\\n", "\f": "\\f", "\r": "\\r"}
_COMMA = re.compile(r"[ \t]*,")
_COMMA_BEFORE = re.compile(r",[ \t]*\Z")
_REST_OF_LINE = re.compile(r"[ \t]*(?:#[^\r\n]*)?(?:\r?\n|\Z)")
_KEY = re.compile(r"""[ \t]*(?:[A-Za-z0-9_-]+|"[^"\\]*"|'[^']*')[ \t]*=[ \t]*""")


class TomlEdits:
    """The edits of one file as changes, and what the file says when they are made.

    :raises InputUnreadable: where an edit is in no string, or its string says something else.
    """

    def __init__(self, text: str, edits: Sequence[Edit]) -> None:
        self.changes: list[Change] = []
        self._text = text
        self._edits = edits
        self._document: dict[str, Any] = tomllib.loads(text)
        self._strings = toml_strings(text, self._document)
        self._meant: dict[Path, list[tuple[int, int, str]]] = {}
        self._gone: set[Path] = set()
        lines = Lines(text)
        for edit in edits:
            begin, end = place_of(lines, edit)
            path = self._around(edit, begin, end)
            self.changes.append(self._change(edit, path, begin, end))

    def verify(self, new: str) -> None:
        """Refuse a text that does not say what is meant.

        :raises InputUnreadable: where it does not.
        """
        try:
            after = tomllib.loads(new)
        except tomllib.TOMLDecodeError as error:
            raise refused_edit(self._edits[0], "the file would be no TOML", str(error)) from error
        if after != self._rebuilt((), self._document):
            raise refused_edit(self._edits[0], "the file would say something else than is meant", self._edits[0].new)

    def _around(self, edit: Edit, begin: int, end: int) -> Path:
        """The path of the string that a stretch is in."""
        for path, string in self._strings.items():
            if string.begin <= begin and end <= string.end:
                return path
        raise refused_edit(edit, "its place is in no string", self._text[begin:end][:80])

    def _change(self, edit: Edit, path: Path, begin: int, end: int) -> Change:
        string = self._strings[path]
        there = self._text[begin:end]
        whole = (begin, end) == (string.begin, string.end)
        plain = self._text[string.begin : end] == string.value[: end - string.begin]
        if edit.old != (string.value if whole else there) or not (whole or plain):
            raise refused_edit(edit, "something else stands there", there[:80])
        if whole and not edit.new:
            self._gone.add(path)
            return self._deletion(edit, path, string)
        at = 0 if whole else begin - string.begin
        self._meant.setdefault(path, []).append((at, at + len(edit.old), edit.new))
        if string.quotes.startswith('"'):
            return Change(begin, end, _ESCAPED.sub(_escape, edit.new))
        if "'" not in edit.new and not _ESCAPED.search(edit.new.replace('"', "").replace("\\", "")):
            return Change(begin, end, edit.new)
        if whole and len(string.quotes) == 1:
            return Change(begin - 1, end + 1, f'"{_ESCAPED.sub(_escape, edit.new)}"')
        raise refused_edit(edit, "the text stands between quotes that the new one has in it", edit.new)

    def _deletion(self, edit: Edit, path: Path, string: TomlString) -> Change:
        """An item of an array with its comma, or a key with its value; the line as well where nothing else stands on it."""
        text, quotes = self._text, len(string.quotes)
        begin, end = string.begin - quotes, string.end + quotes
        line_begin = text.rfind("\n", 0, begin) + 1
        before = text[line_begin:begin]
        if not isinstance(path[-1], int):
            rest = _REST_OF_LINE.match(text, end)
            if rest is None or not _KEY.fullmatch(before):
                raise refused_edit(edit, "more than this stands on its line", text[line_begin:end][:80])
            return Change(line_begin, rest.end(), "")
        comma = _COMMA.match(text, end)
        end = comma.end() if comma else end
        rest = _REST_OF_LINE.match(text, end)
        if rest is not None and not before.strip():
            return Change(line_begin, rest.end(), "")
        earlier = _COMMA_BEFORE.search(before)
        if comma is None and earlier is not None:
            begin = line_begin + earlier.start()
        elif comma is not None:
            end += len(text[end:]) - len(text[end:].lstrip(" \t"))
        return Change(begin, end, "")

    def _rebuilt(self, path: Path, value: Any) -> Any:
        """What stands at a path when all edits are made."""
        if isinstance(value, dict):
            return {
                key: self._rebuilt((*path, key), each) for key, each in value.items() if (*path, key) not in self._gone
            }
        if isinstance(value, list):
            numbered = enumerate(value)
            return [self._rebuilt((*path, at), each) for at, each in numbered if (*path, at) not in self._gone]
        for begin, end, new in sorted(self._meant.get(path, ()), reverse=True):
            value = f"{value[:begin]}{new}{value[end:]}"
        return value


def _escape(match: re.Match[str]) -> str:
    return _SHORT.get(match[0], f"\\u{ord(match[0]):04x}")
