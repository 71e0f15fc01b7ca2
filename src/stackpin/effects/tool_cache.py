"""Caches of pip and uv in which only what they built themselves is apart.

Both keep a wheel that they built from source under its source alone, whatever the build was constrained to: one that was
compiled against another torch would be taken again. What they fetched stays shared, by links.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from stackpin.effects.kept import cache_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["pip_cache_beside", "uv_cache_beside", "uv_cache_root"]

#: Where pip keeps what it fetched: older releases, then newer ones. Wheels that it built lie in ``wheels``.
_PIP_SHARED = ("http", "http-v2")
#: What uv builds, the environments that it makes of it, and the builds' own environments, by the names' beginnings.
_UV_APART = ("sdists-", "built-wheels-", "environments-", "builds-", "stackpin-", ".tmp")


def pip_cache_beside(environ: Mapping[str, str], named: str, tuple_name: str) -> Path | None:
    """The cache folder of pip for one tuple, inside the user's own; None where none can be had.

    :param named: the cache folder that pip's configuration names; empty where it names none.
    :param tuple_name: what tells one tuple's builds from another's, fit for a file name.
    """
    home = cache_folder(environ)
    root = Path(environ.get("PIP_CACHE_DIR") or named or (home / "pip" if home else ""))
    return _beside(root, tuple_name, _PIP_SHARED) if root.is_absolute() else None


def uv_cache_beside(root: Path, tuple_name: str) -> Path | None:
    """The cache folder of uv for one tuple, inside the user's own; None where none can be had."""
    try:
        shared = [entry.name for entry in os.scandir(root) if not entry.name.startswith(_UV_APART)]
    except OSError:
        return None  # nothing has been cached yet
    return _beside(root, tuple_name, shared)


def uv_cache_root(environ: Mapping[str, str], folder: Path) -> Path | None:
    """Uv's own cache folder where no file needs to be understood for that; None where a setting may lead elsewhere.

    :param folder: where uv looks for its settings from.
    """
    if environ.get("UV_CACHE_DIR"):
        return Path(environ["UV_CACHE_DIR"]).absolute()
    home = cache_folder(environ)
    own = environ.get("XDG_CONFIG_HOME") or f"{environ.get('HOME', '')}/.config"
    places = [place / name for place in (folder, *folder.parents) for name in ("uv.toml", "pyproject.toml")]
    for path in (*places, Path(own) / "uv" / "uv.toml", Path("/etc/uv/uv.toml")):
        try:
            if b"cache-dir" in path.read_bytes():
                return None
        except OSError:
            continue  # not there
    return home / "uv" if home else None


def _beside(root: Path, tuple_name: str, shared: Iterable[str]) -> Path | None:
    """A folder on the cache's own file system, so that renaming between the two works."""
    own = root / "stackpin-v1" / tuple_name
    try:
        own.mkdir(parents=True, exist_ok=True)
        for name in shared:
            if not (root / name).exists():
                (root / name).mkdir()
            _link(own / name, Path("..", "..", name))
    except OSError:
        return None  # a cache is a convenience: the tool then works as it does without
    return own


def _link(place: Path, target: Path) -> None:
    """A relative link, made at once for all who look; what the tool itself has put there stays."""
    if place.is_symlink() or place.exists():
        return
    beside = place.with_name(f".{place.name}.{os.getpid()}")
    beside.symlink_to(target)
    beside.replace(place)
