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


class Wanted(NamedTuple):
    """What a project is to say: the tuple as requirements, and the index of each build that PyPI does not carry.

    ``managed`` are the normalized names whose constraints are replaced: members, of this tuple or an earlier one, and
    look-alikes. ``indexes`` are addresses by name, ``sources`` the name of its index for each package, on the machines of
    ``marker`` (PEP 508): elsewhere the project is free.
    """

    constraints: tuple[str, ...]
    managed: frozenset[str]
    indexes: Mapping[str, str]
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
    uv = found.get("tool", {}).get("uv", {}) if isinstance(found.get("tool", {}), dict) else None
    if not isinstance(uv, dict):
        raise InputUnreadable("[tool.uv] is no table", where=where, got=repr(uv)[:60], expected="a table")
    return found


def _meant(before: Mapping[str, Any], wanted: Wanted, where: str) -> dict[str, Any]:
    """What the file is to say as a whole."""
    tool = dict(before.get("tool", {}))
    uv = dict(tool.get("uv", {}))
    there = list(uv.get(_CONSTRAINTS, ()))
    kept = [line for line in there if line in wanted.constraints or _name(line) not in wanted.managed]
    uv[_CONSTRAINTS] = [*kept, *(line for line in wanted.constraints if line not in kept)]
    names = _index_names(uv.get("index", ()), wanted.indexes)
    added = [
        {"name": name, "url": wanted.indexes[asked], "explicit": True}
        for asked, name in names.items()
        if not any(item.get("name") == name for item in uv.get("index", ()))
    ]
    if added:
        uv["index"] = [*uv.get("index", ()), *added]
    sources = dict(uv.get("sources", {}))
    for package, asked in wanted.sources.items():
        source = {"index": names[asked], "marker": wanted.marker}
        if sources.setdefault(package, source) not in (source, {"index": names[asked]}):
            raise UsageError(
                f"the project takes {package} from another source already",
                where=f"{where}: [tool.uv.sources] {package}",
                got=str(sources[package]),
                expected=f"index {wanted.indexes[asked]}",
                hint="take that line out, then type the command again",
            )
    if wanted.sources:
        uv["sources"] = sources
    return {**before, "tool": {**tool, "uv": uv}}


def _index_names(there: Iterable[Mapping[str, Any]], wanted: Mapping[str, str]) -> dict[str, str]:
    """Under which name each index goes: one that the project has already keeps its own."""
    known = {str(item.get("url", "")).rstrip("/"): str(item["name"]) for item in there if "name" in item}
    return {name: known.get(url.rstrip("/"), name) for name, url in wanted.items()}


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
    for package, source in meant.get("sources", {}).items():
        if package not in uv.get("sources", {}):
            if "sources" not in uv:
                uv.add("sources", tomlkit.table())
            inline = tomlkit.inline_table()
            inline.update(source)
            uv["sources"].add(package, inline)


def _unpatched(where: str, got: str) -> InputUnreadable:
    return InputUnreadable(
        "the file is laid out in a way that stackpin cannot add to",
        where=where,
        got=got,
        expected="[tool.uv] in one piece",
    )
