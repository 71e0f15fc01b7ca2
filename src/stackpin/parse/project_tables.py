"""A ``pyproject.toml`` as its readers ask for it: tables by their names, requirements as mentions with their places."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from stackpin.errors import InputUnreadable
from stackpin.model.mention import IndexLine, Mention, Place, Role
from stackpin.parse.requirement_file import parse_requirement_text
from stackpin.parse.requirement_mention import is_template, mention_of, shown_address
from stackpin.parse.toml_places import toml_strings

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stackpin.parse.toml_places import Path

__all__ = ["Declared", "ProjectTables", "read_tables", "table_of"]

#: A dotted key that nobody writes.
_LONG_KEY = re.compile(r"""(?<![\w-])(?:(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*){100}""")


class Declared(NamedTuple):
    """What one tool's tables say, by part: of the project itself, of its extras, of its groups.

    ``apart`` are the names of groups that are never installed together with the project.
    """

    base: tuple[Mention, ...] = ()
    extras: Mapping[str, tuple[Mention, ...]] = {}
    groups: Mapping[str, tuple[Mention, ...]] = {}
    indexes: tuple[IndexLine, ...] = ()
    apart: frozenset[str] = frozenset()


class ProjectTables:
    """The document with the places of its strings.

    ``refused`` collects the requirements that no installer takes, each with its place.
    """

    def __init__(self, document: Mapping[str, Any], text: str, shown: str) -> None:
        self.document = document
        self.refused: list[tuple[str, Place]] = []
        self._text = text
        self._strings = toml_strings(text, document)
        self._shown = shown

    def place(self, path: Path) -> Place:
        """Where a string stands; the file alone where that is not known."""
        found = self._strings.get(path)
        if found is None:
            return Place(path=self._shown)
        return Place(path=self._shown, line=found.span.line, column=found.span.column, end_column=found.span.end_column)

    def _aligned(self, path: Path, text: str) -> Place:
        """A requirement's place; open at its end where escapes move the characters that come before its marker."""
        place, found = self.place(path), self._strings.get(path)
        head = text.partition(";")[0]
        if found is None or self._text[found.begin : found.begin + len(head)] == head:
            return place
        return Place(path=place.path, line=place.line, column=place.column)

    def at(self, path: Path) -> Any:
        """What stands at a path; None where nothing does."""
        value: Any = self.document
        for key in path:
            if isinstance(key, int):
                value = value[key] if isinstance(value, list) and key < len(value) else None
            else:
                value = value.get(key) if isinstance(value, dict) else None
        return value

    def table(self, path: Path) -> dict[str, Any]:
        """The table at a path; an empty one where there is none."""
        return table_of(self.at(path))

    def strings(self, path: Path) -> list[tuple[Path, str]]:
        """The strings of an array, each with its path."""
        found = self.at(path)
        items = found if isinstance(found, list) else []
        return [((*path, number), item) for number, item in enumerate(items) if isinstance(item, str)]

    def tables(self, path: Path) -> list[tuple[Path, dict[str, Any]]]:
        """The tables of an array, each with its path."""
        found = self.at(path)
        items = found if isinstance(found, list) else []
        return [((*path, number), item) for number, item in enumerate(items) if isinstance(item, dict)]

    def mentions(self, path: Path, role: Role = Role.REQUIRED) -> list[Mention]:
        """The requirements of an array (PEP 508)."""
        found = (self.mention(each, text, role) for each, text in self.strings(path))
        return [mention for mention in found if mention is not None]

    def mention(self, path: Path, text: str, role: Role) -> Mention | None:
        """One requirement; None where it names no distribution, and where no installer would take it."""
        try:
            return mention_of(parse_requirement_text(text), self.place(path), role, text=text)
        except ValueError:
            if not is_template(text):
                self.refused.append((text, self._aligned(path, text)))
            return None

    def index(self, path: Path, option: str) -> list[IndexLine]:
        """The index whose address stands at a path."""
        url = self.at(path)
        address = shown_address(url) if isinstance(url, str) else ""
        if not address or is_template(address):
            return []
        return [IndexLine(address=address, option=option, place=self.place(path))]


def read_tables(content: bytes, where: str) -> ProjectTables:
    """The tables of a file.

    :param where: the file's name, as it is shown.
    :raises InputUnreadable: where the bytes are no TOML.
    """
    try:
        text = content.decode("utf-8-sig")
        if _LONG_KEY.search(text):  # the library needs the square of a key's length
            raise _no_toml(where, "a key of a hundred parts and more")
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # TOML, UTF-8, a number beyond bounds, arrays thousands deep
        got = "too deeply nested" if isinstance(error, RecursionError) else str(error)
        raise _no_toml(where, got) from error
    return ProjectTables(document, text, where)


def _no_toml(where: str, got: str) -> InputUnreadable:
    line = re.search(r"line (\d+)", got)
    at = f"{where}:{line[1]}" if line else where
    return InputUnreadable("the file is no TOML", where=at, got=got, expected="TOML (UTF-8)")


def table_of(value: object) -> dict[str, Any]:
    """A table as it is; anything else as an empty one."""
    return value if isinstance(value, dict) else {}
