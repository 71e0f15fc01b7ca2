"""Answers of the solver that are kept for the next call: the question as one line, everything that it depends on in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stackpin.effects.kept import state_of
from stackpin.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stackpin.model.settings import Settings

__all__ = ["question_line"]


def question_line(asked: Mapping[str, Any], settings: Settings) -> str:
    """Everything that an answer depends on: what is asked, the code, the catalogs, the user's own stacks.

    :param asked: what JSON can hold.
    """
    catalogs = [Path(__file__).parents[1] / "catalog" / "data", *([Path(settings.catalog)] if settings.catalog else [])]
    whole = {
        "version": VERSION,
        "asked": dict(asked),
        "stacks": repr(settings.stacks),
        "allow": settings.allow,
        "catalogs": [_state(folder) for folder in catalogs],
    }
    return json.dumps(whole, sort_keys=True)


def _state(folder: Path) -> list[str]:
    """What tells one state of a catalog folder from another: its manifest's, else those of all its files."""
    manifest = folder / "manifest.json"
    return [state_of(path) for path in ([manifest] if manifest.is_file() else sorted(folder.glob("**/*")))]
