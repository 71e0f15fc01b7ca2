"""What a project itself asks for that its tuple leaves out: not changed, but told, for uv finds no solution of both."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from stackpin.parse.project_tables import table_of
from stackpin.patch.requirement_lists import asked_lists, contradiction, left_out

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from stackpin.patch.uv_project import Wanted

__all__ = ["notes_on"]


def notes_on(text: str, wanted: Wanted, *, where: str) -> tuple[str, ...]:
    """A note for each requirement of the project, its extras and groups that leaves a pin out (PEP 621, PEP 735).

    :param text: a project as TOML; ``where`` is the file, for the notes.
    """
    document = tomllib.loads(text)
    ours = {f"extra {name}" for name in wanted.extras}
    lists = {place: lines for place, lines in asked_lists(document) if place not in ours}
    older = table_of(table_of(document.get("tool")).get("uv")).get("dev-dependencies")
    lists |= {"[tool.uv] dev-dependencies": older} if isinstance(older, list) else {}
    return tuple(
        f"{where}: {place} has {line}: {contradiction(line, version)}, so uv finds no solution"
        for place, lines in lists.items()
        for line, version in left_out(lines, wanted.constraints)
    )
