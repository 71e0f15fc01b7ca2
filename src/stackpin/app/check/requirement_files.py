"""Requirements and constraints files as subjects, with all files that they include."""

from __future__ import annotations

import re
from itertools import islice
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from stackpin.app.check.reading import Reading, trouble_of
from stackpin.check.file_rules import MarkedIndex, local_in_range, marker_on_index
from stackpin.errors import InputUnreadable
from stackpin.model.finding import Finding, Trouble
from stackpin.model.mention import IndexLine, Mention, Place, Role, Subject, SubjectKind
from stackpin.parse.constraints import parse_constraints
from stackpin.parse.requirement_mention import is_template, mention_of, shown_address
from stackpin.parse.requirement_places import parse_placed_file
from stackpin.parse.text_input import text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from stackpin.parse.requirement_places import PlacedFile, PlacedLine, PlacedNested, PlacedOption
    from stackpin.parse.text_places import Span

__all__ = ["RequirementReader", "requirement_subjects"]

#: How deep files may include each other, and how many are read for one.
_DEPTH, _FILES = 20, 500
#: Where so many lines are no requirements, the file is none of requirements, and the rest of it is left.
_WRONG = 100
_KIND = "requirements file"
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_OURS = re.compile(r"# .+ on \S+, compiled by stackpin \S+")
#: What another tool reads as a project or a lock where it is named as a requirements file.
_OTHER_KINDS = (".toml", ".py", ".cfg", ".lock")


def requirement_subjects(
    path: str,
    content: bytes,
    read: Callable[[str], bytes],
    *,
    constraints: bool = False,
    names: Collection[str] | None = None,
) -> Reading:
    """One file as a subject, with those that it includes.

    Nothing is read but what the files name, relative to the file that names it, and no address is fetched.

    :param path: the file's own, as it is shown.
    :param read: the bytes of a file that is included, by its path; raises :class:`InputUnreadable` where it has none.
    :param names: the normalized names that matter; nothing is kept of the others. None: all do.
    :param constraints: whether the file only holds versions: what it names is not asked for.
    """
    reader = RequirementReader(path, read, names)
    try:
        text = text_of(content, path, _KIND)
    except InputUnreadable as error:
        return Reading(troubles=(trouble_of(error, path),))
    own = _OURS.match(text)
    role = Role.CONSTRAINED if constraints or own else Role.REQUIRED
    reader.take(text, path, role)
    subject = reader.subject()
    return reader.reading(_with_target(subject, text) if own else subject)


