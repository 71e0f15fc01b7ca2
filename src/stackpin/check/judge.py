"""The judge: what a subject says of the packages that move together, held against the tuple of its own anchor.

Only what a fact rules out is a finding. A version that the catalog does not know, a build that it does not cover, an
anchor that nobody pins: these are passed over, with a note.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stackpin.check.case import Case, Ground, proves, requirement_of
from stackpin.check.stated import variants
from stackpin.check.tags import tags_of
from stackpin.check.telling import finding_of_refusal
from stackpin.model.names import normalized_name
from stackpin.model.stack import TORCH
from stackpin.model.value import Value, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from stackpin.catalog.facts import Facts
    from stackpin.check.question import Question, Tuples
    from stackpin.check.stated import Stated, Variant
    from stackpin.model.finding import Finding
    from stackpin.model.locked import LockedTuple
    from stackpin.model.mention import Subject
    from stackpin.model.stack import Stack

__all__ = ["InForce", "Judge", "Judged"]


_NAME = re.compile(r"[\w.-]+")


class InForce(Value):
    """What settings and the command line say: requirements on stacks' anchors, the tag, members that are set free.

    ``driver`` and ``gpu`` are those of the machine that files are for.
    """

    stacks: tuple[str, ...] = ()
    cuda: str = ""
    allow: tuple[str, ...] = ()
    driver: str = ""
    gpu: str = ""


class Judged(Value):
    """What one subject came to; ``notes`` say what was not judged, and why.

    ``locked`` are the tuples that it was held against, and ``whole`` is whether all that it says goes with them.
    """

    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    locked: tuple[LockedTuple, ...] = ()
    whole: bool = False


class Judge:
    """Judges subjects against one catalog.

    :param stacks: every stack that is known.
    :param pythons: the Pythons (``3.11``) that any wheel is for; asked only where markers are to be judged.
    :param also: further names that matter in files: what torch's METADATA pins.
    """

    def __init__(
        self,
        facts: Facts,
        stacks: Iterable[Stack],
        tuples: Tuples,
        *,
        in_force: InForce,
        pythons: Callable[[], Sequence[str]],
        also: Collection[str] = (),
    ) -> None:
        self._facts, self._tuples = facts, tuples
        self._in_force, self._pythons = in_force, pythons
        known = tuple(stacks)
        self._engines = frozenset(str(stack.anchor) for stack in known if stack.anchor != TORCH)
        self._ground = Ground(
            facts=facts,
            tuples=tuples,
            engines=self._engines,
            exact_tag=bool(in_force.cuda),
            driver=in_force.driver,
            gpu=in_force.gpu,
        )
        self._names = facts.names_that_matter.union(also, *(stack.names for stack in known)) - set(in_force.allow)

    @property
    def pythons(self) -> tuple[str, ...]:
        """The Pythons that any wheel is for."""
        return tuple(self._pythons())

    @property
    def names(self) -> frozenset[str]:
        """The normalized names that anything can be said about."""
        return self._names

    def judge(self, subject: Subject) -> Judged:
        """All findings on one subject; what is the same on every Python is told once."""
        told: dict[tuple[object, ...], tuple[Finding, list[str]]] = {}
        notes: list[str] = []
        locked: list[LockedTuple] = []
        count = 0
        for variant in variants(subject, self._names, self._pythons):
            judged = self._variant(subject, variant)
            count += 1
            notes += judged.notes
            locked += judged.locked
            for finding in judged.findings:
                key = (finding.rule.id, finding.place, finding.package, finding.message)
                told.setdefault(key, (finding, []))[1].extend(variant.pythons)
        findings = tuple(
            replace(finding, part=_part(subject, pythons if count > 1 else [])) for finding, pythons in told.values()
        )
        return Judged(findings=findings, notes=tuple(dict.fromkeys(notes)), locked=tuple(locked))

    # one variant

    def _variant(self, subject: Subject, variant: Variant) -> Judged:
        """The findings with the likeliest tag under which there are fewest."""
        tags = tags_of(subject, variant.stated, self._facts.tags, self._in_force.cuda)
        where = f"{subject.path} ({subject.part})" if subject.part else subject.path
        if tags.foreign:
            return Judged(notes=(f"{where}: {tags.foreign} is not covered: nothing is said of what goes with it",))
        best: Judged | None = None
        for tag in tags.tags:
            judged = self._under(subject, variant, tag, told=tags.told)
            if best is None or len(judged.findings) < len(best.findings):
                best = judged
            if not best.findings:
                break
        return best or Judged()

    def _under(self, subject: Subject, variant: Variant, tag: str, *, told: bool) -> Judged:
        case = Case(self._ground, subject, variant, tag)
        asked = self._anchors(case)
        found = [self._held_to(case, anchors, told=told) for anchors in asked]
        settled = all(judged.locked and (judged.findings or judged.whole) for judged in found) and found
        if not settled and TORCH in variant.stated and not self._in_force.stacks:
            found.append(self._held_to(case, (requirement_of(variant.stated[TORCH].first),), told=told))
        if not any(judged.findings for judged in found):
            found += [self._at_odds(case, anchors, judged) for anchors, judged in zip(asked, found, strict=False)]
        return _together(found)

    def _at_odds(self, case: Case, anchors: tuple[str, ...], judged: Judged) -> Judged:
        """What is asked for together, where each part for itself could be met and the whole cannot."""
        names = _names(anchors)
        if judged.whole or not judged.locked or names[0] not in case.stated:
            return Judged()
        question = replace(case.question(anchors), members=tuple(case.members(names).values()))
        explanation = self._tuples.refusal(question)
        if explanation is None or not all(proves(each.reasons, done=case.is_done) for each in explanation.refusals):
            return Judged()
        return Judged(findings=(finding_of_refusal(explanation, case.stated[names[0]].first),))

    def _anchors(self, case: Case) -> list[tuple[str, ...]]:
        """The questions to ask: each the anchors that must share an environment."""
        stated = case.stated
        if self._in_force.stacks:
            return [tuple(_narrowed(text, stated) for text in self._in_force.stacks)]
        engines = [name for name in stated if name in self._engines]
        required = [name for name in engines if stated[name].is_required]
        if required:
            return [tuple(requirement_of(stated[name].first) for name in required)]
        return [(requirement_of(stated[name].first),) for name in engines]

    def _held_to(self, case: Case, anchors: tuple[str, ...], *, told: bool) -> Judged:
        names = _names(anchors)
        question = case.question(anchors)
        members = case.members(names)
        locked = self._tuples.tuple_of(replace(question, members=tuple(members.values())))
        whole = locked is not None
        if locked is None:
            locked = self._tuples.tuple_of(question)
        if locked is None and case.is_done and not self._in_force.cuda:
            question = replace(question, cuda="pypi")
            locked = self._tuples.tuple_of(question)
        if locked is None:
            return self._without(case, question, names, told=told)
        findings = [
            *case.findings(locked, question, members, whole=whole, anchors=names),
            *case.of_machine(locked, names),
        ]
        return Judged(findings=tuple(findings), notes=tuple(case.notes), locked=(locked,), whole=whole)

    def _without(self, case: Case, question: Question, names: Sequence[str], *, told: bool) -> Judged:
        """No tuple for the anchors as they stand: told where facts say why."""
        place = case.stated[names[0]].first if names[0] in case.stated else None
        where = f"{case.subject.path}: " if place is None else f"{place.place.path}: "
        unknown = [
            name for name in names if (version := case.version_of(name)) and not self._tuples.carries(name, version)
        ]
        if unknown:
            release = f"{unknown[0]} {case.version_of(unknown[0])}"
            return Judged(notes=(f"{where}{release} is not in the catalog: nothing is said of what goes with it",))
        if place is None or not (told or len(names) > 1 or question.members or case.is_exact(names)):
            return Judged()
        chain = self._tuples.refuted(question)
        if not proves(chain, done=case.is_done, closed=case.takes_pypis(names)) or not case.is_for_python(chain):
            return Judged()
        explanation = self._tuples.refusal(question)
        if explanation is None:
            return Judged()
        return Judged(findings=(finding_of_refusal(explanation, place),))


def _part(subject: Subject, pythons: Sequence[str]) -> str:
    """Where a finding holds, if that is not everywhere: the subject's own part, the Pythons that it was judged for."""
    ordered = sorted(set(pythons), key=lambda text: [int(part) for part in text.split(".")])
    told = f"Python {ordered[0]}" + (f" to {ordered[-1]}" if len(ordered) > 1 else "") if ordered else ""
    return ", ".join(filter(None, (subject.part, told)))


def _together(found: Sequence[Judged]) -> Judged:
    findings: dict[tuple[object, ...], Finding] = {}
    for judged in found:
        for finding in judged.findings:
            findings.setdefault((finding.rule.id, finding.place, finding.package), finding)
    return Judged(
        findings=tuple(findings.values()),
        notes=tuple(dict.fromkeys(note for judged in found for note in judged.notes)),
        locked=tuple(locked for judged in found for locked in judged.locked),
    )


def _names(anchors: Iterable[str]) -> list[str]:
    """The normalized names of requirements on anchors."""
    found = (_NAME.match(text) for text in anchors)
    return [str(normalized_name(match[0])) for match in found if match is not None]


def _narrowed(text: str, stated: dict[str, Stated]) -> str:
    """A stack in force, held to the release that is there where that is one of those it admits."""
    from packaging.requirements import Requirement  # only where a stack is in force

    requirement = Requirement(text)
    name = normalized_name(requirement.name)
    if name in stated and stated[name].first.version:
        version = stated[name].first.version.partition("+")[0]
        if requirement.specifier.contains(version, prereleases=True):
            extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
            return f"{name}{extras}=={version}"
    return text
