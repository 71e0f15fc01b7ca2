"""What a ``pyproject.toml`` asks poetry for: what a lock of an older format leaves out."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from packaging.utils import canonicalize_name

from stackpin.parse.poetry_lock import poetry_edges
from stackpin.parse.uv_project import toml_document

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stackpin.parse.poetry_lock import PoetryEdge

__all__ = ["PoetryProject", "parse_poetry_project"]

#: What poetry takes the digest of (``Locker._get_content_hash`` of its 1.x): the first four even where they are not there.
_HASHED = ("dependencies", "source", "extras", "dev-dependencies")


class PoetryProject(NamedTuple):
    """The edges of a project and of its groups; ``extras`` name what each brings; ``content_hash`` is a lock's."""

    edges: tuple[PoetryEdge, ...] = ()
    extras: Mapping[str, tuple[str, ...]] = {}
    content_hash: str = ""


def parse_poetry_project(content: bytes, where: str = "pyproject.toml") -> PoetryProject | None:
    """Read a project; None where it is none of poetry's.

    :param where: the file's name, for messages.
    :raises InputUnreadable: when it is no TOML, or a dependency is none.
    """
    settings = _table(_table(toml_document(content, where), "tool"), "poetry")
    if not settings:
        return None
    tables = {"dependencies": settings.get("dependencies"), "dev-dependencies": settings.get("dev-dependencies")}
    for name, group in _table(settings, "group").items():
        tables[f"group.{name}.dependencies"] = _table({"group": group}, "group").get("dependencies")
    edges = tuple(
        edge
        for place, table in tables.items()
        if isinstance(table, dict)
        for name, value in table.items()
        if name != "python"
        for edge in poetry_edges(name, value, f"{where}: tool.poetry.{place}.{name}")
    )
    extras = {
        str(canonicalize_name(name)): tuple(canonicalize_name(str(each)) for each in value)
        for name, value in _table(settings, "extras").items()
        if isinstance(value, list)
    }
    return PoetryProject(edges, extras, _content_hash(settings))


def _content_hash(settings: Mapping[str, Any]) -> str:
    """The digest by which poetry knows whether a lock is of this project; dates and the like make it unknown."""
    content = {key: settings.get(key) for key in _HASHED}
    if settings.get("group") is not None:
        content["group"] = settings["group"]
    try:
        return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    except (TypeError, RecursionError):
        return "unknown"


def _table(table: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = table.get(key)
    return value if isinstance(value, dict) else {}