class RequirementReader:
    """Collects what files say that are installed together.

    :param top: the path of the file that the subject is named after.
    :param names: the normalized names that matter; None: all do.
    """

    def __init__(self, top: str, read: Callable[[str], bytes], names: Collection[str] | None = None) -> None:
        self._top = top
        self._names = names
        self._read = read
        self._mentions: list[Mention] = []
        self._indexes: list[IndexLine] = []
        self._findings: list[Finding] = []
        self._troubles: list[Trouble] = []
        self._notes: list[str] = []
        self._seen = {(_resolved(top), role) for role in (Role.REQUIRED, Role.CONSTRAINED)}
        self._others: dict[str, None] = {}
        self._resolved: dict[str, str] = {}

    def subject(self, pythons: tuple[str, ...] = ()) -> Subject:
        """All that was taken, as one subject."""
        return Subject(
            path=self._top,
            kind=SubjectKind.REQUIREMENTS,
            mentions=tuple(self._mentions),
            indexes=tuple(self._indexes),
            pythons=pythons,
        )

    def reading(self, subject: Subject) -> Reading:
        """What the files came to; a subject that names nothing is none."""
        return Reading(
            subjects=(subject,) if subject.mentions or subject.indexes else (),
            findings=tuple(self._findings),
            troubles=tuple(self._troubles),
            notes=tuple(dict.fromkeys(self._notes)),
            read=tuple(self._others),
        )

    def note(self, text: str) -> None:
        """Something that was not read, and why."""
        self._notes.append(text)

    def take(self, text: str, path: str, role: Role, depth: int = 0) -> None:
        """A file with all that it includes.

        :param path: the file's own, as it is shown; what it includes is found from there.
        """
        self.take_parsed(parse_placed_file(text), path, role, depth)

    def take_parsed(
        self, found: PlacedFile, path: str, role: Role, depth: int = 0, at: Callable[[Span], Place] | None = None
    ) -> None:
        """The same for what is parsed already.

        :param at: the place of a stretch of the text; by default that of the file at ``path``.
        """

        def in_file(span: Span) -> Place:
            return Place(path=path, line=span.line, column=span.column, end_column=span.end_column)

        place = at or in_file
        lines = ((line, place(line.span)) for line in found.lines)
        wrong = list(islice((each for each in lines if not self._requirement(*each, role)), _WRONG))
        if wrong:
            self._troubles.append(_not_requirements(wrong))
        for option in found.options:
            self._index(option, place)
        for nested in found.nested:
            self._include(nested, path, role, place(nested.span), depth)

    def _requirement(self, line: PlacedLine, place: Place, role: Role) -> bool:
        """Take a requirement; whether there is nothing wrong with it that has not been told."""
        try:
            mention = mention_of(line.line, place, role, text=line.text, names=self._names)
        except ValueError:
            findings = local_in_range(line.text, place)
            self._findings += findings
            return bool(findings) or is_template(line.text)
        if mention is not None:
            self._mentions.append(mention)
        return True

    def _index(self, option: PlacedOption, place: Callable[[Span], Place]) -> None:
        address = shown_address(option.address)
        if not address or is_template(address):
            return
        self._indexes.append(IndexLine(address=address, option=option.option, place=place(option.span)))
        if option.tail:
            self._findings.append(
                marker_on_index(
                    MarkedIndex(
                        option=option.option,
                        address=address,
                        place=place(option.span),
                        marker=option.tail,
                        tail=option.tail_text,
                        tail_place=place(option.tail_span),
                        glued=option.glued,
                    )
                )
            )

    def _include(self, nested: PlacedNested, path: str, role: Role, place: Place, depth: int) -> None:
        where = f"{place.path}:{place.line}"
        if _SCHEME.match(nested.path) or nested.path == "-":
            self.note(f"{where}: {shown_address(nested.path)} is not read: no address is fetched")
            return
        if not nested.path or is_template(nested.path):
            self.note(f"{where}: {nested.path or 'a file without a name'} is not read: what it stands for is not known")
            return
        if nested.path.endswith(_OTHER_KINDS):
            self.note(f"{where}: {nested.path} is not read as a requirements file: name it to check it")
            return
        other = str(PurePath(path).parent / nested.path)
        inner = Role.CONSTRAINED if nested.constraint else role
        if other not in self._resolved:
            self._resolved[other] = _resolved(other)
        key = (self._resolved[other], inner)
        if key in self._seen:
            return
        self._seen.add(key)
        if depth >= _DEPTH or len(self._seen) > _FILES:
            self.note(f"{where}: {nested.path} is not read: too many files include each other")
            return
        try:
            text = text_of(self._read(other), other, _KIND)
        except InputUnreadable as error:
            self._troubles.append(trouble_of(error, other, place))
            return
        self._others[key[0]] = None
        self.take(text, other, inner, depth + 1)


def _with_target(subject: Subject, text: str) -> Subject:
    """A file that stackpin wrote says itself what it is for."""
    try:
        stated = parse_constraints(text, where=subject.path)
    except InputUnreadable:
        return subject
    return subject.__replace__(
        machine=stated.machine,
        pythons=stated.pythons,
        tag=stated.cuda,
        tag_place=Place(path=subject.path, line=1, column=1),
    )


def _not_requirements(wrong: list[tuple[PlacedLine, Place]]) -> Trouble:
    line, place = wrong[0]
    others = f"{len(wrong) - 1} more lines" if len(wrong) < _WRONG else "many more lines"
    more = f", and {others}" if len(wrong) > 1 else ""
    shown = line.text if len(line.text) <= 60 else f"{line.text[:60]}…"
    return Trouble(
        slug=InputUnreadable.slug, message=f"no requirement that pip or uv would take: {shown!r}{more}", place=place
    )


def _resolved(path: str) -> str:
    try:
        return str(Path(path).resolve())
    except (OSError, RuntimeError, ValueError):  # a loop of links; a NUL
        return path
