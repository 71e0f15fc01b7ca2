"""Where the strings of a TOML file stand: the library that reads TOML tells values, and not their places.

The text is walked token by token, and what is found is compared with what the library has read: a walk that disagrees
gives no place at all. Source: TOML 1.0.0.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from stackpin.parse.text_places import Lines, Span

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Path", "TomlString", "toml_strings"]

#: Keys, and the numbers of what stands in an array.
Path: TypeAlias = "tuple[str | int, ...]"

_SPACE = re.compile(r"[ \t]*")
_BETWEEN = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_KEY = re.compile(r"""([A-Za-z0-9_-]+)|"((?:[^"\\\n]|\\[^\n])*)"|'([^'\n]*)'""")
_DOT = re.compile(r"[ \t]*\.[ \t]*")
_STRING = re.compile(
    r'''"""(?P<many>(?:[^"\\]|\\.|"{1,2}(?!"))*"{0,2})"""(?!")'''
    r"""|'''(?P<raws>(?:[^']|'{1,2}(?!'))*'{0,2})'''(?!')"""
    r"""|"(?P<one>(?:[^"\\\n]|\\[^\n])*)"|'(?P<raw>[^'\n]*)'""",
    re.DOTALL,
)
#: A number, a date (whose time a blank may part from it), a truth value.
_OTHER = re.compile(r"\d{4}-\d\d-\d\d \d\d:[^\s,\]}#]+|[^\s,\]}#]+")


class TomlString(NamedTuple):
    """A string value. ``begin`` and ``end`` enclose what stands between its quotes, and ``span`` is its place.

    ``quotes`` are those that it has. Where the text between them is not the value itself, it holds escapes.
    """

    value: str
    begin: int
    end: int
    quotes: str
    span: Span


class _Open(NamedTuple):
    """An array or an inline table that has not been closed yet."""

    path: Path
    is_array: bool


def toml_strings(text: str, document: Mapping[str, Any]) -> dict[Path, TomlString]:
    """Each string value of a text by its path; empty where the walk does not come to what the library has read.

    :param text: the whole file.
    :param document: what the library has read from it.
    """
    walk = _Walk(text)
    try:
        walk.run()
        found = {path: _string(text, document, path, match, walk.lines) for path, match in walk.found.items()}
    except (LookupError, TypeError, ValueError):
        return {}
    return found


def _string(text: str, document: Mapping[str, Any], path: Path, match: re.Match[str], lines: Lines) -> TomlString:
    """A string with its place.

    :raises ValueError: when the library has read another value there.
    """
    value: Any = document
    for key in path:
        value = value[key]
    group = str(match.lastgroup)
    inner = match[group].replace("\r\n", "\n")
    if group in {"many", "raws"}:
        inner = inner.removeprefix("\n")
    if "\\" in inner and group in {"many", "one"}:
        inner = tomllib.loads(f"x = {match[0]}")["x"]
    if inner != value:
        raise ValueError(path)
    begin, end = match.span(group)
    quotes = text[match.start() : begin]
    return TomlString(value, begin, end, quotes, lines.span(begin, end))


class _Walk:
    """One pass over a text that is known to be TOML."""

    def __init__(self, text: str) -> None:
        self.found: dict[Path, re.Match[str]] = {}
        self.lines = Lines(text)
        self._text = text
        self._at = 0
        #: How many tables each array of tables has by now.
        self._tables: dict[Path, int] = {}

    def run(self) -> None:
        """Walk the whole text.

        :raises ValueError: when it is not what TOML has.
        """
        table: Path = ()
        while self._skip(_BETWEEN) < len(self._text):
            if self._text.startswith("[", self._at):
                table = self._header()
            else:
                self._value((*table, *self._keys()))

    def _skip(self, pattern: re.Pattern[str]) -> int:
        match = pattern.match(self._text, self._at)
        self._at = match.end() if match else self._at
        return self._at

    def _take(self, sign: str) -> bool:
        if not self._text.startswith(sign, self._at):
            return False
        self._at += len(sign)
        return True

    def _need(self, sign: str) -> None:
        if not self._take(sign):
            raise ValueError(self._at)

    def _matched(self, pattern: re.Pattern[str]) -> re.Match[str]:
        match = pattern.match(self._text, self._at)
        if match is None:
            raise ValueError(self._at)
        self._at = match.end()
        return match

    def _header(self) -> Path:
        """A table's header; the table that it opens."""
        double = self._take("[[")
        if not double:
            self._need("[")
        keys = self._dotted()
        self._need("]]" if double else "]")
        path: Path = ()
        for number, key in enumerate(keys, start=1):
            path = (*path, key)
            if double and number == len(keys):
                self._tables[path] = self._tables.get(path, 0) + 1
            if path in self._tables:
                path = (*path, self._tables[path] - 1)
        return path

    def _keys(self) -> list[str]:
        """A key and its equals sign."""
        keys = self._dotted()
        self._need("=")
        self._skip(_SPACE)
        return keys

    def _dotted(self) -> list[str]:
        self._skip(_SPACE)
        keys = [self._key()]
        while match := _DOT.match(self._text, self._at):
            self._at = match.end()
            keys.append(self._key())
        self._skip(_SPACE)
        return keys

    def _key(self) -> str:
        match = self._matched(_KEY)
        if match[2] is not None and "\\" in match[2]:
            return next(iter(tomllib.loads(f"{match[0]} = 0")))
        return next(part for part in match.groups() if part is not None)

    def _value(self, path: Path) -> None:
        """A value with all that it holds; what is open is kept in a list, so that no depth is too much."""
        waiting: list[_Open] = []
        counts: list[int] = []
        here: Path | None = path
        while True:
            if here is not None:
                opened = self._begun(here)
                if opened is not None:
                    waiting.append(opened)
                    counts.append(0)
            if not waiting:
                return
            here = self._next(waiting, counts)

    def _begun(self, path: Path) -> _Open | None:
        """A plain value, which is passed; or an array or inline table, which begins."""
        if self._text[self._at : self._at + 1] in {'"', "'"}:
            self.found[path] = self._matched(_STRING)
        elif self._take("["):
            return _Open(path, is_array=True)
        elif self._take("{"):
            return _Open(path, is_array=False)
        else:
            self._matched(_OTHER)
        return None

    def _next(self, waiting: list[_Open], counts: list[int]) -> Path | None:
        """The path of the next value in what is open; None where that was closed."""
        inner = waiting[-1]
        self._skip(_BETWEEN)
        if counts[-1] and self._take(","):
            self._skip(_BETWEEN)
        if self._take("]" if inner.is_array else "}"):
            waiting.pop()
            counts.pop()
            return None
        counts[-1] += 1
        return (*inner.path, counts[-1] - 1) if inner.is_array else (*inner.path, *self._keys())
