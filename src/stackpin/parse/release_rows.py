"""The rows of ``catalog/data/releases/*.jsonl``: one release a line, and back, byte for byte."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from packaging.version import InvalidVersion, Version

from stackpin.errors import CatalogDamaged

__all__ = ["FileRow", "ReleaseRow", "Source", "dump_row", "dump_rows", "load_row", "load_rows"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRow:
    """One file of a release; what the index did not say is None. ``size`` in bytes, ``yanked`` the reason or True."""

    name: str
    size: int | None
    sha256: str | None
    uploaded: str | None
    yanked: str | bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Which file's metadata was read, the sha256 of that metadata, and its Requires-Dist, verbatim and in order."""

    metadata: str
    metadata_sha256: str
    requires: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseRow:
    """One release of one index. ``source`` is None where no metadata could be read, and ``why`` says why not.

    ``variants`` maps a machine (``aarch64``) to the metadata of its wheel, only where the requirements differ.
    """

    version: str
    index: str
    uploaded: str | None
    yanked: str | bool
    requires_python: str | None
    source: Source | None
    extras: tuple[str, ...]
    variants: tuple[tuple[str, Source], ...] = ()
    files: tuple[FileRow, ...] = ()
    why: str = ""

    @property
    def order(self) -> tuple[Version, bool, str]:
        """What rows are sorted by: version (PEP 440), then PyPI before other indexes."""
        return Version(self.version), self.index != "pypi", self.index


def dump_row(row: ReleaseRow) -> str:
    """One line of JSON without its newline; keys always in the same order."""
    source = row.source
    entry: dict[str, Any] = {
        "version": row.version,
        "index": row.index,
        "uploaded": row.uploaded,
        "yanked": row.yanked,
        "requires_python": row.requires_python,
        "metadata": source.metadata if source else None,
        "metadata_sha256": source.metadata_sha256 if source else None,
        "requires": list(source.requires) if source else None,
    }
    if row.why:
        entry["why"] = row.why
    entry["extras"] = list(row.extras)
    if row.variants:
        entry["variants"] = {machine: _source_entry(variant) for machine, variant in row.variants}
    entry["files"] = [_file_entry(file) for file in row.files]
    return json.dumps(entry, separators=(",", ":"), ensure_ascii=False)


def dump_rows(rows: tuple[ReleaseRow, ...]) -> bytes:
    """A whole file: rows sorted by version, one a line."""
    return "".join(dump_row(row) + "\n" for row in sorted(rows, key=lambda row: row.order)).encode()


def load_row(line: str | bytes) -> ReleaseRow:
    """One line of a releases file.

    :raises CatalogDamaged: when the line is cut or is no row.
    """
    try:
        entry = json.loads(line)
        row = _row(entry)
        Version(row.version)
    except (ValueError, KeyError, TypeError, AttributeError, InvalidVersion) as error:
        raise CatalogDamaged(
            "a catalog row is cut or altered",
            got=repr(error)[:120],
            expected="one release as `stackpin catalog update` writes it",
            hint="stackpin catalog update",
        ) from error
    return row


def load_rows(content: bytes) -> tuple[ReleaseRow, ...]:
    """All rows of a file.

    :raises CatalogDamaged: when a line is cut or is no row; ``where`` then ends with the number of the line.
    """
    rows = []
    for number, line in enumerate(content.split(b"\n"), 1):
        if not line:
            continue
        try:
            rows.append(load_row(line))
        except CatalogDamaged as error:
            error.where = f"line {number}"
            raise
    return tuple(rows)


def _row(entry: dict[str, Any]) -> ReleaseRow:
    variants = entry.get("variants") or {}
    return ReleaseRow(
        version=entry["version"],
        index=entry["index"],
        uploaded=entry["uploaded"],
        yanked=entry["yanked"],
        requires_python=entry["requires_python"],
        source=_source(entry) if entry["requires"] is not None else None,
        extras=tuple(entry["extras"]),
        variants=tuple((machine, _source(variants[machine])) for machine in variants),
        files=tuple(_file(file) for file in entry["files"]),
        why=entry.get("why", ""),
    )


def _source(entry: dict[str, Any]) -> Source:
    return Source(
        metadata=entry["metadata"], metadata_sha256=entry["metadata_sha256"], requires=tuple(entry["requires"])
    )


def _file(entry: list[Any]) -> FileRow:
    name, size, sha256, uploaded, *yanked = entry
    return FileRow(name=name, size=size, sha256=sha256, uploaded=uploaded, yanked=yanked[0] if yanked else False)


def _source_entry(source: Source) -> dict[str, Any]:
    return {
        "metadata": source.metadata,
        "metadata_sha256": source.metadata_sha256,
        "requires": list(source.requires),
    }


def _file_entry(file: FileRow) -> list[Any]:
    entry = [file.name, file.size, file.sha256, file.uploaded]
    return [*entry, file.yanked] if file.yanked else entry
