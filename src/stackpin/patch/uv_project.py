"""``pyproject.toml``: the tuple put into ``[tool.uv]``, so that plain uv holds it; everything else stays as it is.

uv takes ``constraint-dependencies`` into every resolution of the project, also for packages that it does not name itself;
``sources`` and an explicit index bind a build to the page that carries it, and shadow nothing else. Source: uv's settings
reference; measured with the releases of the escape suite.
"""

from __future__ import annotations

import sys
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from tomlkit.exceptions import TOMLKitError

from stackpin.errors import InputUnreadable, UsageError
from stackpin.model.names import normalized_name
from stackpin.patch.requirement_lists import asked_lists, contradicted, left_out, name_of, replaced
from stackpin.patch.uv_project_edit import edited

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Tagged", "Wanted", "with_tuple"]

_CONSTRAINTS = "constraint-dependencies"
_BUILDS = "build-constraint-dependencies"
_OVERRIDES = "override-dependencies"
#: How the names of the indexes begin that are put into a project.
_PREFIX = "stackpin-"


class Tagged(NamedTuple):
    """What one of several CUDA tags asks for: requirements of its extra, and the index of each build, by package."""

    requirements: tuple[str, ...]
    sources: Mapping[str, str]


class Wanted(NamedTuple):
    """What a project is to say: the tuple as requirements, and the index of each build that PyPI does not carry.

    ``managed`` are the normalized names whose constraints are replaced: members, of this tuple or an earlier one, and
    look-alikes. ``sources`` are the addresses of the indexes, by package, for the machines of ``marker`` (PEP 508): elsewhere
    the project is free. ``builds`` are the requirements that hold where something is built from source. ``extras`` are the
    tags that a project is locked for side by side, each an extra that excludes the others; of what a tag asks for, an extra
    has what is ``required``, and what the project names itself: an extra installs what it names.
    """

    constraints: tuple[str, ...]
    managed: frozenset[str]
    sources: Mapping[str, str]
    marker: str = ""
    builds: tuple[str, ...] = ()
    extras: Mapping[str, Tagged] = MappingProxyType({})
    required: frozenset[str] = frozenset()


def with_tuple(text: str, wanted: Wanted, *, where: str) -> str:
    """The text with the tuple in it; the same text where it has it already.

    :param where: the file, for messages.
    :raises InputUnreadable: when the text is no TOML, or is laid out so that nothing can be added without loss.
    :raises UsageError: when the project binds a member to something else already, or has no extras.
    """
    before = _read(text, where)
    meant = _meant(before, _needed(wanted, before), where)
    if meant == before:
        return text
    try:
        new = edited(text, meant)
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
    for key, lines in ((_CONSTRAINTS, wanted.constraints), (_BUILDS, wanted.builds)):
        if lines or key == _CONSTRAINTS:
            place = f"{where}: [tool.uv]"
            uv[key] = replaced(_lines(uv, key, place), lines, wanted.managed, f"{place} {key}")
    for line, version in left_out(_lines(uv, _OVERRIDES, f"{where}: [tool.uv]"), wanted.constraints):
        raise contradicted(line, version, f"{where}: [tool.uv] {_OVERRIDES}")
    tagged = [url for each in wanted.extras.values() for url in each.sources.values()]
    indexes = _with_indexes(uv.get("index", ()), [*wanted.sources.values(), *tagged])
    if indexes:
        uv["index"] = indexes
    names = {_bare(item.get("url")): str(item.get("name")) for item in indexes}
    there = uv.get("sources", {})
    sources = {name: value for name, value in there.items() if not _is_ours(name, value, wanted)}
    for package, source in _sources(wanted, names).items():
        if not _says_the_same(sources.setdefault(package, source), source):
            raise UsageError(
                f"the project takes {package} from another source already",
                where=f"{where}: [tool.uv.sources] {package}",
                got=str(sources[package]),
                expected=f"index {' or '.join(_addresses(package, wanted))}",
                hint="take that line out, then type the command again",
            )
    if sources or "sources" in uv:
        uv["sources"] = sources
    if not wanted.extras:
        return {**before, "tool": {**tool, "uv": uv}}
    uv["conflicts"] = _with_conflict(uv.get("conflicts", ()), wanted.extras)
    return {**before, "project": _with_extras(before, wanted, where), "tool": {**tool, "uv": uv}}


