"""A derivation from the needs themselves, where the clash at which the resolver stopped does not tell everything.

The resolver reports its last clash. Where a release was one of several, the others had clashes of their own: here all of
them are gone through once more, by a search that remembers which needs each dead end rests on and goes back to the choice
that they come from (conflict-directed backjumping: Prosser, "Hybrid algorithms for the constraint satisfaction problem",
Computational Intelligence 9(3), 1993).
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from packaging.version import Version

from stackpin.model.explanation import CUDA, Claim, Reason, ReasonKind
from stackpin.model.stack import TORCH
from stackpin.model.value import replace
from stackpin.resolve.claims import merged, need_claims, target_claims
from stackpin.resolve.needs import Need, TargetNeed
from stackpin.resolve.phrases import withdrawn
from stackpin.resolve.wording import of_many

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from stackpin.model.release import Release
    from stackpin.resolve.attempt import Attempt
    from stackpin.resolve.needs import Candidate

__all__ = ["derived"]

#: So many candidates are looked at; a derivation over more of them would be no explanation.
_MOST = 5000


#: What leads to the facts that rule something out.
_LEADING = frozenset({ReasonKind.REQUIRES, ReasonKind.REQUEST, ReasonKind.CONFLICT})


class _Gone(NamedTuple):
    """A release that may not be taken for what it is: yanked, a pre-release, newer than what asks for it."""

    release: Release


class _Unfit(NamedTuple):
    """A torch release that a kernel's symbols rule out."""

    need: Need
    torch: Release


_Fact: TypeAlias = "Need | TargetNeed | _Gone | _Unfit"


class _Ground(NamedTuple):
    """What a dead end rests on, and the packages whose choice led to it."""

    facts: frozenset[_Fact]
    choices: frozenset[str]


class _TooMany(Exception):
    """The search is given up."""


def derived(attempt: Attempt, told: Callable[[Need], Reason], pythons: tuple[str, ...]) -> tuple[Reason, ...]:
    """Why a run has no answer, as reasons from the anchors outwards; none where there is an answer, or the search is too long.

    :param told: tells one need on a package as a reason.
    :param pythons: the Pythons for which the claims say whether they hold.
    """
    search = _Search(attempt)
    try:
        ground = search.dead_end({}, {need.key: (need,) for need in attempt.roots()})
    except _TooMany:
        return ()
    if ground is None:
        return ()
    found = sorted(ground.facts, key=lambda fact: search.order[fact])
    depth = _depths(found)

    def place(reason: Reason) -> tuple[bool, int]:
        return reason.kind not in _LEADING, depth[reason.claims[0].package]

    return tuple(sorted(_grouped(found, attempt, told, pythons), key=place))


def _depths(facts: Iterable[_Fact]) -> dict[str, int]:
    """How many lines away from what was asked for each package is."""
    needs = [fact.need if isinstance(fact, _Unfit) else fact for fact in facts]
    stated = [(_who(need), str(need.name)) for need in needs if isinstance(need, Need)]
    roots = {name for name, _ in stated} - {name for _, name in stated}
    depth = dict.fromkeys((*roots, ""), 0)
    reached = True
    while reached:
        further = {name: depth[who] + 1 for who, name in stated if who in depth and name not in depth}
        depth.update(further)
        reached = bool(further)
    return defaultdict(lambda: len(depth), depth)


class _Search:
    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt
        self._candidates = attempt.candidates
        self._engines = self._candidates.context.facts.engines
        self._left = _MOST
        self._needs: dict[int, list[Need | TargetNeed]] = {}
        self.order: dict[_Fact, int] = {}

    def dead_end(
        self,
        chosen: Mapping[str, Candidate],
        asked: Mapping[str, tuple[Need, ...]],
        tags: tuple[TargetNeed, ...] = (),
    ) -> _Ground | None:
        """What rules every way on out; None where there is one.

        :param tags: what the chosen ones say of the CUDA tag, where that is open.
        """
        open_keys = [each for each in asked if each not in chosen]
        if not open_keys:
            return None
        key = min(open_keys, key=lambda each: self._rank(each, asked[each]))
        needs = asked[key]
        taken = list(self._candidates.matching(key, needs))
        facts = self._left_out(needs, {candidate.release.text for candidate in taken})
        choices = {_who(fact) for fact in facts}
        for candidate in taken:
            found = self._after(key, candidate, chosen, asked, tags)
            if found is None or key not in found.choices:
                return found
            facts |= found.facts
            choices |= found.choices
        if not any(need in facts for need in needs):
            facts.add(self._noted(needs[0]))  # that the package is asked for at all
            choices.add(_who(needs[0]))
        return _Ground(frozenset(facts), frozenset(choices - {key}))

    def _rank(self, key: str, needs: tuple[Need, ...]) -> tuple[int, str]:
        """What is settled first: the anchors, the engines, torch, what is pinned exactly, the rest."""
        name = key.partition("[")[0]
        ranks = (name in self._attempt.anchors, name in self._engines, name == TORCH, any(need.exact for need in needs))
        return next((place for place, true in enumerate(ranks) if true), len(ranks)), key

    def _left_out(self, needs: tuple[Need, ...], taken: set[str]) -> set[_Fact]:
        """What keeps the releases of a package out that are no candidates; what is said of many of them before what is not."""
        facts: set[_Fact] = set()
        for release in self._candidates.releases(needs[0].name):
            if release.text in taken:
                continue
            against = sorted((need for need in needs if not need.admits(release)), key=lambda need: bool(need.symbols))
            if any(need in facts for need in against):
                continue
            if not against:
                facts.add(self._noted(_Gone(release)))
            else:
                first = against[0]
                facts.add(self._noted(first if first.symbols is None else _Unfit(first, release)))
        return facts

    def _after(
        self,
        key: str,
        candidate: Candidate,
        chosen: Mapping[str, Candidate],
        asked: Mapping[str, tuple[Need, ...]],
        tags: tuple[TargetNeed, ...],
    ) -> _Ground | None:
        """What rules a candidate out, or everything that could follow it."""
        self._left -= 1
        if self._left < 0:
            raise _TooMany
        needs = self._needs_of(candidate)
        targets = [need for need in needs if isinstance(need, TargetNeed)]
        for target in targets:
            if target.key != CUDA or self._candidates.context.cuda is not None:
                return _Ground(frozenset({self._noted(target)}), frozenset({key}))
        tags = (*tags, *targets)
        if tags and not self._some_tag(tags):
            against = next(
                ([need, other] for need in targets for other in tags if not self._some_tag((need, other))), tags
            )
            return _Ground(frozenset(map(self._noted, against)), frozenset({key, *map(_who, against)}))
        for need in needs:
            other = chosen.get(need.key)
            if isinstance(need, Need) and other is not None and not need.admits(other.release):
                fact = need if need.symbols is None else _Unfit(need, other.release)
                return _Ground(frozenset({self._noted(fact)}), frozenset({key, need.key}))
        further = dict(asked)
        for need in needs:
            if isinstance(need, Need):
                further[need.key] = (*further.get(need.key, ()), need)
        return self.dead_end({**chosen, key: candidate}, further, tags)

    def _some_tag(self, needs: Iterable[TargetNeed]) -> bool:
        """Whether there is a CUDA tag that all accept."""
        needs = tuple(needs)
        return any(all(need.accepts(tag) for need in needs) for tag in self._candidates.context.facts.tags)

    def _needs_of(self, candidate: Candidate) -> list[Need | TargetNeed]:
        if id(candidate) not in self._needs:
            self._needs[id(candidate)] = self._candidates.needs_of(candidate)
        return self._needs[id(candidate)]

    def _noted(self, fact: _Fact) -> _Fact:
        self.order.setdefault(fact, len(self.order))
        return fact


