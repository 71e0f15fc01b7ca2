"""``[tool.poetry]``: dependencies, groups, extras and sources, in poetry's own grammar.

Source: poetry's manual ("Dependency specification", "Repositories", "Managing dependencies") and poetry-core's ``factory.py``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from stackpin.model.mention import IndexLine, Mention, Role
from stackpin.model.names import normalized_name
from stackpin.parse.poetry_constraint import poetry_marker, poetry_specifier
from stackpin.parse.project_tables import Declared, table_of
from stackpin.parse.requirement_file import file_name_parts
from stackpin.parse.requirement_mention import exact_version, is_marker, joined_markers, shown_address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stackpin.parse.project_tables import ProjectTables
    from stackpin.parse.toml_places import Path

__all__ = ["poetry_pythons", "poetry_sources", "poetry_tables"]

_POETRY: Path = ("tool", "poetry")
_MAIN: Path = (*_POETRY, "dependencies")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_PLATFORM = re.compile(r"[a-z0-9]+")


def poetry_tables(tables: ProjectTables) -> Declared:
    """What poetry's tables ask for. Where ``[project]`` has the dependencies, poetry's only add a source to them."""
    main = {} if _is_standard(tables) else tables.table(_MAIN)
    required: list[Mention] = []
    optional: dict[str, list[Mention]] = {}
    for name, value in main.items():
        for is_optional, mention in _dependency(tables, (*_MAIN, name), name, value):
            if is_optional:
                optional.setdefault(str(mention.name), []).append(mention)
            else:
                required.append(mention)
    extras = {
        str(normalized_name(extra)): tuple(
            mention
            for name in (names if isinstance(names, list) else ())
            for mention in optional.get(str(normalized_name(str(name))), ())
        )
        for extra, names in tables.table((*_POETRY, "extras")).items()
    }
    return Declared(base=tuple(required), extras=extras, groups=_groups(tables), indexes=tuple(_indexes(tables)))


def poetry_sources(tables: ProjectTables) -> dict[str, str]:
    """The address of the index that poetry takes a package from, by normalized name, for requirements of ``[project]``."""
    if not _is_standard(tables):
        return {}
    urls = _urls(tables)
    found = {name: urls.get(str(table_of(value).get("source")), "") for name, value in tables.table(_MAIN).items()}
    return {str(normalized_name(name)): url for name, url in found.items() if url}


def poetry_pythons(tables: ProjectTables) -> str | None:
    """The Pythons that a project of poetry's is for, as a specifier; None where it says nothing, or it is not translated."""
    text = tables.table(_MAIN).get("python")
    return poetry_specifier(text) if isinstance(text, str) else None


def _is_standard(tables: ProjectTables) -> bool:
    project = tables.table(("project",))
    dynamic = project.get("dynamic")
    if isinstance(dynamic, list) and "dependencies" in dynamic:
        return False
    return "dependencies" in project or "optional-dependencies" in project


def _groups(tables: ProjectTables) -> dict[str, tuple[Mention, ...]]:
    paths: dict[str, Path] = {}
    if tables.table((*_POETRY, "dev-dependencies")):
        paths["dev"] = (*_POETRY, "dev-dependencies")
    for name in tables.table((*_POETRY, "group")):
        paths[str(normalized_name(name))] = (*_POETRY, "group", name, "dependencies")
    return {
        group: tuple(
            mention
            for name, value in tables.table(path).items()
            for _, mention in _dependency(tables, (*path, name), name, value)
        )
        for group, path in paths.items()
    }


def _dependency(tables: ProjectTables, path: Path, name: str, value: object) -> Iterator[tuple[bool, Mention]]:
    """The mentions of one key, each with whether it is optional; several where it has several constraints."""
    if not _NAME.fullmatch(name) or normalized_name(name) == "python":
        return
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from _dependency(tables, (*path, number), name, item)
        return
    entry: dict[str, Any] = {"version": value} if isinstance(value, str) else table_of(value)
    marker = _marker(entry)
    if marker is None or not entry:
        return
    at = path if isinstance(value, str) else (*path, "version")
    extras = entry.get("extras")
    mention = Mention(
        name=normalized_name(name),
        place=tables.place(at),
        role=Role.REQUIRED,
        extras=tuple(sorted(map(str, extras))) if isinstance(extras, list) else (),
        marker=marker,
        bare=True,
    )
    direct = next((key for key in ("git", "url", "path", "file") if isinstance(entry.get(key), str)), "")
    found = (
        _from_address(tables, mention, path, direct, entry[direct]) if direct else _by_version(tables, mention, entry)
    )
    if found is not None:
        yield entry.get("optional") is True, found


def _by_version(tables: ProjectTables, mention: Mention, entry: dict[str, Any]) -> Mention | None:
    text = entry.get("version", "*")
    specifier = poetry_specifier(text) if isinstance(text, str) else None
    if specifier is None:
        return None
    address = _urls(tables).get(str(entry.get("source")), "")
    return mention.__replace__(specifier=specifier, version=exact_version(specifier), text=text, address=address)


def _from_address(tables: ProjectTables, mention: Mention, path: Path, kind: str, address: str) -> Mention:
    """A mention by address or path; its file's name tells the version of what is no repository."""
    return mention.__replace__(
        place=tables.place((*path, kind)),
        version="" if kind == "git" else file_name_parts(address)[1],
        text=address,
        address=shown_address(address),
    )


def _marker(entry: dict[str, Any]) -> str | None:
    """What must hold for a constraint; None where that is not translated."""
    markers = entry.get("markers", "")
    if not isinstance(markers, str) or (markers and not is_marker(markers)):
        return None
    found = markers
    if "python" in entry:
        pythons = poetry_marker(str(entry["python"]))
        if pythons is None:
            return None
        found = joined_markers(found, pythons)
    if "platform" in entry:
        platform = str(entry["platform"])
        if not _PLATFORM.fullmatch(platform):
            return None
        found = joined_markers(found, f"sys_platform == '{platform}'")
    return found


def _urls(tables: ProjectTables) -> dict[str, str]:
    """The addresses of poetry's sources by their names."""
    return {
        str(item.get("name")): shown_address(str(item.get("url", "")))
        for _, item in tables.tables((*_POETRY, "source"))
    }


def _indexes(tables: ProjectTables) -> Iterator[IndexLine]:
    """The sources that every package is looked for in; an explicit one is for those that name it."""
    for path, item in tables.tables((*_POETRY, "source")):
        if item.get("priority") != "explicit":
            yield from tables.index((*path, "url"), "tool.poetry.source")
