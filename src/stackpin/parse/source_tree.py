"""The ``pyproject.toml`` of a source tree as core metadata: bytes in, the Requires-Dist lines of its wheel out.

Source: PEP 621 (``[project]``) and setuptools' ``[tool.setuptools.dynamic]``. Nothing of the tree is run.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from stackpin.errors import InputUnreadable, NotCovered
from stackpin.model.source_tree import ProjectMetadata

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["files_named", "parse_project", "project_name"]

_DYNAMIC = ("dependencies", "optional-dependencies")


def project_name(raw: bytes, where: str) -> str:
    """The name of the project; empty where the file describes none (no ``[project]`` table).

    :raises InputUnreadable: where the bytes are no TOML.
    """
    name = _table(_document(raw, where), "project").get("name", "")
    return canonicalize_name(name) if _named(name) else ""


def files_named(raw: bytes, where: str) -> tuple[str, ...]:
    """The files beside it that ``[tool.setuptools.dynamic]`` reads requirements from, relative to the file's folder.

    :raises InputUnreadable: where the bytes are no TOML, or a file is named outside that folder.
    """
    document = _document(raw, where)
    dynamic = _list(_table(document, "project"), "dynamic", where)
    tables = _dynamic_tables(document)
    named: list[str] = []
    if "dependencies" in dynamic:
        named += _files_of(tables.get("dependencies"))
    if "optional-dependencies" in dynamic:
        named += [name for value in _table(tables, "optional-dependencies").values() for name in _files_of(value)]
    for name in named:
        if name.startswith("/") or ".." in name.split("/") or not name.isprintable():
            raise InputUnreadable("a file outside the tree is named", where=where, got=name, expected="a file below it")
    return tuple(dict.fromkeys(named))


def parse_project(raw: bytes, where: str, files: Mapping[str, bytes]) -> ProjectMetadata:
    """The metadata that a build would write, as far as the file says it.

    :param where: the file, for messages.
    :param files: the content of the files that :func:`files_named` tells.
    :raises InputUnreadable: where it is no TOML, or breaks PEP 621.
    :raises NotCovered: where it has no ``[project]``, or code has the last word on its requirements.
    """
    document = _document(raw, where)
    project = _table(document, "project")
    if not _named(project.get("name")):
        raise _no_project(document, where)
    dynamic = _list(project, "dynamic", where)
    dependencies = _list(project, "dependencies", where)
    optional = {extra: _list(_table(project, _DYNAMIC[1]), extra, where) for extra in _table(project, _DYNAMIC[1])}
    tables = _dynamic_tables(document)
    if "dependencies" in dynamic:
        dependencies = _read(tables.get("dependencies"), files, where, project["name"], "dependencies")
    if "optional-dependencies" in dynamic:
        named = _table(tables, _DYNAMIC[1])
        if not named:
            raise _code_decides(where, project["name"], _DYNAMIC[1])
        optional = {extra: _read(value, files, where, project["name"], _DYNAMIC[1]) for extra, value in named.items()}
    wrong = next((extra for extra in optional if not _named(extra)), None)
    if wrong is not None:
        raise InputUnreadable(
            "an extra's name is none", where=where, got=repr(wrong), expected="letters, digits, -, _, ."
        )
    return ProjectMetadata(
        name=canonicalize_name(project["name"]),
        version="" if "version" in dynamic else _version(project, where),
        requires_python=_text(project, "requires-python", where),
        requires=tuple(_requires_dist(dependencies, optional, where)),
        extras=tuple(canonicalize_name(extra) for extra in optional),
        uv_sources=tuple(map(canonicalize_name, _table(_table(_table(document, "tool"), "uv"), "sources"))),
    )


def _with_extra(requirement: Requirement, extra: str) -> str:
    """A requirement of an extra as METADATA has it: its own marker in brackets, as setuptools writes it, then the extra's."""
    own = f"({requirement.marker}) and " if requirement.marker else ""
    joint = f'{own}extra == "{canonicalize_name(extra)}"'
    return str(Requirement(f"{_bare(requirement)} ; {joint}"))


