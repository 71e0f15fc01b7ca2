"""A catalog folder, an index on the loopback, and ``catalog update`` between the two."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import certifi
from tests.support.wheels import metadata_text, wheel_bytes, wheel_name

from stackpin.app.catalog import UpdateReport, update
from stackpin.parse.release_rows import ReleaseRow, load_rows
from stackpin.ports import HttpSettings

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.support.index_server import IndexServer

__all__ = ["HASTY", "LINUX", "Desk", "Notes"]

#: A Linux wheel's tag.
LINUX = "cp312-cp312-manylinux_2_28_x86_64"
#: A client that tries again at once, and waits as long as a busy machine needs. The certificates are named so that pip
#: is not asked for them each time.
HASTY = HttpSettings(timeout=20.0, deadline=60.0, attempts=3, back_off=0.01, certificates=certifi.where())


@dataclass
class Notes:
    """A reporter that remembers what it was told."""

    stages: list[tuple[str, int]] = field(default_factory=list)
    advanced: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    ended: int = 0

    def begin(self, label: str, total: int) -> None:
        self.stages.append((label, total))

    def advance(self, label: str) -> None:
        self.advanced.append(label)

    def note(self, text: str) -> None:
        self.notes.append(text)

    def end(self) -> None:
        self.ended += 1


@dataclass
class Desk:
    """``folder`` is the catalog, ``index`` stands for PyPI (STACKPIN_MIRRORS says so)."""

    folder: Path
    index: IndexServer
    notes: Notes = field(default_factory=Notes)

    def cover(self, *names: str, more: str = "") -> None:
        """Let the catalog cover these packages and no others."""
        text = "".join(f"[packages.{name}]\n" for name in names) + more
        (self.folder / "packages.toml").write_text(text)

    def release(
        self, version: str, *, name: str = "demo", requires: Iterable[str] = (), tag: str = LINUX, padding: int = 0
    ) -> str:
        """Put one wheel into the index; returns its file name."""
        file = wheel_name(name, version, tag)
        metadata = metadata_text(name, version, requires=requires, requires_python=">=3.9", extras=("all",))
        self.index.add(file, wheel_bytes(name, version, metadata, tag=tag, padding=padding))
        return file

    def update(self, **options: object) -> UpdateReport:
        """``catalog update`` in this process."""
        given: dict[str, object] = {"directory": self.folder, "reporter": self.notes, "settings": HASTY, **options}
        return update(**given)  # type: ignore[arg-type]  # the options of update, as each test needs them

    def rows(self, name: str = "demo") -> tuple[ReleaseRow, ...]:
        """The rows of a package as they lie on disk."""
        return load_rows((self.folder / "releases" / f"{name}.jsonl").read_bytes())

    def everything(self) -> dict[str, bytes]:
        """Every file of the catalog folder, by its path in it."""
        files = sorted(path for path in self.folder.rglob("*") if path.is_file())
        return {path.relative_to(self.folder).as_posix(): path.read_bytes() for path in files}
