"""What lies in a place: distributions, locks, files and lines that a run left. The verdict knows nothing else but exit codes."""

from __future__ import annotations

import re
import sys
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from packaging.utils import canonicalize_name

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from tests.escapes.place import Place

__all__ = ["Evidence", "Found", "gather"]

_PINNED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)", re.MULTILINE)
_DIST_INFO = re.compile(r"^(.+?)-([^-]+)\.dist-info$")
#: What a person commits: compared byte for byte.
_COMMITTED = ("uv.lock", "*.py.lock", "pylock*.toml", "pyproject.toml", "*.py", "uv.toml")


class Found(NamedTuple):
    """A distribution: where (``.venv``, ``uv.lock``, ``stdout``, ``seen``), its normalized name, its version."""

    where: str
    name: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that was found, and the text of the files that people commit."""

    found: frozenset[Found]
    files: Mapping[str, str]


def gather(place: Place, stdout: str = "") -> Evidence:
    """Look at the place; ``stdout`` counts where it is a list of pins."""
    texts = {"stdout": stdout, "seen": place.seen.read_text() if place.seen.is_file() else ""}
    found = {*_installed(place), *_locked(place.work), *_written(place.work)}
    found |= {_found(where, *pair) for where, text in texts.items() for pair in _PINNED.findall(text)}
    paths = sorted(path for pattern in _COMMITTED for path in place.work.glob(pattern))
    return Evidence(found=frozenset(found), files={path.name: path.read_text(encoding="utf-8") for path in paths})


def _found(where: str, name: str, version: str) -> Found:
    return Found(where, canonicalize_name(name), version)


def _installed(place: Place) -> Iterator[Found]:
    """Every dist-info folder below the working folder and the tools, and what builds wrote into environments."""
    for root in (place.work, place.folder / "tools"):
        for path in root.rglob("*.dist-info"):
            where = path.relative_to(place.folder).parts[1]
            name = _DIST_INFO.match(path.name)
            if name and (path / "METADATA").is_file() and not path.is_symlink():
                yield _found(where, name[1], name[2])
        for path in root.rglob("*_built_with.txt"):
            yield from (_found("build", *pair) for pair in _PINNED.findall(path.read_text()))


def _locked(work: Path) -> Iterator[Found]:
    for path in (*work.glob("*.lock"), *work.glob("pylock*.toml")):
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        rows: Iterable[dict[str, Any]] = document.get("package", document.get("packages", ()))
        yield from (_found(path.name, row["name"], row["version"]) for row in rows if "version" in row)


def _written(work: Path) -> Iterator[Found]:
    """Wheels in folders, what builds wrote into them, and requirement files called ``out…``."""
    for path in work.rglob("*.whl"):
        name, version, *_ = path.name.split("-")
        yield _found(path.parent.name, name, version)
        with zipfile.ZipFile(path) as wheel:
            texts = [wheel.read(each).decode() for each in wheel.namelist() if each.endswith("_built_with.txt")]
        yield from (_found("build", *pair) for text in texts for pair in _PINNED.findall(text))
    for path in work.glob("out*.txt"):
        yield from (_found(path.name, *pair) for pair in _PINNED.findall(path.read_text(encoding="utf-8")))
