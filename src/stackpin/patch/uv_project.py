"""``pyproject.toml``: the tuple put into ``[tool.uv]``, so that plain uv holds it; everything else stays as it is.

uv takes ``constraint-dependencies`` into every resolution of the project, also for packages that it does not name itself;
``sources`` and an explicit index bind a build to the page that carries it, and shadow nothing else. Source: uv's settings
reference; measured with the releases of the escape suite.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import tomlkit
from packaging.requirements import InvalidRequirement, Requirement
from tomlkit.exceptions import TOMLKitError

from stackpin.errors import InputUnreadable, UsageError
from stackpin.model.names import normalized_name

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tomlkit import TOMLDocument

__all__ = ["Wanted", "with_tuple"]

_CONSTRAINTS = "constraint-dependencies"
#: How the names of the indexes begin that are put into a project.
_PREFIX = "stackpin-"


class Wanted(NamedTuple):
    """What a project is to say: the tuple as requirements, and the index of each build that PyPI does not carry.

    ``managed`` are the normalized names whose constraints are replaced: members, of this tuple or an earlier one, and
    look-alikes. ``sources`` are the addresses of the indexes, by package, for the machines of ``marker`` (PEP 508): elsewhere
    the project is free.
    """

    constraints: tuple[str, ...]
    managed: frozenset[str]
    sources: Mapping[str, str]
    marker: str = ""


def with_tuple(text: str, wanted: Wanted, *, where: str) -> str:
    """The text with the tuple in it; the same text where it has it already.

    :param where: the file, for messages.
    :raises InputUnreadable: when the text is no TOML, or is laid out so that nothing can be added without loss.
    :raises UsageError: when the project binds a member to something else already.
    """
    before = _read(text, where)
    meant = _meant(before, wanted, where)
    if meant == before:
        return text
    try:
        document = tomlkit.parse(text)
        _patch(document, meant["tool"]["uv"])
        new = tomlkit.dumps(document)
        after = tomllib.loads(new)
    except (TOMLKitError, ValueError, TypeError, AttributeError) as error:
        raise _unpatched(where, str(error)) from error
    if after != meant:
        raise _unpatched(where, "the result would say something else")
    return new


def _read(text: str, where: str) -> dict[str, Any]:
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputUnreadable("the file is no TOML", where=where, got=str(error), expected="TOML") from error
    tool = found.get("tool", {})
    for name, table in (("[tool]", tool), ("[tool.uv]", tool.get("uv", {}) if isinstance(tool, dict) else {})):
        if not isinstance(table, dict):
            raise InputUnreadable(f"{name} is no table", where=where, got=repr(table)[:60], expected="a table")
    return found


def _meant(before: Mapping[str, Any], wanted: Wanted, where: str) -> dict[str, Any]:
    """What the file is to say as a whole."""
    tool = dict(before.get("tool", {}))
    uv = dict(tool.get("uv", {}))
    there = list(uv.get(_CONSTRAINTS, ()))
    kept = [line for line in there if line in wanted.constraints or _name(line) not in wanted.managed]
    uv[_CONSTRAINTS] = [*kept, *(line for line in wanted.constraints if line not in kept)]
    indexes = _with_indexes(uv.get("index", ()), wanted.sources.values())
    if indexes:
        uv["index"] = indexes
    names = {_bare(item.get("url")): item.get("name") for item in indexes}
    there = uv.get("sources", {})
    sources = {name: value for name, value in there.items() if not _is_ours(name, value, wanted)}
    for package, url in wanted.sources.items():
        source = {"index": names[_bare(url)], "marker": wanted.marker}
        if sources.setdefault(package, source) not in (source, {"index": source["index"]}):
            raise UsageError(
                f"the project takes {package} from another source already",
                where=f"{where}: [tool.uv.sources] {package}",
                got=str(sources[package]),
                expected=f"index {url}",
                hint="take that line out, then type the command again",
            )
    if sources or "sources" in uv:
        uv["sources"] = sources
    return {**before, "tool": {**tool, "uv": uv}}


def _with_indexes(there: Iterable[dict[str, Any]], wanted: Iterable[str]) -> list[dict[str, Any]]:
    """The indexes of a project with those that are wanted behind them; one that it has by that address keeps its name.

    A new one is named after the last part of its address (``cu126``), with a number where another has that name already.
    """
    indexes = list(there)
    for url in dict.fromkeys(wanted):
        if any(_bare(item.get("url")) == _bare(url) and "name" in item for item in indexes):
            continue
        taken = {item.get("name") for item in indexes}
        name = f"{_PREFIX}{_bare(url).rpartition('/')[2]}"
        names = (name, *(f"{name}-{number}" for number in range(2, len(indexes) + 3)))
        free = next(each for each in names if each not in taken)
        indexes.append({"name": free, "url": url, "explicit": True})
    return indexes


def _bare(url: object) -> str:
    return str(url).rstrip("/")


def _is_ours(package: str, source: object, wanted: Wanted) -> bool:
    """Whether a source was put there for an earlier tuple."""
    index = str(source.get("index", "")) if isinstance(source, dict) else ""
    return normalized_name(package) in wanted.managed and index.startswith(_PREFIX)


def _name(line: object) -> str:
    try:
        return str(normalized_name(Requirement(str(line)).name))
    except InvalidRequirement:
        return ""  # uv itself says what is wrong with it


def _patch(document: TOMLDocument, meant: Mapping[str, Any]) -> None:
    """Change ``[tool.uv]`` to what is meant, by additions and by taking constraints out."""
    tool: Any = document.setdefault("tool", tomlkit.table(is_super_table=True))
    uv: Any = tool.setdefault("uv", tomlkit.table())
    if _CONSTRAINTS not in uv:
        uv.add(_CONSTRAINTS, tomlkit.array().multiline(multiline=True))
    lines = uv[_CONSTRAINTS]
    for place in reversed(range(len(lines))):
        if lines[place] not in meant[_CONSTRAINTS]:
            del lines[place]
    for line in meant[_CONSTRAINTS]:
        if line not in lines:
            lines.append(line)
    for item in meant.get("index", ())[len(uv.get("index", ())) :]:
        if "index" not in uv:
            uv.add("index", tomlkit.aot())
        table = tomlkit.table()
        table.update(item)
        uv["index"].append(table)
    _patch_sources(uv, meant.get("sources", {}))


def _patch_sources(uv: Any, meant: Mapping[str, Any]) -> None:
    for package in [name for name in uv.get("sources", {}) if name not in meant]:
        del uv["sources"][package]
    for package, source in meant.items():
        if uv.get("sources", {}).get(package) == source:
            continue
        if "sources" not in uv:
            uv.add("sources", tomlkit.table())
        inline = tomlkit.inline_table()
        inline.update(source)
        uv["sources"][package] = inline


def _unpatched(where: str, got: str) -> InputUnreadable:
    return InputUnreadable(
        "the file is laid out in a way that stackpin cannot add to",
        where=where,
        got=got,
        expected="[tool.uv] in one piece",
    )
