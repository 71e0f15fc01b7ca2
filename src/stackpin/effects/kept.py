"""Answers that cost time, kept in the user's cache folder for the next call with the very same question.

The question stands in the kept file, so that its name need only tell most questions apart.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from stackpin.errors import FileUnwritable

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["cache_folder", "keep", "kept", "state_of"]

#: How many answers are kept; the oldest go first.
_MOST = 200


def cache_folder(environ: Mapping[str, str]) -> Path | None:
    """The user's cache folder, by the XDG rules; None where the user has none."""
    home = environ.get("XDG_CACHE_HOME") or (f"{environ['HOME']}/.cache" if environ.get("HOME") else "")
    return Path(home) if home.startswith("/") else None


def state_of(path: Path) -> str:
    """What tells one state of a file from another: its name, time and size; the name alone where it is not there."""
    try:
        found = path.stat()
    except OSError:
        return str(path)
    return f"{path} {found.st_mtime_ns} {found.st_size}"


def _place(environ: Mapping[str, str], question: str) -> Path | None:
    folder = cache_folder(environ)
    return folder / "stackpin" / "kept" / f"{zlib.crc32(question.encode()):08x}" if folder else None


def kept(environ: Mapping[str, str], question: str) -> str:
    """The answer to a question of one line, as it was kept; empty where none was."""
    place = _place(environ, question)
    try:
        text = place.read_text(encoding="utf-8") if place else ""
    except (OSError, ValueError):
        return ""  # not kept yet, not ours to read, or damaged
    asked, _, answer = text.partition("\n")
    return answer if asked == question else ""


def keep(environ: Mapping[str, str], question: str, answer: str) -> None:
    """Keep an answer; where nothing can be written, the next call asks again."""
    from stackpin.effects.files import LocalFiles

    place = _place(environ, question)
    if place is None:
        return
    try:
        LocalFiles().write(place, f"{question}\n{answer}".encode())
        others = sorted(place.parent.iterdir(), key=lambda entry: entry.stat().st_mtime_ns)
        for old in others[:-_MOST]:
            old.unlink(missing_ok=True)
    except (FileUnwritable, OSError):
        return
