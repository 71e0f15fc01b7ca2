"""``uv.toml``: what a machine's, a user's or a folder's settings of uv hold every resolution to.

Source: uv's settings reference; the file is the table ``[tool.uv]`` of a project without its name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.model.mention import Role, Subject, SubjectKind
from stackpin.parse.project_tables import read_tables
from stackpin.parse.pyproject import ProjectSubjects
from stackpin.parse.uv_sources import UvTables

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["parse_uv_toml"]


def parse_uv_toml(content: bytes, where: str, *, names: Collection[str] | None = None) -> ProjectSubjects:
    """What holds what is installed, and what holds what is built; neither where it is said of nothing.

    :param where: the file's name, as it is shown.
    :param names: the normalized names that matter. None: all do.
    :raises InputUnreadable: where the bytes are no TOML.
    """
    tables = read_tables(content, where, names)
    uv = UvTables(tables, root=())
    indexes = tuple(uv.indexes())
    held = {"": uv.held, "builds": tuple(tables.mentions(("build-constraint-dependencies",), Role.CONSTRAINED))}
    subjects = tuple(
        Subject(
            path=where, kind=SubjectKind.PROJECT, mentions=tuple(dict.fromkeys(mentions)), part=part, indexes=indexes
        )
        for part, mentions in held.items()
        if mentions
    )
    return ProjectSubjects(subjects, tuple(dict.fromkeys(tables.refused)))
