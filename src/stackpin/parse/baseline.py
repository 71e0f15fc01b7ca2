"""Baseline files: JSON in, the entries out."""

from __future__ import annotations

import json
import posixpath
from typing import Any

from stackpin.errors import InputUnreadable
from stackpin.model.baseline import Baseline, BaselineEntry

__all__ = ["parse_baseline"]

_SCHEMA = 1
_TEXTS = ("rule", "path", "package", "found", "wanted")
_ANEW = "stackpin check --baseline FILE --write-baseline writes it anew"


def parse_baseline(raw: bytes, where: str) -> Baseline:
    """A baseline from its file.

    :param where: the file's absolute path; entries are seen from its folder.
    :raises InputUnreadable: where it is no JSON, no baseline, or one of a later schema.
    """
    try:
        document = json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError) as error:  # JSON's and UTF-8's errors are ValueErrors
        told = str(error) if isinstance(error, ValueError) else "brackets in brackets without end"
        raise InputUnreadable(
            "the baseline is no JSON", where=where, got=told, expected="what --write-baseline wrote", hint=_ANEW
        ) from error
    rows = document.get("findings") if isinstance(document, dict) else None
    if not isinstance(rows, list) or document.get("schema") != _SCHEMA:
        got = f"schema {document.get('schema')!r}" if isinstance(rows, list) else "another document"
        raise InputUnreadable(
            "this is no baseline", where=where, got=got, expected=f'"schema": {_SCHEMA} and "findings": […]', hint=_ANEW
        )
    entries = [_entry(row, f"{where}, findings[{number}]") for number, row in enumerate(rows)]
    return Baseline(
        entries=tuple(sorted(entries, key=lambda entry: entry.key)), where=where, folder=posixpath.dirname(where)
    )


def _entry(row: Any, where: str) -> BaselineEntry:
    count = row.get("count", 1) if isinstance(row, dict) else 0
    texts = {key: row.get(key, "") for key in _TEXTS} if isinstance(row, dict) else {}
    good = isinstance(count, int) and not isinstance(count, bool) and count > 0
    if not good or not texts.get("rule") or not all(isinstance(text, str) for text in texts.values()):
        raise InputUnreadable(
            "an entry of the baseline is none",
            where=where,
            got=repr(row)[:80],
            expected='{"rule": "SP101", "path": "requirements.txt", …, "count": 1}',
            hint=_ANEW,
        )
    return BaselineEntry(**texts, count=count)
