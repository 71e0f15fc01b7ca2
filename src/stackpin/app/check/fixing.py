"""Fixes made in the files that they are about: each file at once, or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from stackpin.app.check.reading import trouble_of
from stackpin.effects.files import LocalFiles
from stackpin.errors import InputUnreadable
from stackpin.parse.requirement_file import mark_of
from stackpin.patch.requirements_fix import edited, shape_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stackpin.model.finding import Edit, Finding, Trouble
    from stackpin.ports import Files

__all__ = ["Fixed", "fix_files"]


class Fixed(NamedTuple):
    """What was done. ``findings`` are those whose edits were made, ``files`` those that were written.

    ``troubles`` tell of edits that were not made; the finding is then still there.
    """

    findings: tuple[Finding, ...]
    files: tuple[str, ...]
    troubles: tuple[Trouble, ...]


def fix_files(findings: Iterable[Finding], *, files: Files | None = None) -> Fixed:
    """Make the edits of findings. A finding whose edits cannot all be made has none of them made.

    Of two findings that want the same text to be different things the first has its way; the other is still there when the
    file is checked again. A file is written beside and renamed; a link stays one, and what it leads to is written.

    :raises FileUnwritable: when a file cannot be written; those before it are.
    """
    return _Fixing(files or LocalFiles()).run(list(findings))


class _Fixing:
    """One run over the findings; the texts of the files are kept, and each edit is tried with those that were taken."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._texts: dict[str, tuple[str, bytes, str]] = {}
        self._taken: dict[str, list[Edit]] = {}
        self._new: dict[str, str] = {}
        self._troubles: list[Trouble] = []

    def run(self, findings: list[Finding]) -> Fixed:
        """Try each finding, then write."""
        done = tuple(finding for finding in findings if finding.fix.edits and self._take(finding))
        written = []
        for path, new in self._new.items():
            text, mark, encoding = self._texts[path]
            if new != text:
                self._files.write(Path(path).resolve(), mark + new.encode(encoding))
                written.append(path)
        return Fixed(done, tuple(written), tuple(dict.fromkeys(self._troubles)))

    def _take(self, finding: Finding) -> bool:
        by_file: dict[str, list[Edit]] = {}
        for edit in finding.fix.edits:
            by_file.setdefault(edit.place.path, []).append(edit)
        tried: dict[str, tuple[list[Edit], str]] = {}
        for path, edits in by_file.items():
            together = list(dict.fromkeys([*self._taken.get(path, ()), *edits]))
            try:
                tried[path] = together, edited(self._text(path), together, shape_of(path))
            except InputUnreadable as error:
                self._troubles.append(trouble_of(error, path))
                return False
        for path, (together, new) in tried.items():
            self._taken[path], self._new[path] = together, new
        return True

    def _text(self, path: str) -> str:
        """A file's text.

        :raises InputUnreadable: when it is not there, or its bytes would not come out again as they were.
        """
        if path not in self._texts:
            content = self._files.read(Path(path))
            if content is None:
                raise InputUnreadable("not edited: the file is gone", where=path)
            mark, encoding = mark_of(content)
            try:
                text = content[len(mark) :].decode(encoding or "utf-8")
            except UnicodeDecodeError as error:
                raise InputUnreadable(
                    "not edited: the file's encoding is not known", where=path, got=str(error), expected="UTF-8"
                ) from error
            self._texts[path] = text, mark, encoding or "utf-8"
        return self._texts[path][0]
