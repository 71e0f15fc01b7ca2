"""Patterns of paths, as settings and ``--exclude`` have them: ``vendored``, ``*.in``, ``tests/**/requirements.txt``.

A pattern without a slash is held against each part of a path, one with a slash against the whole path below the pattern's
folder; one that matches a folder matches all that is in it. ``*`` and ``?`` stop at a slash, ``**`` does not.
"""

from __future__ import annotations

import posixpath
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stackpin.model.settings import PathPattern

__all__ = ["Patterns", "below"]


def below(folder: str, path: str) -> str:
    """A path as it is seen from a folder, with ``/`` between its parts; both absolute. Nothing of the disk is looked at."""
    return posixpath.relpath(path, folder)


class Patterns:
    """Several patterns, any of which may match.

    :param cwd: the absolute folder that relative paths, and patterns without a folder of their own, are below.
    """

    def __init__(self, patterns: Iterable[PathPattern], cwd: str) -> None:
        self._cwd = cwd
        self._found = tuple(
            (each.folder or cwd, "/" in each.text.strip("/"), tuple(each.text.removeprefix("./").strip("/").split("/")))
            for each in patterns
        )

    def __bool__(self) -> bool:
        return bool(self._found)

    def matches(self, path: str) -> bool:
        """Whether one of them matches a path, relative to the current folder or absolute."""
        if not self._found:
            return False
        whole = posixpath.normpath(posixpath.join(self._cwd, path))
        for folder, anchored, pattern in self._found:
            parts = below(folder, whole).split("/")
            if anchored and _fits(pattern, parts):
                return True
            if not anchored and any(_fits(pattern, (part,)) for part in parts):
                return True
        return False


def _fits(pattern: Sequence[str], parts: Sequence[str]) -> bool:
    """Whether a pattern matches the parts of a path, or the first of them: a folder's."""
    if not pattern:
        return True
    if pattern[0] == "**":
        rest = range(len(parts))
        return any(_fits(pattern[1:], parts[skipped:]) for skipped in rest) if pattern[1:] else bool(parts)
    return bool(parts) and fnmatchcase(parts[0], pattern[0]) and _fits(pattern[1:], parts[1:])
