"""What a subject says of the packages that matter: one statement a name, for the Pythons on which it says the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.check.rules import same_version
from stackpin.errors import InputUnreadable
from stackpin.model.mention import Role
from stackpin.model.value import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from stackpin.check.marker_truth import MarkerTruth
    from stackpin.model.mention import Mention, Subject

__all__ = ["Stated", "Variant", "admits", "contradict", "variants"]

#: Who has the last word on a name: what is there, then what stands in place of all others, then what is asked for.
_RANK = (Role.INSTALLED, Role.LOCKED, Role.OVERRIDDEN, Role.REQUIRED, Role.CONSTRAINED)


class Stated(Value):
    """All that is said of one distribution: ``first`` is the mention that decides, an exact one before a range."""

    first: Mention
    others: tuple[Mention, ...] = ()

    @property
    def all(self) -> tuple[Mention, ...]:
        """The mentions, the deciding one first."""
        return (self.first, *self.others)

    @property
    def is_required(self) -> bool:
        """Whether it is there, or asked for; what is merely constrained may never be installed."""
        return any(each.role is not Role.CONSTRAINED for each in self.all)

    @property
    def contradicted(self) -> Mention | None:
        """What is asked for although the deciding mention, a constraint, holds it to another version."""
        if self.first.role is not Role.CONSTRAINED or not self.first.version:
            return None
        asked = (each for each in self.others if each.role is Role.REQUIRED)
        return next((each for each in asked if contradict(each, self.first)), None)


class Variant(Value):
    """What a subject says on some of its Pythons; ``python`` stands for them, empty where it is for any."""

    stated: dict[str, Stated]
    python: str
    pythons: tuple[str, ...]


def variants(subject: Subject, names: Collection[str], known: Callable[[], Sequence[str]]) -> Iterator[Variant]:
    """The subject's statements on ``names``, once for all Pythons on which the same markers hold.

    :param known: gives the Pythons (``3.11``) for which markers are judged where the subject is for any.
    """
    mentions = [each for each in (*subject.base, *subject.mentions) if each.name in names]
    if not mentions:
        return
    if not any(each.marker for each in mentions):
        one = subject.pythons[0] if len(subject.pythons) == 1 else ""
        yield Variant(stated=_by_name(mentions), python=one, pythons=subject.pythons)
        return
    from stackpin.check.marker_truth import MarkerTruth  # environments have no markers

    groups: dict[tuple[bool, ...], list[str]] = {}
    for python in subject.pythons or known():
        truth = MarkerTruth(python, subject.machine, _no_extra)
        groups.setdefault(tuple(_holds(truth, each) for each in mentions), []).append(python)
    for holding, pythons in groups.items():
        kept = [each for each, holds in zip(mentions, holding, strict=True) if holds]
        if kept:
            whole = len(groups) == 1 and not subject.pythons
            yield Variant(stated=_by_name(kept), python="" if whole else pythons[0], pythons=tuple(pythons))


def _no_extra(name: str) -> bool | None:  # noqa: ARG001 - what MarkerTruth asks
    return False


def _holds(truth: MarkerTruth, mention: Mention) -> bool:
    """Whether a mention's marker holds; one that cannot be judged does not, for nothing can be said of it."""
    try:
        return truth.holds(mention.marker)
    except InputUnreadable:
        return False


def _by_name(mentions: Iterable[Mention]) -> dict[str, Stated]:
    found: dict[str, list[Mention]] = {}
    for each in mentions:
        found.setdefault(str(each.name), []).append(each)
    return {name: _stated(several) for name, several in found.items()}


def _stated(mentions: list[Mention]) -> Stated:
    overrides = [each for each in mentions if each.role is Role.OVERRIDDEN]
    if overrides:
        mentions = overrides
    order = sorted(mentions, key=lambda each: (not each.version, _RANK.index(each.role)))
    first = order[0]
    if first.role is Role.REQUIRED:  # both count, and what the others are held with is the constraint
        held = (each for each in order if each.role is Role.CONSTRAINED and each.version)
        first = next((each for each in held if contradict(first, each)), first)
    return Stated(first=first, others=tuple(each for each in order if each is not first))


def contradict(one: Mention, other: Mention) -> bool:
    """Whether no release can be both; ``==2.6.0`` takes every build of it, also one that is asked for by its label.

    Of two ranges that is not told.
    """
    exact = [(taker, each.version) for taker, each in ((one, other), (other, one)) if each.version]
    return bool(exact) and not any(admits(taker, version) for taker, version in exact)


def admits(mention: Mention, version: str) -> bool:
    """Whether a mention that asks for something takes a version."""
    if mention.version and not mention.specifier:
        return same_version(mention.version, version)
    from packaging.specifiers import InvalidSpecifier, SpecifierSet  # what is installed and locked has none

    try:
        return SpecifierSet(mention.specifier).contains(version, prereleases=True)
    except InvalidSpecifier:
        return True  # another rule tells it