def _bare(requirement: Requirement) -> str:
    """A requirement without its marker."""
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    tail = f" @ {requirement.url}" if requirement.url else str(requirement.specifier)
    return f"{requirement.name}{extras}{tail}"


def _requires_dist(dependencies: Iterable[str], optional: Mapping[str, Iterable[str]], where: str) -> Iterator[str]:
    for line in dependencies:
        yield str(_requirement(line, where))
    for extra, lines in optional.items():
        for line in lines:
            yield _with_extra(_requirement(line, where), extra)


def _requirement(line: str, where: str) -> Requirement:
    try:
        return Requirement(line)
    except InvalidRequirement as error:
        raise InputUnreadable(
            "a requirement does not parse", where=where, got=line, expected="a PEP 508 requirement"
        ) from error


def _document(raw: bytes, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(raw.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputUnreadable("the file is not TOML", where=where, got=str(error), expected="TOML 1.0") from error


def _named(name: object) -> bool:
    """Whether something is a name as packages and extras have it."""
    return isinstance(name, str) and re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?", name) is not None


def _table(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = document.get(name, {})
    return found if isinstance(found, dict) else {}


def _dynamic_tables(document: Mapping[str, Any]) -> dict[str, Any]:
    return _table(_table(_table(document, "tool"), "setuptools"), "dynamic")


def _list(table: Mapping[str, Any], key: str, where: str) -> list[str]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InputUnreadable(
            f"{key} is not a list of texts", where=where, got=repr(value)[:80], expected=f'{key} = ["…"] (PEP 621)'
        )
    return value


def _text(table: Mapping[str, Any], key: str, where: str) -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        raise InputUnreadable(
            f"{key} is not text", where=where, got=repr(value)[:80], expected=f'{key} = "…" (PEP 621)'
        )
    return value


def _version(project: Mapping[str, Any], where: str) -> str:
    text = _text(project, "version", where)
    if not text:
        return ""
    try:
        return str(Version(text))
    except ValueError as error:  # no version, or a number of thousands of digits
        raise InputUnreadable(
            "the project's version is none", where=where, got=text, expected="a version as PEP 440 has it"
        ) from error


def _files_of(value: object) -> list[str]:
    """The files of a ``{file = …}`` directive: one name or a list of names."""
    found = value.get("file", []) if isinstance(value, dict) else []
    found = [found] if isinstance(found, str) else found
    return [name for name in found if isinstance(name, str)] if isinstance(found, list) else []


def _read(value: object, files: Mapping[str, bytes], where: str, name: str, field: str) -> list[str]:
    """The requirements in the files of a directive: one a line, comments and empty lines left out, as setuptools has it."""
    named = _files_of(value)
    if not named:
        raise _code_decides(where, name, field)
    lines = []
    for file in named:
        if file not in files:
            raise InputUnreadable(
                "a file that the project reads its requirements from is not there", where=where, got=file
            )
        text = files[file].decode("utf-8", errors="replace")
        lines += [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]
    return lines


def _code_decides(where: str, name: str, field: str) -> NotCovered:
    return NotCovered(
        f"the tree does not say its {field}: they are dynamic, and only a build of {name} can tell them",
        where=where,
        got=f'dynamic = ["{field}"]',
        expected=f"{field} in [project], or files named in [tool.setuptools.dynamic]",
        hint=f"compile a release in place of the tree: stackpin compile {canonicalize_name(name)}",
    )


def _no_project(document: Mapping[str, Any], where: str) -> NotCovered:
    poetry = "poetry" in _table(document, "tool")
    return NotCovered(
        "the tree's pyproject.toml has no [project] with a name"
        + (": its requirements are in poetry's own form" if poetry else ""),
        where=where,
        got="[tool.poetry]" if poetry else "",
        expected="[project] with name and dependencies (PEP 621)",
        hint="compile a release in place of the tree: stackpin compile NAME",
    )
