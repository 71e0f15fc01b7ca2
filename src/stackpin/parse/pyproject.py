"""``pyproject.toml``: all that is to be installed together, part by part, with the place of every requirement.

Source: the standard's ``[project]`` and ``[dependency-groups]`` (PEP 621, PEP 735), and the manuals of uv and pdm.
:mod:`stackpin.parse.poetry_project` reads poetry's tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from stackpin.model.mention import IndexLine, Mention, Place, Role, Subject, SubjectKind
from stackpin.model.names import normalized_name
from stackpin.parse.named_lists import NamedLists
from stackpin.parse.poetry_tables import poetry_indexes, poetry_pythons, poetry_sources, poetry_tables
from stackpin.parse.project_tables import Declared, read_tables, table_of
from stackpin.parse.uv_sources import UvTables

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from stackpin.parse.project_tables import ProjectTables
    from stackpin.parse.toml_places import Path

__all__ = ["ProjectSubjects", "parse_pyproject"]

_PDM: Path = ("tool", "pdm")
_BUILD: Path = ("tool", "uv", "build-constraint-dependencies")


class ProjectSubjects(NamedTuple):
    """A project's subjects, and the requirements that no installer takes, each with its place."""

    subjects: tuple[Subject, ...]
    refused: tuple[tuple[str, Place], ...] = ()


def parse_pyproject(
    content: bytes, where: str, *, names: Collection[str] | None = None, pythons: Sequence[str] = ()
) -> ProjectSubjects:
    """The subjects of a project: itself, and itself with each of its extras and groups; none where it is not for Linux.

    :param where: the file's name, as it is shown.
    :param names: the normalized names that matter; an extra or a group that adds none of them is no subject. None: all do.
    :param pythons: the minors that there are, of which the project's ``requires-python`` admits some.
    :raises InputUnreadable: where the bytes are no TOML.
    """
    tables = read_tables(content, where, names)
    uv = UvTables(tables)
    declared = [_standard(tables, uv), _pdm(tables), poetry_tables(tables)]
    held = (*uv.held, *_pdm_overrides(tables))
    base = tuple(mention for each in declared for mention in each.base)
    apart = {part for each in declared for part in each.apart}
    parts = [
        (part, mentions) for part, mentions in (("", base), *_parts(declared, names)) if mentions or (not part and held)
    ]
    build = tuple(tables.mentions(_BUILD, Role.CONSTRAINED))
    if not parts and not build:
        return ProjectSubjects((), tuple(dict.fromkeys(tables.refused)))
    indexes = (*uv.indexes(), *_pdm_indexes(tables), *poetry_indexes(tables))
    minors = _minors(tables, pythons)
    machine = uv.machine(minors or pythons or ("3.12",))
    if not machine:
        return ProjectSubjects((), tuple(dict.fromkeys(tables.refused)))
    subjects = [
        Subject(
            path=where,
            kind=SubjectKind.PROJECT,
            mentions=_distinct((*(() if part in apart else base), *mentions, *held)),
            part=part,
            pythons=minors,
            machine=machine,
            indexes=indexes,
        )
        for part, mentions in parts
    ]
    if build and _matters(build, names):
        subjects.append(
            Subject(
                path=where, kind=SubjectKind.PROJECT, mentions=build, part="builds", machine=machine, indexes=indexes
            )
        )
    return ProjectSubjects(tuple(subjects), tuple(dict.fromkeys(tables.refused)))


def _parts(declared: Sequence[Declared], names: Collection[str] | None) -> Iterator[tuple[str, tuple[Mention, ...]]]:
    """What each extra and each group adds, whichever tool's table says so."""
    for kind in ("extra", "group"):
        merged: dict[str, tuple[Mention, ...]] = {}
        for each in declared:
            for name, mentions in (each.extras if kind == "extra" else each.groups).items():
                merged[name] = (*merged.get(name, ()), *mentions)
        for name, mentions in merged.items():
            if _matters(mentions, names):
                yield f"{kind} {name}", mentions


def _matters(mentions: Iterable[Mention], names: Collection[str] | None) -> bool:
    return names is None or any(each.name in names for each in mentions)


def _distinct(mentions: Iterable[Mention]) -> tuple[Mention, ...]:
    return tuple(dict.fromkeys(mentions))


def _standard(tables: ProjectTables, uv: UvTables) -> Declared:
    """What the standard's own tables say, with uv's sources, and uv's older table of development."""
    project: Path = ("project",)
    own = normalized_name(str(tables.table(project).get("name", "")))
    extras = NamedLists(tables, (*project, "optional-dependencies"), own)
    groups = NamedLists(tables, ("dependency-groups",), own)
    bound = poetry_sources(tables)
    base = [
        mention.__replace__(address=mention.address or bound.get(mention.name, ""))
        for found in tables.mentions((*project, "dependencies"))
        for mention in uv.with_sources(found, "", "")
        if found.name != own
    ]
    listed = {
        kind: {
            name: tuple(
                mention
                for where, mentions in lists.whole(name, extras)
                for found in mentions
                for mention in uv.with_sources(found, *where)
            )
            for name in lists.names
        }
        for kind, lists in (("extra", extras), ("group", groups))
    }
    if older := uv.older_group():
        listed["group"]["dev"] = (*listed["group"].get("dev", ()), *older)
    apart = frozenset(f"{kind} {name}" for kind, name in uv.apart_from(own))
    return Declared(base=tuple(base), extras=listed["extra"], groups=listed["group"], apart=apart)


def _pdm(tables: ProjectTables) -> Declared:
    """The groups of pdm."""
    development: Path = (*_PDM, "dev-dependencies")
    groups = {}
    for name in tables.table(development):
        texts = [(path, text.removeprefix("-e ").strip()) for path, text in tables.strings((*development, name))]
        found = [tables.mention(path, text, Role.REQUIRED) for path, text in texts]
        groups[str(normalized_name(name))] = tuple(mention for mention in found if mention is not None)
    return Declared(groups=groups)


def _pdm_indexes(tables: ProjectTables) -> Iterator[IndexLine]:
    """The sources of pdm that all packages see; one that is for some packages binds none of the others."""
    for path, item in tables.tables((*_PDM, "source")):
        if not item.get("include_packages"):
            yield from tables.index((*path, "url"), "tool.pdm.source")


def _pdm_overrides(tables: ProjectTables) -> Iterator[Mention]:
    """What pdm overrides: a version, a range or an address by name."""
    path: Path = (*_PDM, "resolution", "overrides")
    for name, text in table_of(tables.at(path)).items():
        if not isinstance(text, str) or "://" in text:
            continue
        specifier = text if text[:1] in "<>=!~" else f"=={text}"
        found = tables.mention((*path, name), f"{name}{specifier}", Role.OVERRIDDEN)
        if found is not None:
            yield found.__replace__(text=text, bare=True)


def _minors(tables: ProjectTables, known: Sequence[str]) -> tuple[str, ...]:
    """The minors that the project is for; empty where it is for all, or says nothing that can be read."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    text = tables.table(("project",)).get("requires-python") or poetry_pythons(tables)
    if not isinstance(text, str):
        return ()
    try:
        wanted = SpecifierSet(text)
    except InvalidSpecifier:
        return ()
    found = tuple(
        minor for minor in known if any(wanted.contains(f"{minor}.{patch}") for patch in (0, 99, *range(1, 30)))
    )
    return () if len(found) == len(known) else found
