"""Files as readings: each by its kind, and what other files include not apart from these."""

from __future__ import annotations

import os
import posixpath
import re
from typing import TYPE_CHECKING, NamedTuple

from stackpin.app.check.found_files import LARGEST, find_inputs, read_input
from stackpin.app.check.reading import Reading, trouble_of
from stackpin.errors import InputUnreadable
from stackpin.model.input_file import InputKind
from stackpin.parse.requirement_file import requirement_file_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from stackpin.catalog.loader import Catalog
    from stackpin.check.command_steps import Needs
    from stackpin.model.input_file import InputFile
    from stackpin.model.mention import Subject
    from stackpin.model.settings import PathPattern

__all__ = ["Ground", "read_all"]


class Ground(NamedTuple):
    """What files are read for: the normalized names that matter, the Pythons that there are (``3.11``), the catalog."""

    names: Collection[str]
    pythons: Sequence[str]
    catalog: Catalog


_PROJECTS = (InputKind.PYPROJECT, InputKind.UV_TOML)
_INCLUDED = (InputKind.REQUIREMENTS, InputKind.CONSTRAINTS)
#: What makes a file read others, in which the names may be.
_INCLUDES = re.compile(rb"(?m)^\s*-(?:r|c|-r|-c)|include-group|requirement|COPY|ADD")


def read_all(
    paths: Sequence[str],
    texts: dict[str, str],
    ground: Ground,
    *,
    exclude: Iterable[PathPattern] = (),
    cwd: str = "",
) -> Iterator[Reading]:
    """Everything that paths name, and all that is found in the folders among them, in that order.

    A file of lines that was found and names nothing that matters is passed over at the cost of one search through it.

    :param texts: gets the text of each file that people write, by its path, for the comments in it.
    """
    found = find_inputs(paths, exclude=exclude, cwd=cwd)
    none = () if found.files or found.troubles else (f"{', '.join(paths)}: there is no file in it that is read",)
    yield Reading(troubles=found.troubles, notes=(*found.notes, *none))
    reader = _Reader(texts, ground)
    readings = [(file, reader.read(file)) for file in found.files]
    included = {path for _, reading in readings for path in reading.read}
    for file, reading in readings:
        if file.named or file.kind not in _INCLUDED or os.path.realpath(file.path) not in included:
            yield reading


class _Reader:
    """Reads files of every kind, one after the other."""

    def __init__(self, texts: dict[str, str], ground: Ground) -> None:
        self._texts, self._names, self._pythons, self._catalog = texts, ground.names, ground.pythons, ground.catalog
        self._needs: Needs | None = None
        spelled = sorted((re.escape(name).replace("\\-", "[-_.]") for name in self._names), key=len, reverse=True)
        self._matters = re.compile("|".join(spelled).encode(), re.IGNORECASE)

    def read(self, file: InputFile) -> Reading:
        """One file; what cannot be read is a trouble."""
        try:
            content = read_input(file)
            if not file.named and not self._is_worth_it(file.kind, content):
                return Reading()
            if not file.kind.is_lock:
                self._texts[file.path] = requirement_file_text(content)
            return self._parsed(file, content)
        except InputUnreadable as error:
            return Reading(troubles=(trouble_of(error, file.path),))

    def _is_worth_it(self, kind: InputKind, content: bytes) -> bool:
        """Whether a file that was found may say anything; of TOML it is also worth knowing that it is broken."""
        toml = kind.is_lock or kind in _PROJECTS
        return toml or bool(self._matters.search(content) or _INCLUDES.search(content))

    def _parsed(self, file: InputFile, content: bytes) -> Reading:
        if file.kind in _INCLUDED:
            from stackpin.app.check.requirement_files import requirement_subjects

            constraints = file.kind is InputKind.CONSTRAINTS
            return requirement_subjects(file.path, content, self._include, constraints=constraints, names=self._names)
        if file.kind in _PROJECTS:
            from stackpin.app.check.projects import project_subjects

            return project_subjects(file, content, names=self._names, pythons=self._pythons)
        if file.kind is InputKind.CONDA:
            from stackpin.app.check.projects import conda_subjects

            return conda_subjects(file.path, content, self._include, names=self._names)
        if file.kind.is_lock:
            return self._lock(file, content)
        return self._commands(file, content)

    def _lock(self, file: InputFile, content: bytes) -> Reading:
        from stackpin.app.check.locks import lock_subjects

        project = self._beside(file, "pyproject.toml") if file.kind is InputKind.POETRY_LOCK else None
        subjects, notes = lock_subjects(
            content, file.path, file.kind, self._pythons, about=self._names, project=project
        )
        return Reading(subjects=tuple(subjects), notes=notes)

    def _commands(self, file: InputFile, content: bytes) -> Reading:
        from stackpin.app.check.commands import catalog_needs, command_subjects
        from stackpin.app.check.requirement_files import requirement_subjects
        from stackpin.check.file_rules import local_in_range

        if self._needs is None:
            self._needs = catalog_needs(self._catalog)
        followed: list[Reading] = []

        def read(path: str, constraints: bool) -> Subject | None:  # noqa: FBT001 - as it is called
            beside = posixpath.join(posixpath.dirname(file.path), path)
            place = beside if os.path.exists(beside) else path  # noqa: PTH110 - paths are texts here
            try:
                found = requirement_subjects(
                    place, self._include(place), self._include, constraints=constraints, names=self._names
                )
            except InputUnreadable:
                return None  # it is no file of the build context
            followed.append(found._replace(read=(*found.read, os.path.realpath(place))))
            return next(iter(found.subjects), None)

        found = command_subjects(content, file.path, file.kind, read=read, needs=self._needs)
        return Reading(
            subjects=found.subjects,
            findings=(*found.findings, *(one for text, place in found.wrong for one in local_in_range(text, place))),
            notes=found.notes,
            read=tuple(path for reading in followed for path in reading.read),
        )

    def _beside(self, file: InputFile, name: str) -> bytes | None:
        path = posixpath.join(posixpath.dirname(file.path), name)
        return self._include(path) if os.path.isfile(path) else None  # noqa: PTH113 - paths are texts here

    def _include(self, path: str) -> bytes:
        """The bytes of a file that another one names."""
        from stackpin.effects.input_files import read_up_to

        content = read_up_to(path, LARGEST, what="requirements file")
        self._texts[path] = requirement_file_text(content)
        return content
