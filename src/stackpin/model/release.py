"""A release as the catalog has it: one distribution, one version, one index."""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from packaging.version import InvalidVersion, Version

from stackpin.errors import CatalogDamaged

if TYPE_CHECKING:
    from packaging.utils import NormalizedName

__all__ = ["OWN", "PYPI", "Release", "ReleaseFile"]

#: The index of a release that PyPI has.
PYPI = "pypi"
#: The index of a release that stands for a user's own project.
OWN = "own"


class ReleaseFile(NamedTuple):
    """One file of a release: name, size in bytes (None where the index does not say), sha256 (hex), upload time, yanked."""

    name: str
    size: int | None
    sha256: str
    uploaded: str = ""
    yanked: str | bool = False

    @property
    def is_wheel(self) -> bool:
        """Whether the file is a wheel (else it is a source distribution)."""
        return self.name.endswith(".whl")


class Release:
    """One release; the row behind it is parsed when it is first asked for more than its version.

    :param name: the normalized name of the distribution.
    :param version: the version as the row spells it.
    :param line: the JSON row, or an empty string for a release that only facts about another index know.
    :param uploaded: when it was uploaded (ISO 8601), for a row that does not say it.
    """

    def __init__(self, name: NormalizedName, version: str, line: str | bytes = "", *, uploaded: str = "") -> None:
        self.name = name
        self.text = version
        self._line = line
        self._uploaded = uploaded

    def standing_for(self, release: Release) -> Release:
        """This row under another release's version: what a labelled build says in place of the release that it is of."""
        return Release(self.name, release.text, self._line, uploaded=release.uploaded)

    def __repr__(self) -> str:
        return f"<Release {self.name} {self.text}>"

    @cached_property
    def version(self) -> Version:
        """The version as PEP 440 orders it."""
        try:
            return Version(self.text)
        except InvalidVersion as error:
            raise CatalogDamaged(
                "a catalog row has a version that is none",
                where=f"releases/{self.name}.jsonl",
                got=self.text,
                expected="a version as PEP 440 has it",
                hint=f"stackpin catalog update --package {self.name}",
            ) from error

    @cached_property
    def _row(self) -> dict[str, Any]:
        try:
            row: dict[str, Any] = json.loads(self._line) if self._line else {}
        except ValueError as error:
            raise CatalogDamaged(
                "a catalog row is cut or altered",
                where=f"releases/{self.name}.jsonl, the row of {self.text}",
                got=str(error),
                expected="a JSON object as `stackpin catalog update` writes it",
                hint=f"stackpin catalog update --package {self.name}",
            ) from error
        return row

    @property
    def known(self) -> bool:
        """Whether the catalog has a row for the release (else only a fact names it, on some other index)."""
        return bool(self._line)

    @cached_property
    def index(self) -> str:
        """``pypi``, or the URL of the index that the row was read from."""
        head = f'{{"version":"{self.text}","index":"{PYPI}"'
        if self._line[: len(head)] in {head, head.encode()}:
            return PYPI  # most rows by far: told without parsing them
        return str(self._row.get("index", PYPI))

    @property
    def on_pypi(self) -> bool:
        """Whether PyPI has files of the release."""
        return self.known and self.index == PYPI

    @property
    def uploaded(self) -> str:
        """When the first file was uploaded (ISO 8601, UTC); empty where unknown."""
        return self._row.get("uploaded") or self._uploaded

    @property
    def yanked(self) -> str | bool:
        """False, or why every file of the release was yanked (PEP 592)."""
        return self._row.get("yanked") or False

    @property
    def requires_python(self) -> str:
        """Requires-Python as the metadata has it; empty where there is none."""
        return self._row.get("requires_python") or ""

    @property
    def extras(self) -> tuple[str, ...]:
        """Provides-Extra, verbatim."""
        return tuple(self._row.get("extras") or ())

    def requires(self, machine: str) -> tuple[str, ...]:
        """Requires-Dist, verbatim and in order, as the wheel for ``machine`` has them."""
        variant = (self._row.get("variants") or {}).get(machine)
        return tuple((variant or self._row).get("requires") or ())

    @property
    def has_metadata(self) -> bool:
        """Whether the metadata of the release could be read."""
        return self._row.get("requires") is not None

    def metadata_file(self, machine: str) -> tuple[str, str]:
        """The name of the file whose metadata was read for ``machine``, and the sha256 of that metadata."""
        row = (self._row.get("variants") or {}).get(machine) or self._row
        return row.get("metadata") or "", row.get("metadata_sha256") or ""

    @cached_property
    def wheel_tags(self) -> tuple[str, ...]:
        """The compressed tag set at the end of each wheel's name (PEP 427), ``cp312-cp312-manylinux1_x86_64``."""
        names = [str(entry[0]) for entry in self._row.get("files") or ()]
        return tuple("-".join(name[:-4].rsplit("-", 3)[-3:]) for name in names if name.endswith(".whl"))

    @cached_property
    def files(self) -> tuple[ReleaseFile, ...]:
        """All files of the release, sorted by name."""
        return tuple(ReleaseFile(*entry) for entry in self._row.get("files") or ())
