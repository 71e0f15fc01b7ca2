"""A catalog folder on disk: rows that can be trusted, and writing that never leaves anything half-done."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from stackpin.catalog.listed_rows import Lists, load_lists
from stackpin.catalog.manifest import (
    ABI_FILE,
    BUILDS_READ,
    LISTS_FILE,
    dump_manifest,
    load_manifest,
    release_entry,
    with_files,
)
from stackpin.errors import CatalogDamaged
from stackpin.parse.read_builds import Tables, dump_tables, load_tables, of_page, without_page
from stackpin.parse.release_rows import ReleaseRow, dump_rows, load_rows

if TYPE_CHECKING:
    from pathlib import Path

    from stackpin.ports import Clock, Files

__all__ = ["CatalogFolder"]

_MANIFEST = "manifest.json"
_FACTS = "facts.json"
#: The files beside the releases, and what brings each back.
_HINTS = {
    _FACTS: "reinstall stackpin",
    BUILDS_READ: "stackpin catalog update --index URL",
    ABI_FILE: "stackpin catalog update --abi",
    LISTS_FILE: "stackpin catalog update",
}


class CatalogFolder:
    """Reads and writes one folder; each file is replaced as a whole, and the manifest after it."""

    def __init__(self, root: Path, files: Files, clock: Clock) -> None:
        self.root = root
        self._files = files
        self._clock = clock

    def manifest(self) -> dict[str, Any]:
        """The manifest; an empty one where there is none.

        :raises CatalogDamaged: when it is cut or altered.
        """
        try:
            return load_manifest(self._files.read(self.root / _MANIFEST))
        except CatalogDamaged as error:
            error.where = str(self.root / _MANIFEST)
            error.hint = error.hint or "stackpin catalog update"
            raise

    def projects(self) -> tuple[str, ...]:
        """The names of the packages that the folder has rows of, sorted."""
        return tuple(name.removesuffix(".jsonl") for name in self._files.names(self.root / "releases", ".jsonl"))

    def content(self, project: str) -> bytes:
        """The releases file of a package as it is; empty where there is none."""
        return self._files.read(self._path(project)) or b""

    def rows(self, project: str) -> tuple[ReleaseRow, ...]:
        """The rows of a package, checked against the manifest.

        :raises CatalogDamaged: when the file is not the one that the manifest names, or has a row that is none.
        """
        content = self._files.read(self._path(project))
        entry = self.manifest()["files"].get(_name(project))
        if content is None and entry is None:
            return ()
        if content is None or entry is None or sha256(content).hexdigest() != entry["sha256"]:
            raise _altered(
                self._path(project),
                content,
                entry["sha256"] if entry else "",
                hint=f"stackpin catalog update --package {project}",
            )
        try:
            return load_rows(content)
        except CatalogDamaged as error:
            error.where = f"{self._path(project)}, {error.where}"
            raise

    def check_facts(self) -> None:
        """Check the fact tables against the manifest.

        :raises CatalogDamaged: when they are not the ones that the manifest names.
        """
        for name, hint in _HINTS.items():
            path, entry = self.root / name, self.manifest()["files"].get(name)
            content = self._files.read(path)
            if entry is not None and (content is None or sha256(content).hexdigest() != entry["sha256"]):
                raise _altered(path, content, entry["sha256"], hint=hint)

    @property
    def builds_whole(self) -> bool:
        """Whether the builds that were read are the ones that the manifest names, if any."""
        content = self._files.read(self.root / BUILDS_READ)
        entry = self._manifest_or_none()["files"].get(BUILDS_READ)
        return (sha256(content).hexdigest() if content is not None else None) == (entry["sha256"] if entry else None)

    def read_builds(self) -> Tables:
        """The builds that were read from vendors' pages, as rows of the fact tables; none where the file is not whole."""
        return load_tables(self._files.read(self.root / BUILDS_READ)) if self.builds_whole else {}

    def builds_of(self, page: str) -> Tables:
        """What was read from one page."""
        return of_page(self.read_builds(), page)

    def lists(self) -> Lists:
        """The release lists of packages that no tuple holds; none where there is no file.

        :raises CatalogDamaged: when it is cut or altered.
        """
        return load_lists(self._files.read(self.root / LISTS_FILE), str(self.root / LISTS_FILE))

    def today(self) -> str:
        """The date in UTC (ISO 8601)."""
        return self._clock.today()

    def put_builds(self, page: str, tables: Tables) -> bool:
        """Write what was read from one page in place of what had been; whether that is anything new.

        What differs in nothing but the day is not.

        :raises FileUnwritable: when the folder cannot be written to.
        """
        known = self.read_builds()
        if _dateless(of_page(known, page)) == _dateless(tables):
            return False
        others = without_page(known, page)
        self._write_builds({name: [*rows, *tables.get(name, ())] for name, rows in others.items()})
        return True

    def _write_builds(self, tables: Tables) -> None:
        manifest, content = self._manifest_or_none(), dump_tables(tables)
        files = {name: entry for name, entry in manifest["files"].items() if name != BUILDS_READ}
        if any(tables.values()):
            files[BUILDS_READ] = {"sha256": sha256(content).hexdigest()}
            self._files.write(self.root / BUILDS_READ, content)
        self._files.write(self.root / _MANIFEST, dump_manifest(with_files(manifest, files, today=self._clock.today())))
        if BUILDS_READ not in files:
            self._files.remove(self.root / BUILDS_READ)

    def put_file(self, name: str, content: bytes) -> None:
        """Write another file of the folder, and the manifest that names it.

        :raises FileUnwritable: when the folder cannot be written to.
        """
        manifest = self._manifest_or_none()
        files = {**manifest["files"], name: {"sha256": sha256(content).hexdigest()}}
        self._files.write(self.root / name, content)
        self._files.write(self.root / _MANIFEST, dump_manifest(with_files(manifest, files, today=self._clock.today())))

    def put(self, project: str, rows: tuple[ReleaseRow, ...], *, serial: str) -> bool:
        """Write the rows of a package and then the manifest; whether anything was to be written.

        :raises FileUnwritable: when the folder cannot be written to.
        """
        content = dump_rows(rows)
        manifest = self._manifest_or_none()
        files = dict(manifest["files"])
        before, whole = files.get(_name(project)), self.content(project) == content
        if rows:
            files[_name(project)] = release_entry(
                content, rows=len(rows), serial=serial or (before or {}).get("serial", "")
            )
        else:
            files.pop(_name(project), None)
        if whole and files.get(_name(project)) == before:
            return False
        if not whole:
            self._files.write(self._path(project), content)
        self._files.write(self.root / _MANIFEST, dump_manifest(with_files(manifest, files, today=self._clock.today())))
        return not whole

    def drop(self, project: str) -> None:
        """Take a package out, its builds too: the manifest first, so that it never names a file that is gone."""
        known = self.read_builds()
        pages = [row["page"] for row in known.get("pages_read", ()) if row["package"] == project]
        if pages:
            for page in pages:
                known = without_page(known, page)
            self._write_builds(known)
        manifest = self._manifest_or_none()
        files = {name: entry for name, entry in manifest["files"].items() if name != _name(project)}
        self._files.write(self.root / _MANIFEST, dump_manifest(with_files(manifest, files, today=self._clock.today())))
        self._files.remove(self._path(project))

    def _manifest_or_none(self) -> dict[str, Any]:
        """The manifest, or an empty one in place of a damaged one, which :meth:`put` then replaces file by file."""
        try:
            return self.manifest()
        except CatalogDamaged:
            return load_manifest(None)

    def seal(self) -> dict[str, Any]:
        """Make the manifest name exactly the files that are there, as they are; serials are kept.

        :raises CatalogDamaged: when a releases file has a row that is none.
        :raises FileUnwritable: when the manifest cannot be written.
        """
        manifest = self._manifest_or_none()
        old = manifest["files"]
        files: dict[str, dict[str, Any]] = {}
        for project in self.projects():
            content, name = self.content(project), _name(project)
            files[name] = release_entry(
                content, rows=len(load_rows(content)), serial=old.get(name, {}).get("serial", "")
            )
        for name in _HINTS:
            facts = self._files.read(self.root / name)
            if facts is not None:
                files[name] = {"sha256": sha256(facts).hexdigest()}
        sealed = with_files(manifest, files, today=self._clock.today())
        if dump_manifest(sealed) != self._files.read(self.root / _MANIFEST):
            self._files.write(self.root / _MANIFEST, dump_manifest(sealed))
        return sealed

    def _path(self, project: str) -> Path:
        return self.root / _name(project)


def _dateless(tables: Tables) -> Tables:
    return {name: [{**row, "seen": ""} for row in rows] for name, rows in tables.items() if rows}


def _name(project: str) -> str:
    return f"releases/{project}.jsonl"


def _altered(path: Path, content: bytes | None, expected: str, *, hint: str) -> CatalogDamaged:
    return CatalogDamaged(
        "a catalog file does not have the digest that the manifest names: it is cut or was altered",
        where=str(path),
        got="no file" if content is None else f"sha256 {sha256(content).hexdigest()}, {len(content)} bytes",
        expected=f"sha256 {expected}" if expected else "a file that the manifest names",
        hint=hint,
    )
