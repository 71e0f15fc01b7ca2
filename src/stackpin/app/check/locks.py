"""What a lock file installs on every target that it is for: bytes in, subjects and notes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.check.lock_targets import LockSubjects
from stackpin.model.input_file import InputKind
from stackpin.parse.lock_text import MOST_BYTES

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

__all__ = ["MOST_BYTES", "LockSubjects", "lock_subjects"]


def lock_subjects(
    content: bytes,
    shown: str,
    kind: InputKind,
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
    if kind is InputKind.UV_LOCK:
        from stackpin.check.uv_subjects import uv_lock_subjects
        from stackpin.parse.uv_lock import parse_uv_lock

        return uv_lock_subjects(parse_uv_lock(content, shown), shown, pythons, about)
    if kind is InputKind.PYLOCK:
        from stackpin.check.pylock_subjects import pylock_subjects
        from stackpin.parse.pylock import parse_placed_pylock

        return pylock_subjects(parse_placed_pylock(content, shown), shown, pythons, about)
    from stackpin.check.poetry_subjects import poetry_lock_subjects
    from stackpin.parse.poetry_lock import parse_poetry_lock
    from stackpin.parse.poetry_project import parse_poetry_project

    known = parse_poetry_project(project) if project is not None else None
    return poetry_lock_subjects(parse_poetry_lock(content, shown), shown, pythons, about, known)
