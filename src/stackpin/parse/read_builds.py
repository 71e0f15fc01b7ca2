"""``builds-read.json``: the fact rows that were read from vendors' pages, by table, and back, byte for byte."""

from __future__ import annotations

import json
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from stackpin.errors import CatalogDamaged

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Tables", "dump_tables", "load_tables", "of_page", "without_page"]

Tables = dict[str, list[dict[str, Any]]]

#: Which column of a table names the page that a row was read from.
_PAGE = {"pages_read": "page", "torch_builds": "source", "index_builds": "source"}


def load_tables(content: bytes | None) -> Tables:
    """The tables; none where there is no file.

    :raises CatalogDamaged: when the file is cut or altered.
    """
    if content is None:
        return {}
    try:
        found = json.loads(content)
        return {name: [dict(row) for row in found[name]] for name in _PAGE if name in found}
    except (ValueError, TypeError) as error:
        raise CatalogDamaged(
            "the builds that were read are cut or altered",
            got=str(error),
            expected="JSON as `stackpin catalog update --index` writes it",
            hint="stackpin catalog update --index URL",
        ) from error


def dump_tables(tables: Mapping[str, Iterable[Mapping[str, Any]]]) -> bytes:
    """The whole file: one row a line, the rows of each table sorted by their page, in the order of the page."""
    parts = []
    for name, column in _PAGE.items():
        rows = sorted(tables.get(name, ()), key=itemgetter(column))
        lines = ",\n".join(json.dumps(row, separators=(",", ":"), ensure_ascii=False) for row in rows)
        parts.append(f"{json.dumps(name)}: [\n{lines}\n]" if lines else f"{json.dumps(name)}: []")
    return ("{" + ",\n".join(parts) + "}\n").encode()


def of_page(tables: Mapping[str, Iterable[dict[str, Any]]], page: str) -> Tables:
    """What was read from one page; tables without rows left out."""
    found = {name: [row for row in tables.get(name, ()) if row[column] == page] for name, column in _PAGE.items()}
    return {name: rows for name, rows in found.items() if rows}


def without_page(tables: Mapping[str, Iterable[dict[str, Any]]], page: str) -> Tables:
    """All that was read from other pages."""
    return {name: [row for row in tables.get(name, ()) if row[column] != page] for name, column in _PAGE.items()}
