"""YAML as lines: items put in and taken out by whole lines, and every other line left as it is.

Only what is written one item a line is changed; what is written in braces is refused, and so is what an alias shares with an
entry that is not meant. Source: YAML 1.2, chapters 7 (flow style) and 8 (block style).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from stackpin.errors import InputUnreadable
from stackpin.patch.bots_extra import bots_library

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

__all__ = ["YamlLines"]

_ECOSYSTEM = "package-ecosystem"


class YamlLines:
    """The lines of a configuration with its nodes.

    ``gone`` are the numbers of the lines that were cut, from 0; ``offset`` is how far a list is indented under its key.

    :raises ValueError: where the text is no YAML, has several documents, or says a key twice.
    """

    def __init__(self, text: str, where: str) -> None:
        ruamel = bots_library("ruamel.yaml", "ruamel.yaml")
        try:
            node = ruamel.YAML(typ="rt").compose(text)
        except ruamel.error.YAMLError as error:
            raise ValueError(" ".join(str(error).split())) from error
        except RecursionError as error:
            raise ValueError("it is nested too deeply") from error
        self._where = where
        self._lines = text.splitlines(keepends=True)
        self._end = "\r\n" if "\r\n" in text else "\n"
        self._put: dict[int, list[str]] = {}  # before which line
        self._keys: dict[
            int, list[str]
        ] = {}  # the same, of keys that are new: behind what goes under those that are there
        self.gone: set[int] = set()
        self._root = node
        _refuse_twice(node, set())
        self._updates = _member(node, "updates")
        self.offset = self._offset()

    def entries(self, ecosystems: Collection[str]) -> list[Any]:
        """The entries of ``updates`` of some ecosystems, each once, however often an alias names it."""
        found = [each for each in self._all() if _ecosystem(each) in ecosystems]
        return list({id(each): each for each in found}.values())

    def refuse_shared(self, ecosystems: Collection[str]) -> None:
        """Refuse what an alias or a merge shares between an entry that is meant and one that is not, or cannot be told apart.

        :raises InputUnreadable: where there is such a thing.
        """
        others = {id(part) for each in self._all() if _ecosystem(each) not in ecosystems for part in _parts(each)}
        for entry in self.entries(ecosystems):
            if _member(entry, "<<") is not None:
                for holder in _merged(entry):
                    if any(_member(holder, key) is not None for key in ("groups", "ignore", _ECOSYSTEM)):
                        raise self.unpatched("groups or ignore come by a merge key (<<)")
            shared = [key for key in ("groups", "ignore") if id(_member(entry, key)) in others]
            if shared:
                raise self.unpatched(f"{shared[0]} is shared by an alias with an entry of another ecosystem")

    def cut_marked(self, entry: Any, key: str, mark: str) -> None:
        """Take the items out whose first line carries the mark; the key as well where nothing else is under it.

        :raises InputUnreadable: where a comment stands inside one of them.
        """
        holder = _member(entry, key)
        items = _items(holder)
        ours = [item for item in items if self._first(item, mark)]
        for item in ours:
            begin, end = item[0].start_mark.line, self._last(item[-1])
            if any(self._lines[line].lstrip().startswith("#") for line in range(begin, end + 1)):
                raise self.unpatched(f"a comment stands inside what is to be replaced, near line {begin + 1}")
            self.gone.update(range(begin, end + 1))
        if ours and len(ours) == len(items):
            line = next(name for name, value in entry.value if value is holder).start_mark.line
            if re.match(rf"\s*{key}\s*:\s*$", self._lines[line]):  # nothing of the user's stands there
                self.gone.add(line)

    def text_cut(self) -> str:
        """The text without what was cut."""
        return "".join(line for number, line in enumerate(self._lines) if number not in self.gone)

    def put_first(self, entry: Any, key: str, made: Callable[[str], Iterable[str]]) -> None:
        """Lines put in as the first items under a key of an entry; ``made`` makes them for an indentation."""
        self._put_in(entry, key, made, first=True)

    def put_last(self, entry: Any, key: str, made: Callable[[str], Iterable[str]]) -> None:
        """Lines put in as the last items under a key of an entry."""
        self._put_in(entry, key, made, first=False)

    def text_put(self) -> str:
        """The text with what was put in."""
        places = {*self._put, *self._keys}
        put = {line: [*self._put.get(line, ()), *self._keys.get(line, ())] for line in places}
        return self._joined({line: [f"{each}{self._end}" for each in new] for line, new in put.items()})

    def with_entry(self, lines: list[str]) -> str:
        """The text with one more entry of ``updates``, given as if the list stood at the left edge."""
        if self._updates is None:
            if self._root.flow_style:
                raise self.unpatched("the file is written in braces")
            new = ["updates:", *(self.offset + line for line in lines)]
            return self._joined({self._last(self._root) + 1: [line + self._end for line in new]})
        if _empty(self._updates):
            place = self._emptied(self._root, "updates")
            return self._joined({place + 1: [f"{self.offset}{line}{self._end}" for line in lines]})
        if self._updates.flow_style:
            raise self.unpatched("updates is written in brackets")
        indent = " " * self._updates.start_mark.column
        return self._joined({self._last(self._updates) + 1: [f"{indent}{line}{self._end}" for line in lines]})

    def unpatched(self, got: str) -> InputUnreadable:
        """The refusal to change the file."""
        return InputUnreadable(
            "the file is laid out in a way that stackpin cannot change without loss",
            where=self._where,
            got=got,
            expected="entries of updates with groups and ignore of their own, one item a line",
            hint="write it so, then type the command again",
        )

    def _put_in(self, entry: Any, key: str, made: Callable[[str], Iterable[str]], *, first: bool) -> None:
        if entry.flow_style:
            raise self.unpatched(f"an entry is written in braces, in line {entry.start_mark.line + 1}")
        column = entry.value[0][0].start_mark.column
        holder = _member(entry, key)
        listed = "" if first else self.offset
        if holder is None:
            new = [" " * column + f"{key}:", *made(" " * column + ("  " if first else listed))]
            self._keys.setdefault(self._last(entry) + 1, []).extend(new)
            return
        if _empty(holder):
            place = self._emptied(entry, key)
            self._put.setdefault(place + 1, []).extend(made(" " * column + ("  " if first else listed)))
            return
        if holder.flow_style:
            raise self.unpatched(f"{key} is written in braces, in line {holder.start_mark.line + 1}")
        named = next(name for name, value in entry.value if value is holder)
        place = named.start_mark.line + 1 if first else self._last(holder) + 1
        self._put.setdefault(place, []).extend(made(" " * holder.start_mark.column))

    def _emptied(self, holder: Any, key: str) -> int:
        """The line of a key whose value is empty, without the braces that say so."""
        named = next(name for name, _ in holder.value if name.value == key)
        line: int = named.start_mark.line
        head, tail = self._lines[line][: named.end_mark.column], self._lines[line][named.end_mark.column :]
        cut = re.sub(r"^(\s*:)[ \t]*(?:\{\s*\}|\[\s*\]|~|null)", r"\1", tail)
        if re.match(r"\s*:\s*(?:#|$)", cut) is None:
            raise self.unpatched(f"{key} is empty in a way that is not known, in line {line + 1}")
        self._lines[line] = head + cut
        return line

    def _joined(self, put: dict[int, list[str]]) -> str:
        parts: list[str] = []
        for number in range(len(self._lines) + 1):
            new = put.get(number, [])
            if new and parts and not parts[-1].endswith(("\n", "\r")):
                parts.append(self._end)
                new = [*new[:-1], new[-1].rstrip("\r\n")]  # as before, no line break at the end
            parts += new
            parts += self._lines[number : number + 1]
        return "".join(parts)

    def _all(self) -> list[Any]:
        return [each[0] for each in _items(self._updates) if _is_mapping(each[0])]

    def _offset(self) -> str:
        """How far lists are indented under their key in this file: as ``updates`` is, else two blanks."""
        block = self._updates is not None and not _empty(self._updates) and not self._updates.flow_style
        return " " * (self._updates.start_mark.column if block else 2)

    def _first(self, item: list[Any], mark: str) -> bool:
        line: int = item[0].start_mark.line
        return self._lines[line].rstrip().endswith(mark)

    def _last(self, node: Any) -> int:
        """The last line that a node is written on; of an alias' value, which stands elsewhere, that is found by its place."""
        last: int = node.start_mark.line
        if _is_scalar(node) or node.flow_style:
            end = node.end_mark
            return int(end.line - 1 if end.column == 0 and end.line > last else end.line)
        for child in node.value:
            parts = child if isinstance(child, tuple) else (child,)
            # What is left empty is placed where the next thing begins.
            written = [
                part for part in parts if not (_is_scalar(part) and part.start_mark.index == part.end_mark.index)
            ]
            last = max(
                [last, *(self._last(each) for each in written if each.start_mark.index >= node.start_mark.index)]
            )
        return last


