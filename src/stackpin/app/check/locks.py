"""Lock files by their names, and what each installs on every target that it is for: bytes in, subjects and notes out."""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING

from stackpin.check.lock_targets import LockSubjects
from stackpin.parse.lock_text import MOST_BYTES

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

__all__ = ["MOST_BYTES", "LockKind", "LockSubjects", "lock_kind", "lock_subjects"]

_PYLOCK = re.compile(r"pylock(\.[^.]+)?\.toml")


class LockKind(str, Enum):
    """Whose format a lock file has."""

    UV = "uv"
    PYLOCK = "pylock"
    POETRY = "poetry"


def lock_kind(name: str) -> LockKind | None:
    """The kind of a file by its name without folders; None where that is no lock's that can be read."""
    if name == "uv.lock" or name.endswith(".py.lock"):
        return LockKind.UV
    if _PYLOCK.fullmatch(name):
        return LockKind.PYLOCK
    return LockKind.POETRY if name == "poetry.lock" else None


def lock_subjects(
    content: bytes,
    shown: str,
    kind: LockKind,
    pythons: Sequence[str],
    *,
    about: Collection[str] | None = None,
    project: bytes | None = None,
) -> LockSubjects:
    """What a lock file installs: one subject for each set of packages, its part telling the targets (Linux; CPython).

    Of extras and groups all are taken; of those that exclude each other one at a time. A target is left out, with a note,
    where the lock cannot be installed (a package has no file for it), or where it cannot be told what is.

    :param content: at most :data:`MOST_BYTES`, else it is refused.
    :param shown: the file's name, for the places and messages.
    :param pythons: the minors to look at (``3.11``); those that the lock rules out are passed over.
    :param about: the normalized names that matter: others are no mentions, and targets that differ in nothing else are
        folded. None: all.
    :param project: the ``pyproject.toml`` beside a ``poetry.lock``, without which those of poetry 1 cannot be judged.
    :raises InputUnreadable: when it is not what its name says, in a format that is not known, or cut.
    """
    if kind is LockKind.UV:
        from stackpin.check.uv_subjects import uv_lock_subjects
        from stackpin.parse.uv_lock import parse_uv_lock

        return uv_lock_subjects(parse_uv_lock(content, shown), shown, pythons, about)
    if kind is LockKind.PYLOCK:
        from stackpin.check.pylock_subjects import pylock_subjects
        from stackpin.parse.pylock import parse_placed_pylock

        return pylock_subjects(parse_placed_pylock(content, shown), shown, pythons, about)
    from stackpin.check.poetry_subjects import poetry_lock_subjects
    from stackpin.parse.poetry_lock import parse_poetry_lock
    from stackpin.parse.poetry_project import parse_poetry_project

    known = parse_poetry_project(project) if project is not None else None
    return poetry_lock_subjects(parse_poetry_lock(content, shown), shown, pythons, about, known)
