"""Writing a result where the person asked for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.effects.files import LocalFiles

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["write_text"]


def write_text(path: Path, text: str) -> None:
    """Write a text whole or not at all: beside its place, then renamed. A link stays one, and what it leads to is written.

    :raises FileUnwritable: where the folder is missing or may not be written.
    """
    LocalFiles().write(path.resolve() if path.is_symlink() and path.is_file() else path, text.encode())
