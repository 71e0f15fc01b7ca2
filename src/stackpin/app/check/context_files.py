"""Which file a path in an image is, one of the build context or of the Dockerfile: by what ``COPY`` and ``ADD`` brought."""

from __future__ import annotations

from posixpath import basename, normpath
from typing import TYPE_CHECKING

from stackpin.parse.dockerfile import Copied
from stackpin.parse.marked_text import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stackpin.parse.marked_text import Marked

__all__ = ["ContextFiles"]

_WILD = frozenset("*?[")


class ContextFiles:
    """What has been copied into a stage so far."""

    def __init__(self) -> None:
        self._copied: list[Copied] = []
        self._changed: set[str] = set()

    def copy(self) -> ContextFiles:
        """The same for a stage that begins here."""
        other = ContextFiles()
        other._copied, other._changed = list(self._copied), set(self._changed)
        return other

    def add(self, copied: Copied) -> None:
        """Files were copied; what was changed there before is as it was in the context."""
        self._copied.append(copied)
        self._changed -= {basename(path) for path, _ in copied.written}
        if not copied.source:
            self._changed -= {basename(path) for path in copied.paths}

    def write(self, path: str, text: Marked) -> None:
        """A command wrote a file of which all is known.

        :param path: absolute, or from where a script starts; empty where that cannot be told.
        """
        self.add(Copied((), path, "", written=((path, text),)))

    def changed(self, names: Iterable[str]) -> None:
        """A command names or writes these files, so that they may not be as they were copied any more."""
        self._changed.update(basename(name) for name in names)

    def sources(self, path: str) -> tuple[str | Marked, ...]:
        """What an absolute path in the image may be, the likeliest first: paths in the build context, or a text.

        There are none where that is not told, or where the file may have been changed in the image.
        """
        if not path or UNKNOWN in path or basename(path) in self._changed:
            return ()
        found: list[str | Marked] = []
        for copied in reversed(self._copied):
            here = [text for written, text in copied.written if written == path]
            if here:
                found.append(here[-1])
                break  # whatever lay there before is written over
            candidates = list(_candidates(path, copied))
            if copied.source and candidates:
                break  # another stage's file lies there
            found += candidates
        return tuple(dict.fromkeys(found))


def _candidates(path: str, copied: Copied) -> Iterator[str]:
    target = copied.target
    if not target:
        return
    folder = target if target.endswith("/") else f"{target}/"
    for source in copied.paths:
        plain = source.rstrip("/") or "."
        if UNKNOWN in source or source.startswith(("http:", "https:", "git@")):
            continue
        if _WILD & set(source):
            if normpath(path) == normpath(folder + basename(path)):
                yield normpath(f"{plain.rpartition('/')[0] or '.'}/{basename(path)}").lstrip("/")
            continue
        if path in {target, normpath(folder + basename(plain))} and plain != ".":
            yield normpath(plain).lstrip("/")
        if path.startswith(folder):
            yield normpath(f"{plain}/{path[len(folder) :]}").lstrip("/")
