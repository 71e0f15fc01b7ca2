"""Reading the catalog: release rows and facts, each file checked against the manifest, and only what is asked for.

A catalog is a folder (``releases/<name>.jsonl``, ``facts.json``, ``builds-read.json``, ``manifest.json``); the embedded one
lies beside this module. A second folder (``STACKPIN_CATALOG``) may be layered over it: its releases and facts come first.
Paths are texts here: ``pathlib`` would be a twentieth of the time that a command takes to start.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from stackpin.catalog.manifest import ABI_FILE, BUILDS_READ, LISTS_FILE
from stackpin.errors import CatalogDamaged, CatalogGap
from stackpin.model.names import normalized_name
from stackpin.model.release import PYPI, Release

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from packaging.utils import NormalizedName

    from stackpin.catalog.listed_rows import Lists

__all__ = ["EMBEDDED", "Catalog", "Layer"]

#: Where the embedded catalog lies.
EMBEDDED = os.path.join(os.path.dirname(__file__), "data")  # noqa: PTH118, PTH120 - see above

_VERSION_KEY = b'{"version":"'


def _read(path: str) -> bytes | None:
    """The bytes of a file; None where there is no such file."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - see above
            return file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise CatalogGap(
            "a catalog file cannot be read",
            where=path,
            got=error.strerror or str(error),
            expected="a readable file",
        ) from error


class Layer:
    """One catalog folder.

    :param root: the folder.
    :param read: how bytes are read; a fake may stand in.
    :param sealed: whether every file must be in the manifest with its digest (the embedded catalog); a user's own
        folder may do without a manifest.
    :raises CatalogDamaged: when the manifest is not JSON, or a file does not have the digest that it names.
    """

    def __init__(self, root: Path | str, *, read: Callable[[str], bytes | None] = _read, sealed: bool = True) -> None:
        self.root = str(root)
        self._bytes = read
        self._sealed = sealed
        self._manifest: dict[str, Any] | None = None
        self._facts: dict[str, list[dict[str, Any]]] | None = None

    @property
    def manifest(self) -> dict[str, Any]:
        """The manifest: date, digest, and the sha256 of each file."""
        if self._manifest is None:
            raw = self._bytes(f"{self.root}/manifest.json")
            if raw is None and self._sealed:
                raise CatalogGap(
                    "the folder is no catalog: it has no manifest",
                    where=f"{self.root}/manifest.json",
                    expected="a folder that `stackpin catalog update` wrote",
                )
            self._manifest = self._json(raw, "manifest.json") if raw is not None else {}
        return self._manifest

    def _json(self, raw: bytes, name: str) -> dict[str, Any]:
        try:
            parsed: dict[str, Any] = json.loads(raw)
            if not isinstance(parsed, dict):
                raise TypeError(f"a JSON {type(parsed).__name__}")  # noqa: TRY301 - told as the others are
        except (ValueError, TypeError) as error:
            raise CatalogDamaged(
                "a catalog file is cut or altered",
                where=f"{self.root}/{name}",
                got=str(error),
                expected="JSON as `stackpin catalog update` writes it",
                hint="reinstall stackpin, or run stackpin catalog update",
            ) from error
        return parsed

    def file(self, name: str) -> bytes | None:
        """The bytes of one file of the layer, checked against the manifest; None where the layer has no such file."""
        entry = self.manifest.get("files", {}).get(name)
        raw = self._bytes(f"{self.root}/{name}")
        if raw is None and entry is None:
            return None
        if raw is None or entry is not None or self._sealed:
            self._check(name, raw, entry["sha256"] if entry else "")
        return raw

    def _check(self, name: str, raw: bytes | None, expected: str) -> None:
        from hashlib import sha256

        found = "" if raw is None else sha256(raw).hexdigest()
        if not found or found != expected:
            raise CatalogDamaged(
                "a catalog file does not have the digest that the manifest names: it is cut or was altered",
                where=f"{self.root}/{name}",
                got="no file" if raw is None else f"sha256 {found}, {len(raw)} bytes",
                expected=f"sha256 {expected}",
                hint=f"reinstall stackpin, or run stackpin catalog update{' --abi' if name == ABI_FILE else ''}",
            )

    def facts(self, table: str) -> list[dict[str, Any]]:
        """The rows of one fact table (``torch_builds``, ``kernels`` …), those read from an index first; may be empty."""
        if self._facts is None:
            self._facts = {}
            for name in (BUILDS_READ, "facts.json"):
                raw = self.file(name)
                for key, rows in ({} if raw is None else self._json(raw, name)).items():
                    self._facts.setdefault(key, []).extend(rows if isinstance(rows, list) else ())
        return self._facts.get(table, [])

    def carries(self, name: str) -> bool:
        """Whether the layer has rows of a package; reads nothing of them."""
        path = f"releases/{name}.jsonl"
        if path in self.manifest.get("files", {}):
            return True
        return not self._sealed and os.path.isfile(f"{self.root}/{path}")  # noqa: PTH113 - see above

    def names(self) -> list[str]:
        """The packages that the layer has rows of, sorted; reads nothing of them."""
        files = {
            name.removeprefix("releases/") for name in self.manifest.get("files", {}) if name.startswith("releases/")
        }
        if not self._sealed and os.path.isdir(f"{self.root}/releases"):  # noqa: PTH112 - see above
            files |= set(os.listdir(f"{self.root}/releases"))  # noqa: PTH208 - see above
        return sorted(name.removesuffix(".jsonl") for name in files if name.endswith(".jsonl"))

    def releases(self, name: NormalizedName) -> list[Release] | None:
        """The releases of a package, oldest first; None where the layer does not carry the package."""
        raw = self.file(f"releases/{name}.jsonl")
        if raw is None:
            return None
        found = []
        for number, line in enumerate(raw.removesuffix(b"\n").split(b"\n") if raw else (), 1):
            end = line.find(b'"', len(_VERSION_KEY))
            if not line.startswith(_VERSION_KEY) or not line.endswith((b"}", b"}\r")):
                raise CatalogDamaged(
                    "a catalog row is cut or altered",
                    where=f"{self.root}/releases/{name}.jsonl:{number}",
                    got=line.decode("utf-8", errors="replace")[:60],
                    expected=f"a JSON object that begins with {_VERSION_KEY.decode()}",
                    hint="run stackpin catalog update",
                )
            found.append(Release(name, line[len(_VERSION_KEY) : end].decode("utf-8", errors="replace"), line))
        return found