def _lines(table: Mapping[str, Any], key: str, where: str) -> list[Any]:
    """The list at a key; an empty one where there is none.

    :raises InputUnreadable: where something else stands there.
    """
    found = table.get(key, [])
    if not isinstance(found, list):
        raise InputUnreadable(f"{key} is no list", where=where, got=repr(found)[:60], expected="a list of requirements")
    return found


def _needed(wanted: Wanted, before: Mapping[str, Any]) -> Wanted:
    """What is wanted, its extras without what neither the anchor nor the project itself asks for."""
    if not wanted.extras:
        return wanted
    names = wanted.required | {name_of(line) for _, lines in asked_lists(before) for line in lines}
    extras = {
        extra: Tagged(
            tuple(line for line in tagged.requirements if name_of(line) in names),
            {package: url for package, url in tagged.sources.items() if package in names},
        )
        for extra, tagged in wanted.extras.items()
    }
    return wanted._replace(extras=extras)


def _sources(wanted: Wanted, names: Mapping[str, str]) -> dict[str, Any]:
    """The source of each package: one index, or one an extra.

    :param names: of each index its name, by its address.
    """
    marker = {"marker": wanted.marker} if wanted.marker else {}
    found: dict[str, Any] = {name: {"index": names[_bare(url)], **marker} for name, url in wanted.sources.items()}
    for extra, tagged in wanted.extras.items():
        for package, url in tagged.sources.items():
            found.setdefault(package, []).append({"index": names[_bare(url)], "extra": extra, **marker})
    return found


def _says_the_same(there: object, source: object) -> bool:
    """Whether a project's own source is the one that is wanted, with its marker or for every machine."""
    if isinstance(source, dict):
        return there in (source, {"index": source["index"]})
    return there == source


def _addresses(package: str, wanted: Wanted) -> list[str]:
    tagged = [each.sources[package] for each in wanted.extras.values() if package in each.sources]
    return [wanted.sources[package]] if package in wanted.sources else tagged


def _with_conflict(there: Iterable[Any], extras: Iterable[str]) -> list[Any]:
    """The project's conflicts with that of the tags' extras behind them."""
    ours = [{"extra": extra} for extra in extras]
    return [*(each for each in there if each != ours), ours]


def _with_extras(before: Mapping[str, Any], wanted: Wanted, where: str) -> dict[str, Any]:
    """The ``[project]`` table with an extra for each tag.

    :raises UsageError: where there is no such table, or it leaves its extras to the build backend.
    """
    project = before.get("project")
    dynamic = project.get("dynamic", ()) if isinstance(project, dict) else ()
    if not isinstance(project, dict) or "optional-dependencies" in dynamic:
        raise UsageError(
            "several CUDA tags need an extra each",
            where=f"{where}: [project]",
            got="optional-dependencies in dynamic" if project else "no such table",
            expected="a [project] table that may have optional-dependencies",
        )
    extras = dict(project.get("optional-dependencies", {}))
    for name, tagged in wanted.extras.items():
        place = f"{where}: [project.optional-dependencies]"
        there = _lines(extras, name, place)
        extras[name] = replaced(there, tagged.requirements, wanted.managed, f"{place} {name}")
    return {**project, "optional-dependencies": extras}


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
    several = source if isinstance(source, list) else [source]
    indexes = [str(each.get("index", "")) if isinstance(each, dict) else "" for each in several]
    return normalized_name(package) in wanted.managed and all(index.startswith(_PREFIX) for index in indexes)


def _unpatched(where: str, got: str) -> InputUnreadable:
    return InputUnreadable(
        "the file is laid out in a way that stackpin cannot add to",
        where=where,
        got=got,
        expected="[tool.uv] in one piece",
    )
