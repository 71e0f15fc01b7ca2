"""What a project itself asks for that its tuple leaves out: not changed, but told, for uv finds no solution of both."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from stackpin.patch.requirement_lists import contradicted, left_out

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stackpin.patch.uv_project import Wanted

__all__ = ["notes_on"]


def notes_on(text: str, wanted: Wanted, *, where: str) -> tuple[str, ...]:
    """A note for each requirement of the project, its extras and groups that leaves a pin out (PEP 621, PEP 735).

    :param text: a project as TOML; ``where`` is the file, for the notes.
    """
    return tuple(
        f"{where}: {place} has {line}: {contradicted(line, version, where).what}, so uv finds no solution"
        for place, lines in _lists(tomllib.loads(text), wanted.extras)
        if isinstance(lines, list)
        for line, version in left_out(lines, wanted.constraints)
    )


def _lists(document: Mapping[str, Any], ours: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """The lists of requirements in a project, each with its name; the extras that are ours left out."""
    project, uv = _table(document, "project"), _table(_table(document, "tool"), "uv")
    yield "[project] dependencies", project.get("dependencies")
    for name, lines in _table(project, "optional-dependencies").items():
        if name not in ours:
            yield f"extra {name}", lines
    for name, lines in _table(document, "dependency-groups").items():
        yield f"group {name}", lines
    yield "[tool.uv] dev-dependencies", uv.get("dev-dependencies")


def _table(table: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = table.get(key)
    return found if isinstance(found, dict) else {}