class Catalog:
    """All layers together, nearest first. Answers from memory after the first question about a package."""

    def __init__(self, *layers: Layer) -> None:
        self.layers = layers or (Layer(EMBEDDED),)
        self._releases: dict[str, tuple[Release, ...] | None] = {}
        self._rows: dict[str, tuple[Release, ...] | None] = {}
        self._lists: Lists | None = None
        self._listed: dict[str, tuple[Release, ...]] = {}

    @classmethod
    def open(cls, overlay: Path | None = None) -> Catalog:
        """The embedded catalog, with a user's folder layered over it where one is named.

        :raises CatalogGap: where that folder is not there.
        """
        base = Layer(EMBEDDED)
        if overlay is None:
            return cls(base)
        if not overlay.is_dir():
            raise CatalogGap(
                "the catalog folder that the settings name is not there",
                where=str(overlay),
                expected="a folder with releases/ in it",
                hint="stackpin catalog update --directory " + str(overlay),
            )
        return cls(Layer(overlay, sealed=False), base)

    @property
    def date(self) -> str:
        """The date of the snapshot (ISO 8601)."""
        return str(self.layers[-1].manifest.get("date", ""))

    @property
    def digest(self) -> str:
        """The digest of the snapshot; layered folders are named after a ``+``."""
        parts = [str(layer.manifest.get("digest", "unsealed")) for layer in reversed(self.layers)]
        return "+".join(parts)

    def file(self, name: str) -> bytes | None:
        """The bytes of a file, of the nearest layer that has it; None where none has."""
        return next((raw for layer in self.layers for raw in [layer.file(name)] if raw is not None), None)

    def facts(self, table: str) -> list[dict[str, Any]]:
        """The rows of a fact table over all layers, nearest layer first."""
        return [row for layer in self.layers for row in layer.facts(table)]

    def carries(self, name: str) -> bool:
        """Whether some layer has rows of a package."""
        return any(layer.carries(normalized_name(name)) for layer in self.layers)

    def names(self) -> tuple[str, ...]:
        """The packages that some layer has rows of, sorted."""
        return tuple(sorted({name for layer in self.layers for name in layer.names()}))

    def releases(self, name: str) -> tuple[Release, ...] | None:
        """The releases of a package, newest first; None where no layer carries the package.

        A release that two layers carry is the nearer layer's. A row of another index than PyPI is a release only where
        PyPI has none of that version and no label makes it a build (:meth:`elsewhere` has those).
        """
        key = normalized_name(name)
        if key not in self._releases:
            rows = self.rows(key)
            self._releases[key] = _releases_among(rows) if rows and self.elsewhere(key) else rows
        return self._releases[key]

    @property
    def lists(self) -> Lists:
        """The release lists of packages that no tuple holds, of the nearest layer that has any; read once."""
        if self._lists is None:
            from stackpin.catalog.listed_rows import load_lists  # only a joint solve asks

            self._lists = load_lists(self.file(LISTS_FILE))
        return self._lists

    def listed(self, name: str) -> tuple[Release, ...]:
        """The releases in a package's list, newest first; empty where it has none."""
        if name not in self._listed:
            from stackpin.catalog.listed_rows import ListedRelease  # see above

            key = normalized_name(name)
            self._listed[name] = tuple(ListedRelease(key, row) for row in reversed(self.lists.rows(key)))
        return self._listed[name]

    def elsewhere(self, name: str) -> tuple[Release, ...]:
        """The rows of a package that were read from another index than PyPI, newest first."""
        return tuple(row for row in self.rows(name) or () if row.index != PYPI)

    def rows(self, name: str) -> tuple[Release, ...] | None:
        """All rows of a package, of every index, newest first; None where no layer carries the package.

        A row that two layers have (version and index) is the nearer layer's.
        """
        key = normalized_name(name)
        if key not in self._rows:
            self._rows[key] = self._merged(key)
        return self._rows[key]

    def _merged(self, key: NormalizedName) -> tuple[Release, ...] | None:
        lists = [found for layer in self.layers if (found := layer.releases(key)) is not None]
        if not lists:
            return None
        if len(lists) == 1:
            return tuple(reversed(lists[0]))
        merged = {(release.version, release.index): release for found in reversed(lists) for release in found}
        return tuple(sorted(merged.values(), key=lambda release: release.version, reverse=True))

    def with_standing(self, releases: Iterable[Release]) -> Catalog:
        """The same catalog, in which each of these is the only release of its package (a source tree's)."""
        other = Catalog(*self.layers)
        other._releases, other._rows = dict(self._releases), dict(self._rows)
        other._releases.update({release.name: (release,) for release in releases})
        return other

    def release(self, name: str, version: str) -> Release | None:
        """One release by its exact version text; None where the catalog has none."""
        return next((item for item in self.releases(name) or () if item.text == version), None)


def _releases_among(rows: tuple[Release, ...]) -> tuple[Release, ...]:
    own = {row.version for row in rows if row.index == PYPI}
    return tuple(row for row in rows if row.index == PYPI or (row.version not in own and row.version.local is None))
