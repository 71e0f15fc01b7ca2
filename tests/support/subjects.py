"""Subjects of ``check`` from plain lines, one a line: requirements as they stand in a file, or what is installed."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from stackpin.app.check.tuples import SolvedTuples
from stackpin.app.compile import Workshop
from stackpin.check.judge import InForce, Judge, Judged
from stackpin.model.mention import Mention, Place, Role, Subject, SubjectKind

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["judged", "subject", "told"]

_ROLES = {SubjectKind.ENVIRONMENT: Role.INSTALLED, SubjectKind.LOCK: Role.LOCKED}


@cache
def _workshop() -> Workshop:
    return Workshop()


def subject(
    kind: SubjectKind, lines: Iterable[str], *, tag: str = "", pythons: tuple[str, ...] = (), machine: str = "x86_64"
) -> Subject:
    """The subject that says these lines; each stands on the line of its number."""
    mentions = tuple(_mention(kind, number, line) for number, line in enumerate(lines, 1))
    return Subject(path="it", kind=kind, mentions=mentions, tag=tag, pythons=pythons, machine=machine)


def _mention(kind: SubjectKind, number: int, line: str) -> Mention:
    requirement = Requirement(line.removeprefix("-c "))
    role = Role.CONSTRAINED if line.startswith("-c ") else _ROLES.get(kind, Role.REQUIRED)
    specifier = str(requirement.specifier)
    exact = specifier.startswith("==") and "*" not in specifier and "," not in specifier
    return Mention(
        name=canonicalize_name(requirement.name),
        place=Place(path="it", line=number, column=1, end_column=len(str(requirement)) + 1),
        role=role,
        version=specifier.lstrip("=") if exact else "",
        specifier=specifier if role not in _ROLES.values() else "",
        extras=tuple(sorted(requirement.extras)),
        marker=str(requirement.marker or ""),
        text=str(requirement),
    )


def judged(one: Subject, in_force: InForce | None = None) -> Judged:
    """What the judge says of it, with the embedded catalog."""
    workshop = _workshop()
    judge = Judge(
        workshop.facts,
        workshop.stacks.by_name.values(),
        SolvedTuples(workshop),
        in_force=in_force or InForce(),
        pythons=lambda: ("3.10", "3.11", "3.12"),
    )
    return judge.judge(one)


def told(one: Subject, in_force: InForce | None = None) -> list[str]:
    """The findings as ``SP101 2: message``."""
    return [f"{each.rule.id} {each.place.line}: {each.message}" for each in judged(one, in_force).findings]
