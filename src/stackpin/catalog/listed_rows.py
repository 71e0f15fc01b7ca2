"""The file of release lists: which releases there are of packages that no tuple holds and that several stacks bound.

A joint answer must hold for these packages too (transformers, outlines …). Of their METADATA only the lines that bound a
version count, and only those that need no extra; so a row is a version, a day, a Requires-Python and those lines. One JSON
document, compressed (zlib): equal texts are kept once, under ``texts``, and rows name them by their number. ``packages`` maps
a name to rows ``[version, day, requires_python, yanked, file, lines]``; ``file`` is the one whose METADATA was read, empty for
the package's plain wheel (``name-version-py3-none-any.whl``); ``lines`` is null where no METADATA was asked for.
"""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Any

from stackpin.catalog.manifest import LISTS_FILE
from stackpin.catalog.packed import read_packed
from stackpin.model.release import PYPI, Release
from stackpin.model.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from packaging.utils import NormalizedName

__all__ = ["ListedRelease", "ListedRow", "Lists", "dump_lists", "load_lists"]


class ListedRow(Value):
    """One release in a list. ``uploaded`` is a day (ISO 8601) or empty; ``yanked`` as PEP 592 has it.

    ``metadata`` names the file whose METADATA was read, ``requires`` are its lines that bound a version without an extra;
    None where only the release itself counts.
    """

    version: str
    uploaded: str
    requires_python: str
    yanked: str | bool
    metadata: str
    requires: tuple[str, ...] | None


class ListedRelease(Release):
    """A release out of a list: as a row of the catalog, with nothing in it but what the list keeps."""

    def __init__(self, name: NormalizedName, row: ListedRow) -> None:
        super().__init__(name, row.version, uploaded=row.uploaded)
        self.__dict__["index"] = PYPI
        self.__dict__["_row"] = {
            "yanked": row.yanked,
            "requires_python": row.requires_python,
            "metadata": row.metadata,
            "requires": row.requires,
            "files": (),
        }

    @property
    def known(self) -> bool:
        """Always: the index has it."""
        return True


class Lists:
    """The rows by package, each made into a value when it is asked for."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._texts: list[str] = document["texts"]
        self._packages: dict[str, list[list[Any]]] = document["packages"]
        self.seen = str(document["seen"])

    def names(self) -> tuple[str, ...]:
        """The packages that have a list, sorted."""
        return tuple(sorted(self._packages))

    def rows(self, name: str) -> tuple[ListedRow, ...]:
        """The releases of a package, oldest first; empty where it has no list."""
        return tuple(self._row(name, row) for row in self._packages.get(name, ()))

    def _row(self, name: str, row: list[Any]) -> ListedRow:
        version, day, requires_python, yanked, file, lines = row
        requires = None if lines is None else tuple(self._texts[number] for number in lines)
        return ListedRow(
            version=version,
            uploaded=day,
            requires_python=self._texts[requires_python],
            yanked=yanked,
            metadata="" if requires is None else file or _plain_wheel(name, version),
            requires=requires,
        )


def _plain_wheel(name: str, version: str) -> str:
    return f"{name.replace('-', '_')}-{version}-py3-none-any.whl"


def load_lists(raw: bytes | None, where: str = LISTS_FILE) -> Lists:
    """Read the file; no file is no list.

    :raises CatalogDamaged: when it is cut or altered.
    """
    if raw is None:
        return Lists({"seen": "", "texts": [], "packages": {}})
    return read_packed(raw, Lists, what="release lists", where=where, command="stackpin catalog update")


def dump_lists(packages: Mapping[str, Iterable[ListedRow]], *, seen: str) -> bytes:
    """Write the file; the same rows give the same text.

    :param seen: the day on which the lists were read (ISO 8601).
    """
    texts: dict[str, int] = {}

    def number(text: str) -> int:
        return texts.setdefault(text, len(texts))

    def written(name: str, row: ListedRow) -> list[Any]:
        lines = None if row.requires is None else [number(line) for line in row.requires]
        file = "" if row.metadata == _plain_wheel(name, row.version) else row.metadata
        return [row.version, row.uploaded, number(row.requires_python), row.yanked, file, lines]

    tables = {name: [written(name, row) for row in packages[name]] for name in sorted(packages)}
    document = {"seen": seen, "texts": list(texts), "packages": tables}
    return zlib.compress(json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode(), 9)
