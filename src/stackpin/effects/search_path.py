"""What PATH finds: all programs of a name in order, and which of them are shims of stackpin."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from stackpin.model.shims import MARKER, OnPath

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["path_folders", "programs_on_path"]


def path_folders(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """The folders on PATH, in order; an empty entry is the current one."""
    return tuple(Path(entry or ".") for entry in environ.get("PATH", os.defpath).split(os.pathsep))


def programs_on_path(name: str, environ: Mapping[str, str]) -> Iterator[OnPath]:
    """Every program of that name, in the order in which PATH finds them."""
    for folder in path_folders(environ):
        path = folder / name
        if path.is_file() and os.access(path, os.X_OK):
            yield OnPath(path=path, shim=(folder / MARKER).exists())
