"""What a project's ``pyproject.toml`` and ``uv.toml`` say to uv, as far as a tuple is concerned.

Source: uv's settings reference (``tool.uv.sources``, ``tool.uv.index``, ``tool.uv.upgrade``) and PEP 723 for scripts.
"""

from __future__ import annotations

import re
import sys
from typing import Any, NamedTuple

from packaging.utils import canonicalize_name

from stackpin.errors import InputUnreadable

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["UvProject", "UvSource", "parse_uv_project", "script_block", "toml_document", "uv_settings"]

#: The block of a script (PEP 723): its lines begin with a comment sign.
_BLOCK = re.compile(r"(?m)^# /// script\s*$\s(?P<content>(^#(| .*)$\s)+)^# ///$")


class UvSource(NamedTuple):
    """An index that a package is bound to; ``extra`` and ``group`` are what it is so for alone, empty for all."""

    url: str
    extra: str = ""
    group: str = ""


class UvProject(NamedTuple):
    """A project as uv reads it.

    ``sources`` are the indexes that a package is bound to, by normalized name; ``indexes`` all addresses that the
    file names. ``workspace`` is whether the project is the root of one, ``upgrades`` whether uv upgrades at every lock;
    ``groups`` are its dependency groups, ``default_groups`` those that uv takes unasked; None: all.
    ``constraints`` are those that it puts on every resolution, without their markers and blanks.
    """

    sources: dict[str, tuple[UvSource, ...]]
    indexes: tuple[str, ...]
    workspace: bool = False
    upgrades: bool = False
    is_project: bool = False
    groups: tuple[str, ...] = ()
    default_groups: tuple[str, ...] | None = ("dev",)
    constraints: frozenset[str] = frozenset()


def parse_uv_project(raw: bytes, where: str) -> UvProject:
    """The settings in a ``pyproject.toml`` (its ``[tool.uv]``), a ``uv.toml`` or a script's block.

    :param where: the file, for messages.
    :raises InputUnreadable: where the bytes are no TOML.
    """
    document = toml_document(raw, where)
    found = _project(uv_settings(document, where) or {}, is_project="project" in document)
    return found._replace(groups=tuple(map(str, _table(document.get("dependency-groups")))))


def toml_document(raw: bytes, where: str) -> dict[str, Any]:
    """The whole of a TOML file.

    :raises InputUnreadable: where the bytes are no TOML.
    """
    try:
        return tomllib.loads(raw.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputUnreadable("the file is no TOML", where=where, got=str(error), expected="TOML (UTF-8)") from error


def uv_settings(document: dict[str, Any], where: str) -> dict[str, Any] | None:
    """What a file says to uv: the whole of a ``uv.toml``, else its ``[tool.uv]``; None where there is no such table."""
    settings = document if where.endswith("uv.toml") else _table(document.get("tool")).get("uv")
    return settings if isinstance(settings, dict) else None


def _project(settings: dict[str, Any], *, is_project: bool) -> UvProject:
    named = {str(item.get("name")): str(item.get("url", "")) for item in _tables(settings.get("index"))}
    links = [str(item) for item in _list(settings.get("find-links"))]
    plain = [str(item) for item in (settings.get("index-url"), *_list(settings.get("extra-index-url"))) if item]
    sources: dict[str, tuple[UvSource, ...]] = {}
    for name, value in _table(settings.get("sources")).items():
        entries = _tables(value if isinstance(value, list) else [value])
        found = tuple(
            UvSource(named[str(item["index"])], _selected(item, "extra"), _selected(item, "group"))
            for item in entries
            if str(item.get("index")) in named
        )
        if found:
            sources[str(canonicalize_name(name))] = found
    return UvProject(
        sources=sources,
        indexes=(*(url for url in named.values() if url), *plain, *links),
        workspace="workspace" in settings,
        upgrades=settings.get("upgrade") is True,
        is_project=is_project,
        default_groups=_default_groups(settings.get("default-groups")),
        constraints=frozenset(
            str(line).partition(";")[0].replace(" ", "") for line in _list(settings.get("constraint-dependencies"))
        ),
    )


def _default_groups(value: object) -> tuple[str, ...] | None:
    if value == "all":
        return None
    return tuple(str(canonicalize_name(str(name))) for name in value) if isinstance(value, list) else ("dev",)


def _selected(entry: dict[str, Any], kind: str) -> str:
    return str(canonicalize_name(str(entry[kind]))) if kind in entry else ""


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _tables(value: object) -> list[dict[str, Any]]:
    return [item for item in _list(value) if isinstance(item, dict)]


def script_block(raw: bytes) -> bytes | None:
    """The TOML in a script's block (PEP 723); None where it has none."""
    match = _BLOCK.search(raw.decode("utf-8", errors="replace").replace("\r\n", "\n"))
    if match is None:
        return None
    lines = match["content"].splitlines()
    return "\n".join(line[2:] if line.startswith("# ") else line[1:] for line in lines).encode()