def _is_mapping(node: Any) -> bool:
    return bool(node.id == "mapping")


def _is_scalar(node: Any) -> bool:
    return bool(node.id == "scalar")


def _empty(node: Any) -> bool:
    """Whether a value is nothing: no items, or null."""
    return not node.value or (_is_scalar(node) and node.value in {"~", "null"})


def _member(node: Any, name: str) -> Any:
    pairs = node.value if node is not None and _is_mapping(node) else ()
    return next((value for key, value in pairs if key.value == name), None)


def _ecosystem(entry: Any) -> str:
    found = _member(entry, _ECOSYSTEM)
    return str(found.value) if found is not None else ""


def _items(holder: Any) -> list[list[Any]]:
    """The items of a list, or the keys of a table with their values."""
    if holder is None or _is_scalar(holder):
        return []
    return [list(each) if isinstance(each, tuple) else [each] for each in holder.value]


def _merged(entry: Any) -> list[Any]:
    found = _member(entry, "<<")
    return [found] if _is_mapping(found) else list(found.value)


def _parts(node: Any) -> list[Any]:
    """A node and all that is in it."""
    children = [part for child in _items(node) for part in child]
    return [node, *(part for child in children for part in _parts(child))]


def _refuse_twice(node: Any, seen: set[int]) -> None:
    """Refuse a table that says a key twice: what it means depends on who reads it.

    :raises ValueError: where there is one.
    """
    if node is None or id(node) in seen:
        return
    seen.add(id(node))
    if _is_mapping(node):
        keys = [str(key.value) for key, _ in node.value]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise ValueError(f"a key is there twice: {twice[0]}")
    for item in _items(node):
        for part in item:
            _refuse_twice(part, seen)