def _who(fact: _Fact) -> str:
    """The package whose choice brought a fact about; empty for what was asked for, and for what a release is by itself."""
    need = fact.need if isinstance(fact, _Unfit) else fact
    return need.parent.name if isinstance(need, (Need, TargetNeed)) and need.parent is not None else ""


def _grouped(
    facts: Iterable[_Fact], attempt: Attempt, told: Callable[[Need], Reason], pythons: tuple[str, ...]
) -> Iterable[Reason]:
    """Facts as reasons: what is said alike of several releases of a package is said once."""
    groups: dict[tuple[str, ...], list[tuple[str, Reason]]] = {}
    for fact in facts:
        asked = isinstance(fact, Need) and fact.parent is None
        if asked and fact.name in attempt.anchors:  # type: ignore[union-attr]  # asked: a need
            continue
        name, version, about, reason = _told(fact, attempt, told, pythons)
        groups.setdefault((name, about, reason.kind.value), []).append((version, reason))
    for (name, *_), stated in groups.items():
        yield _folded(name, stated)


def _told(
    fact: _Fact, attempt: Attempt, told: Callable[[Need], Reason], pythons: tuple[str, ...]
) -> tuple[str, str, str, Reason]:
    """Of which package and version a fact is, what it is about, and the reason that tells it."""
    context = attempt.candidates.context
    if isinstance(fact, _Gone):
        return str(fact.release.name), fact.release.text, "<release>", _gone(fact.release)
    if isinstance(fact, _Unfit):
        asking = fact.need.symbols
        assert asking is not None  # noqa: S101 - only such needs are told so
        claims = need_claims(fact.need, context, pythons, without=fact.torch)
        reason = replace(asking.reason(fact.torch), claims=claims)
        return str(asking.kernel.name), asking.kernel.text, f"torch {fact.torch.text}", reason
    parent = fact.parent
    name, version = (str(parent.name), parent.text) if parent is not None else ("", "")
    if isinstance(fact, TargetNeed):
        return name, version, fact.key, replace(fact.reason, claims=target_claims(fact, context, pythons))
    return (
        name,
        version,
        f"{fact.name} {fact.specifier}",
        replace(told(fact), claims=need_claims(fact, context, pythons)),
    )


def _folded(name: str, stated: list[tuple[str, Reason]]) -> Reason:
    """One reason for several releases; where they say different things, the newest's as an example."""
    stated = sorted(stated, key=lambda item: Version(item[0] or "0"))
    newest, reason = stated[-1]
    if len(stated) == 1:
        return reason
    claims = merged(claim for _, each in stated for claim in each.claims)
    texts = {each.text.replace(f"{name} {version}", name) for version, each in stated}
    many = f"{name} {stated[0][0]} to {newest}"
    if len(texts) == 1:
        return replace(reason, subject=name, text=of_many(reason.text, f"{name} {newest}", many), claims=claims)
    return replace(reason, subject=name, text=f"none of {many} can serve: for one, {reason.text}", claims=claims)


def _gone(release: Release) -> Reason:
    subject = f"{release.name} {release.text}"
    if release.yanked:
        kind, text = ReasonKind.YANKED, withdrawn(str(release.name), release.text, release.yanked)
    elif release.version.is_prerelease:
        kind, text = ReasonKind.PRE_RELEASE, f"{subject} is a pre-release, and is taken only when it is asked for"
    else:
        kind = ReasonKind.UNDECLARED
        text = f"{subject} does not say which torch it is built for, and is newer than what asks for it"
    claim = Claim(package=str(release.name), versions=(release.text,), on="<release>")
    return Reason(kind=kind, subject=subject, text=text, claims=(claim,))
