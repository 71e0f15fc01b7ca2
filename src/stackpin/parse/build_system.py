"""The build system of a source tree: what its ``pyproject.toml`` says that a build needs.

Source: PEP 517 and 518 (``[build-system]``), and hatch's build hooks, whose requirements stand elsewhere.
"""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

from packaging.requirements import InvalidRequirement, Requirement

from stackpin.model.names import normalized_name

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["BuildSystem", "parse_build_system"]


class BuildSystem(NamedTuple):
    """``requires`` are normalized names; ``plain`` is whether nothing else can add to them that stands in that file."""

    requires: frozenset[str]
    plain: bool


def parse_build_system(raw: bytes) -> BuildSystem:
    """Read the build system; what cannot be read is not plain."""
    try:
        document = tomllib.loads(raw.decode("utf-8"))
        table = _table(document, "build-system")
        names = frozenset(normalized_name(Requirement(str(line)).name) for line in table.get("requires", ()))
    except (ValueError, TypeError, InvalidRequirement):  # no TOML, no UTF-8, no list of requirements
        return BuildSystem(frozenset(), plain=False)
    hooks = _table(_table(_table(document, "tool"), "hatch"), "build")
    return BuildSystem(names, plain="backend-path" not in table and not _says(hooks, "hooks"))


def _table(document: dict[str, Any], name: str) -> dict[str, Any]:
    found = document.get(name, {})
    return found if isinstance(found, dict) else {}


def _says(table: dict[str, Any], name: str) -> bool:
    """Whether a key stands in a table, or in one below it (hatch has hooks for each target as well)."""
    return name in table or any(_says(value, name) for value in table.values() if isinstance(value, dict))
