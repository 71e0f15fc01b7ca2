"""What an update remembers outside of the catalog: validators of pages, and rows read before an interruption.

Both lie in the user's cache folder. Losing them costs requests, never facts; where they cannot be written, an update
does without.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from stackpin.errors import CatalogDamaged, FileUnwritable, InputUnreadable
from stackpin.index.pages import Validators
from stackpin.parse.release_rows import ReleaseRow, dump_row, load_row

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from stackpin.ports import Files

__all__ = ["UpdateMemory"]


class UpdateMemory:
    """The memory of one index; ``folder`` is the user's cache folder for stackpin."""

    def __init__(self, files: Files, folder: Path, *, index: str) -> None:
        key = sha256(index.encode()).hexdigest()[:16]
        self._files = files
        self._state_path = folder / "catalog" / key / "pages.json"
        self._journals = folder / "catalog" / key
        self._state: dict[str, Any] = self._load()
        self.usable = True

    def _load(self) -> dict[str, Any]:
        try:
            found = json.loads(self._files.read(self._state_path) or b"{}")
        except (ValueError, InputUnreadable):
            return {}
        return found if isinstance(found, dict) else {}

    def validators(self, project: str, *, basis: str) -> Validators | None:
        """What to ask the index with, if ``basis`` (rows and rules) is still what that answer was turned into."""
        entry = self._state.get(project)
        if not isinstance(entry, dict) or entry.get("basis") != basis:
            return None
        return Validators(etag=str(entry.get("etag", "")), last_modified=str(entry.get("last_modified", "")))

    def settle(self, project: str, validators: Validators, *, basis: str) -> None:
        """The project is complete on disk: remember its page's validators, forget its journal."""
        entry = {**asdict(validators), "basis": basis} if validators.headers() else None
        self._remember(project, entry)
        self._try(lambda: self._files.remove(self._journal(project)))

    def unsettle(self, project: str) -> None:
        """The project is not complete: its page must be asked for unconditionally next time; the journal stays."""
        self._remember(project, None)

    def _remember(self, project: str, entry: dict[str, str] | None) -> None:
        if entry == self._state.get(project):
            return
        self._state.pop(project, None)
        if entry is not None:
            self._state[project] = entry
        content = json.dumps(self._state, indent=1, sort_keys=True).encode()
        self._try(lambda: self._files.write(self._state_path, content))

    def journal(self, project: str) -> tuple[ReleaseRow, ...]:
        """The rows that an interrupted update had read; a line that was cut is no row."""
        try:
            content = self._files.read(self._journal(project)) or b""
        except InputUnreadable:
            return ()
        return tuple(row for line in content.split(b"\n") if line and (row := _whole(line)) is not None)

    def note(self, project: str, row: ReleaseRow) -> None:
        """One more row is complete."""
        self._try(lambda: self._files.append(self._journal(project), dump_row(row).encode()))

    def _journal(self, project: str) -> Path:
        return self._journals / f"{project}.journal"

    def _try(self, action: Callable[[], None]) -> None:
        if not self.usable:
            return
        try:
            action()
        except FileUnwritable:
            self.usable = False  # told once by the update


def _whole(line: bytes) -> ReleaseRow | None:
    try:
        return load_row(line)
    except CatalogDamaged:
        return None
