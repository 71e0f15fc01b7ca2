"""Settings from their texts: environment variables, ``[tool.stackpin]`` of a pyproject.toml, ``stackpin.toml``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from stackpin.errors import InputUnreadable, UsageError
from stackpin.model.settings import CheckSettings, PathPattern, Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Table", "check_settings", "environment_settings", "parse_table", "table_settings"]

_TEXTS = ("cuda", "driver", "gpu", "catalog")
_LISTS = ("stack", "allow")
_KEYS = {*_TEXTS, *_LISTS, "mirrors", "stacks", "check"}
_CHECK_KEYS = {"select", "ignore", "per-file-ignores", "exclude", "baseline"}

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
    """The settings of a table; the stacks in it and what it says of ``check`` are left to the caller.

    :raises UsageError: for a key that is not known, or a value of the wrong type.
    """
    _refuse_unknown(table, _KEYS, where)
    texts = {key: _text(table, key, where) for key in _TEXTS}
    lists = {key: _list(table, key, where) for key in _LISTS}
    mirrors = table.get("mirrors", {})
    if not isinstance(mirrors, dict) or not all(isinstance(value, str) for value in mirrors.values()):
        raise UsageError(
            "mirrors is not a table of addresses", where=where, got=repr(mirrors), expected='{ "FROM" = "TO" }'
        )
    sources = {key: where for key in table if key not in {"stacks", "check"}}
    return Settings(**texts, **lists, mirrors=mirrors, sources=sources)  # type: ignore[arg-type]


def check_settings(table: Table, where: str, folder: str) -> CheckSettings:
    """What the ``check`` table in a table of settings says; nothing where there is none.

    :param folder: the absolute folder of the file, which patterns and the baseline are below.
    :raises UsageError: for a key that is not known, or a value of the wrong type.
    """
    said = table.get("check")
    if said is None:
        return CheckSettings()
    if not isinstance(said, dict):
        raise UsageError("check is not a table", where=where, got=repr(said), expected="[tool.stackpin.check]")
    where = f"{where} [check]"
    _refuse_unknown(said, _CHECK_KEYS, where)
    per_file = said.get("per-file-ignores", {})
    if not isinstance(per_file, dict):
        raise UsageError(
            "per-file-ignores is not a table of lists",
            where=where,
            got=repr(per_file),
            expected='{ "PATTERN" = ["SP101"] }',
        )
    baseline = _text(said, "baseline", where)
    return CheckSettings(
        select=_list(said, "select", where),
        ignore=_list(said, "ignore", where),
        per_file_ignores=tuple(
            (PathPattern(text=text, folder=folder), _list(per_file, text, where)) for text in per_file
        ),
        exclude=tuple(PathPattern(text=text, folder=folder) for text in _list(said, "exclude", where)),
        baseline=f"{folder}/{baseline}" if baseline and not baseline.startswith("/") else baseline,
        source=where,
    )


def _refuse_unknown(table: Table, known: set[str], where: str) -> None:
    unknown = sorted(set(table) - known)
    if unknown:
        import difflib

        near = next(iter(difflib.get_close_matches(unknown[0], sorted(known), n=1)), "")
        raise UsageError(
            f"a setting that stackpin does not know: {unknown[0]}",
            where=where,
            expected=", ".join(sorted(known)),
            hint=f"did you mean {near}" if near else "",
        )


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
