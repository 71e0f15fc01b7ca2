"""A parsed ``pyproject.toml`` changed to what it is meant to say, with tomlkit: comments, order and layout stay."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import tomlkit
from tomlkit.items import AoT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tomlkit import TOMLDocument
    from tomlkit.items import Table

__all__ = ["edited"]

#: The lists of requirements in ``[tool.uv]`` that are changed.
_LISTS = ("constraint-dependencies", "build-constraint-dependencies")


def edited(text: str, meant: Mapping[str, Any]) -> str:
    """The text with ``[tool.uv]`` and the extras as they are meant.

    :param meant: what the whole file is to say. The caller holds the result against it: tomlkit cannot change every layout.
    :raises TOMLKitError: where it cannot; ValueError, TypeError and AttributeError likewise.
    """
    document = tomlkit.parse(text)
    _patch(document, meant)
    return _aired(tomlkit.dumps(document), text)


def _patch(document: TOMLDocument, meant: Mapping[str, Any]) -> None:
    """Change ``[tool.uv]``, and the extras, to what is meant, by additions and by taking requirements out."""
    tool: Any = document.setdefault("tool", tomlkit.table(is_super_table=True))
    uv: Any = tool.setdefault("uv", tomlkit.table())
    wanted = meant["tool"]["uv"]
    for key in _LISTS:
        if key in wanted:
            _patch_lines(uv, key, wanted[key])
    if wanted.get("conflicts", []) != uv.get("conflicts", []):
        _patch_conflicts(uv, wanted["conflicts"])
    for item in wanted.get("index", ())[len(uv.get("index", ())) :]:
        if "index" not in uv:
            uv["index"] = tomlkit.aot()
        uv["index"].append(_table(item) if isinstance(uv["index"], AoT) else _inline(item))
    _patch_sources(uv, wanted.get("sources", {}))
    extras = meant.get("project", {}).get("optional-dependencies", {})
    project: Any = document.get("project", {})
    if extras and extras != project.get("optional-dependencies", {}):
        table = project.setdefault("optional-dependencies", tomlkit.table())
        for name, lines in extras.items():
            _patch_lines(table, name, lines)


def _aired(new: str, old: str) -> str:
    """The text with an empty line before each table's head that has none, where the two lines did not stand so before."""
    before = old.splitlines(keepends=True)
    together = set(pairwise(before))
    found: list[str] = []
    for line in new.splitlines(keepends=True):
        last = found[-1] if found else ""
        if line.startswith("[") and last.strip() and (last, line) not in together:
            found.append("\r\n" if last.endswith("\r\n") else "\n")
        found.append(line)
    return "".join(found)


def _patch_lines(table: Any, key: str, meant: list[Any]) -> None:
    """An array of requirements in a table, one a line; what stays keeps its place and its comment."""
    if key not in table:
        table[key] = tomlkit.array().multiline(multiline=True)
    lines = table[key]
    for place in reversed(range(len(lines))):
        if lines[place] not in meant:
            del lines[place]
    for line in meant:
        if line not in lines:
            lines.append(line)


def _table(item: Mapping[str, Any]) -> Table:
    table = tomlkit.table()
    table.update(item)
    return table


def _patch_conflicts(uv: Any, meant: list[Any]) -> None:
    if "conflicts" not in uv:
        uv["conflicts"] = tomlkit.array()
    there = uv["conflicts"]
    for place in reversed(range(len(there))):
        if there[place] not in meant:
            del there[place]
    for each in meant:
        if each not in there:
            there.append(_inline(each))


def _inline(value: Any) -> Any:
    """A value as one line of TOML."""
    if isinstance(value, list):
        array = tomlkit.array()
        array.extend(_inline(each) for each in value)
        return array
    if isinstance(value, dict):
        table = tomlkit.inline_table()
        table.update(value)
        return table
    return value


def _patch_sources(uv: Any, meant: Mapping[str, Any]) -> None:
    for package in [name for name in uv.get("sources", {}) if name not in meant]:
        del uv["sources"][package]
    for package, source in meant.items():
        if uv.get("sources", {}).get(package) == source:
            continue
        if "sources" not in uv:
            uv["sources"] = tomlkit.table()
        uv["sources"][package] = _inline(source)
