"""What a ``pyproject.toml`` says apart from what ``stackpin apply`` may put there, and its comments."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["comments_of", "outside"]

_TAG = re.compile(r"cu\d{3}|cpu")
_LINES = ("constraint-dependencies", "build-constraint-dependencies")


def outside(document: Mapping[str, Any], managed: frozenset[str]) -> dict[str, Any]:
    """The document without requirements on managed packages where they may stand, without our indexes, sources, conflicts.

    Tables that are empty then are left out: one that was made for us says nothing.
    """
    found = {key: value for key, value in document.items() if key not in {"tool", "project"}}
    tool = dict(document.get("tool", {}))
    uv = dict(tool.pop("uv", {}))
    for key in _LINES:
        uv[key] = [line for line in uv.get(key, ()) if _name(line) not in managed]
    uv["index"] = [each for each in uv.get("index", ()) if not str(each.get("name")).startswith("stackpin-")]
    uv["sources"] = {name: value for name, value in uv.get("sources", {}).items() if name not in managed}
    uv["conflicts"] = [each for each in uv.get("conflicts", ()) if not all(map(_of_a_tag, each))]
    tool["uv"] = {key: value for key, value in uv.items() if value}
    project = dict(document.get("project", {}))
    extras = {
        name: [line for line in lines if _name(line) not in managed] if _TAG.fullmatch(name) else lines
        for name, lines in project.get("optional-dependencies", {}).items()
    }
    project["optional-dependencies"] = {name: lines for name, lines in extras.items() if lines}
    kept = {key: value for key, value in project.items() if value or key != "optional-dependencies"}
    return {**found, "project": kept, "tool": {key: value for key, value in tool.items() if value}}


def _of_a_tag(item: Mapping[str, Any]) -> bool:
    return bool(_TAG.fullmatch(str(item.get("extra"))))


def _name(line: object) -> str:
    try:
        return str(canonicalize_name(Requirement(str(line)).name))
    except InvalidRequirement:
        return ""


def comments_of(text: str) -> set[str]:
    """The comments of a TOML text: what can be cut off a line, from a ``#`` on, without changing what the text says."""
    lines = text.splitlines()
    whole = tomllib.loads(text)
    found = set()
    for number, line in enumerate(lines):
        for at in (match.start() for match in re.finditer("#", line)):
            try:
                same = tomllib.loads("\n".join([*lines[:number], line[:at], *lines[number + 1 :]])) == whole
            except tomllib.TOMLDecodeError:
                same = False
            if same:
                found.add(line[at:].rstrip())
                break
    return found
