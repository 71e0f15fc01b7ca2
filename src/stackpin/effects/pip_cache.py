"""A cache for pip in which only the wheels that it built itself are apart.

pip keeps a wheel that it built from source under its source's name alone, whatever the build was constrained to: one that
was compiled against another torch would be taken again. What it fetched stays shared.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["pip_cache_beside"]

#: Where pip keeps what it fetched: older releases, then newer ones.
_SHARED = ("http", "http-v2")


def pip_cache_beside(environ: Mapping[str, str], named: str, tuple_name: str) -> Path | None:
    """The cache folder for one tuple, with links to what the user's own has fetched; None where none can be had.

    :param named: the cache folder that pip's configuration names; empty where it names none.
    :param tuple_name: what tells one tuple's builds from another's, fit for a file name.
    """
    home = environ.get("XDG_CACHE_HOME") or (f"{environ['HOME']}/.cache" if environ.get("HOME") else "")
    root = Path(environ.get("PIP_CACHE_DIR") or named or f"{home}/pip")
    own = Path(home) / "stackpin" / "pip" / tuple_name
    if not home or not root.is_absolute():
        return None
    try:
        own.mkdir(parents=True, exist_ok=True)
        for name in _SHARED:
            (root / name).mkdir(parents=True, exist_ok=True)
            _link(own / name, root / name)
    except OSError:
        return None  # a cache is a convenience: pip then goes without
    return own


def _link(place: Path, target: Path) -> None:
    if place.is_symlink() and os.readlink(place) == str(target):
        return
    beside = place.with_name(f".{place.name}.{os.getpid()}")
    beside.symlink_to(target)
    beside.replace(place)
