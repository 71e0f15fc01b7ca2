"""The tuple in force for one call: solved once, and kept for the next call with the same question.

The answer depends on the question, the catalog and the code alone, so that its digest is the name of the file.
"""

from __future__ import annotations

import json
import os
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stackpin.effects.files import LocalFiles
from stackpin.emit.locked_json import locked_json
from stackpin.errors import FileUnwritable
from stackpin.parse.locked_json import parse_locked
from stackpin.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stackpin.model.locked import LockedTuple
    from stackpin.model.settings import Settings

__all__ = ["Answered", "answered", "kept_answers"]

#: How many answers are kept; the oldest go first.
_KEPT = 64


class Answered:
    """A tuple, and what a person should know beside it."""

    def __init__(self, locked: LockedTuple, notes: tuple[str, ...]) -> None:
        self.locked = locked
        self.notes = notes


def kept_answers(environ: Mapping[str, str]) -> Path | None:
    """The folder of kept answers, below the user's cache folder; None where the user has none."""
    home = environ.get("XDG_CACHE_HOME") or (f"{environ['HOME']}/.cache" if environ.get("HOME") else "")
    return Path(home) / "stackpin" / "tuples" if os.path.isabs(home) else None  # noqa: PTH117 - a text, maybe empty


def answered(asked: Mapping[str, Any], settings: Settings, environ: Mapping[str, str]) -> Answered:
    """The tuple for a question, from the kept answers where the same was asked of the same catalog before.

    :param asked: the fields of a :class:`stackpin.app.compile.Job`; the solver is imported only where it has to work.
    :raises NoTuple: where no tuple satisfies the job.
    """
    folder = kept_answers(environ)
    path = folder / f"{_question(asked, settings)}.json" if folder else None
    raw = _read(path) if path else None
    if raw is not None:
        kept = parse_locked(raw)
        if kept is not None:
            return Answered(*kept)
    from stackpin.app.compile import Job, Workshop, compile_job

    compiled = compile_job(Job(**asked), Workshop(settings), version=VERSION)
    if path is not None:
        _keep(path, locked_json(compiled.locked, compiled.notes))
    return Answered(compiled.locked, compiled.notes)


def _question(asked: Mapping[str, Any], settings: Settings) -> str:
    """A digest of everything that the answer depends on."""
    catalogs = [Path(__file__).parents[2] / "catalog" / "data", *([Path(settings.catalog)] if settings.catalog else [])]
    whole = {
        "version": VERSION,
        "asked": dict(asked),
        "stacks": repr(settings.stacks),
        "allow": settings.allow,
        "catalogs": [_state(folder) for folder in catalogs],
    }
    return sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()


def _state(folder: Path) -> list[str]:
    """What tells one state of a catalog folder from another: its manifest, else the times and sizes of its files."""
    manifest = folder / "manifest.json"
    if manifest.is_file():
        return [sha256(manifest.read_bytes()).hexdigest()]
    found = [(path, path.stat()) for path in sorted(folder.glob("**/*"))]
    return [f"{path} {state.st_mtime_ns} {state.st_size}" for path, state in found]


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None  # not kept yet, or not ours to read: then it is worked out


def _keep(path: Path, text: str) -> None:
    """Keep an answer; a folder that cannot be written to costs the next call its time, and nothing else."""
    try:
        LocalFiles().write(path, text.encode())
        others = sorted(path.parent.glob("*.json"), key=lambda entry: entry.stat().st_mtime_ns)
        for old in others[:-_KEPT]:
            old.unlink(missing_ok=True)
    except (FileUnwritable, OSError):
        return
