"""Settings from their texts: environment variables, ``[tool.stackpin]`` of a pyproject.toml, ``stackpin.toml``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from stackpin.errors import InputUnreadable, UsageError
from stackpin.model.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Table", "environment_settings", "parse_table", "table_settings"]

_TEXTS = ("cuda", "driver", "gpu", "catalog")
_LISTS = ("stack", "allow")
_KEYS = {*_TEXTS, *_LISTS, "mirrors", "stacks"}

Table = dict[str, Any]


def environment_settings(environ: Mapping[str, str]) -> Settings:
    """The settings that ``STACKPIN_*`` variables make; lists are separated by commas.

    :raises UsageError: for a mirror that is no ``FROM=TO`` pair.
    """
    texts = {key: environ.get(f"STACKPIN_{key.upper()}", "") for key in _TEXTS}
    lists = {key: _split(environ.get(f"STACKPIN_{key.upper()}", "")) for key in _LISTS}
    mirrors = {}
    for pair in _split(environ.get("STACKPIN_MIRRORS", "")):
        prefix, equals, target = pair.partition("=")
        if not equals or not target:
            raise UsageError(
                "a mirror is no pair of addresses",
                where="STACKPIN_MIRRORS",
                got=pair,
                expected="https://index.example/whl=http://mirror/whl, or pypi=URL; several separated by commas",
            )
        mirrors[prefix] = target
    given = {key for key, value in {**texts, **lists, "mirrors": mirrors}.items() if value}
    sources = {key: f"STACKPIN_{key.upper()}" for key in given}
    return Settings(**texts, **lists, mirrors=mirrors, sources=sources)  # type: ignore[arg-type]


def _split(text: str) -> tuple[str, ...]:
    """The parts between commas; a comma inside a requirement (``sglang>=0.4,<0.5``, ``sglang[a,b]``) parts nothing.

    Behind such a comma stands a comparison, or brackets are still open.
    """
    parts: list[str] = []
    for part in text.split(","):
        inside = bool(parts) and (part.strip()[:1] in set("<>=!~") or parts[-1].count("[") > parts[-1].count("]"))
        if inside and part.strip():
            parts[-1] += f",{part}"
        else:
            parts.append(part)
    return tuple(part.strip() for part in parts if part.strip())


def parse_table(raw: bytes, where: str, *, own_file: bool) -> tuple[Table, Table]:
    """The ``[tool.stackpin]`` table and the ``[project]`` table of a TOML file; either may be empty.

    :param own_file: whether the file is a ``stackpin.toml``, whose top level is the table itself.
    :raises InputUnreadable: where the bytes are no TOML.
    """
    if sys.version_info >= (3, 11):
        import tomllib
    else:  # pragma: no cover - the same parser under its older name
        import tomli as tomllib

    try:
        document = tomllib.loads(raw.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputUnreadable(
            "a settings file is not TOML", where=where, got=str(error), expected="TOML 1.0"
        ) from error
    if own_file:
        return document, {}
    tool = document.get("tool", {})
    table = tool.get("stackpin", {}) if isinstance(tool, dict) else {}
    project = document.get("project", {})
    return (table if isinstance(table, dict) else {}), (project if isinstance(project, dict) else {})


def table_settings(table: Table, where: str) -> Settings:
    """The settings of a table; the stacks in it are left to the caller.

    :raises UsageError: for a key that is not known, or a value of the wrong type.
    """
    unknown = sorted(set(table) - _KEYS)
    if unknown:
        import difflib

        near = next(iter(difflib.get_close_matches(unknown[0], sorted(_KEYS), n=1)), "")
        raise UsageError(
            f"a setting that stackpin does not know: {unknown[0]}",
            where=where,
            expected=", ".join(sorted(_KEYS)),
            hint=f"did you mean {near}" if near else "",
        )
    texts = {key: _text(table, key, where) for key in _TEXTS}
    lists = {key: _list(table, key, where) for key in _LISTS}
    mirrors = table.get("mirrors", {})
    if not isinstance(mirrors, dict) or not all(isinstance(value, str) for value in mirrors.values()):
        raise UsageError(
            "mirrors is not a table of addresses", where=where, got=repr(mirrors), expected='{ "FROM" = "TO" }'
        )
    sources = {key: where for key in table if key != "stacks"}
    return Settings(**texts, **lists, mirrors=mirrors, sources=sources)  # type: ignore[arg-type]


def _text(table: Table, key: str, where: str) -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        raise UsageError(f"{key} is not text", where=where, got=repr(value), expected=f'{key} = "…"')
    return value


def _list(table: Table, key: str, where: str) -> tuple[str, ...]:
    value = table.get(key, [])
    value = [value] if isinstance(value, str) else value
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise UsageError(f"{key} is not a list of texts", where=where, got=repr(value), expected=f'{key} = ["…"]')
    return tuple(value)
