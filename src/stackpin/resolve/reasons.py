"""Why one anchor release has no tuple: from the clash that the resolver reports back to the lines that led to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import Version

from stackpin.model.explanation import Reason, ReasonKind
from stackpin.model.stack import TORCH
from stackpin.model.value import replace
from stackpin.resolve.agreement import satisfiable
from stackpin.resolve.claims import need_claims, no_release, target_claims
from stackpin.resolve.derive import derived
from stackpin.resolve.needs import Need, TargetNeed
from stackpin.resolve.phrases import asked, withdrawn
from stackpin.resolve.steps import context, evidence, said, side, stated, trail
from stackpin.resolve.wording import of_many

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from packaging.requirements import Requirement

    from stackpin.model.release import Release
    from stackpin.resolve.attempt import Cause, Failure, Resolved
    from stackpin.resolve.symbols import SymbolNeed

__all__ = ["all_reasons_of", "contradiction", "reasons_of"]

_MANY = 3


def reasons_of(failure: Failure, pythons: Iterable[str] = ()) -> tuple[Reason, ...]:
    """The chain for one failure, first cause first: who needs what, and at its end the fact that rules it out.

    The failure should come from a run whose anchors were each held to one release.

    :param pythons: further Pythons (``3.11``) for which the claims are to say whether they hold.
    """
    failure = replace(failure, pythons=tuple(dict.fromkeys((failure.attempt.python, *pythons))))
    ends: list[Reason] = []
    targets = [cause for cause in failure.causes if isinstance(cause.need, TargetNeed)]
    needs = [cause for cause in failure.causes if isinstance(cause.need, Need)]
    ends += _target_reasons(targets, failure)
    if not ends:
        ends += _package_reasons(needs, failure)
    ends += _dead_pins(failure)
    return tuple(dict.fromkeys(ends))


def all_reasons_of(failure: Failure, pythons: Iterable[str] = ()) -> tuple[Reason, ...]:
    """A derivation of a failure from every release that was in question; none where that is too long."""
    failure = replace(failure, pythons=tuple(dict.fromkeys((failure.attempt.python, *pythons))))

    def told(need: Need) -> Reason:
        if need.parent is None or need.symbols is not None or need.reason is not None:
            return side(need.name, need, failure)
        return stated(need, failure)[0]

    return derived(failure.attempt, told, failure.pythons)


def contradiction(
    failure: Failure, member: Requirement, free: Resolved, pythons: Iterable[str] = ()
) -> tuple[Reason, ...]:
    """What was asked of a member and the need of another that no version can meet with it; empty where there is none.

    :param free: the answer where nothing is asked of that member.
    """
    seen = {name: list(needs) for name, needs in free.needs.items()}
    failure = replace(failure, seen=seen, pythons=tuple(dict.fromkeys((failure.attempt.python, *pythons))))
    needs = free.needs.get(canonicalize_name(member.name), ())
    asked = next((need for need in failure.attempt.roots() if need.line == str(member)), None)
    against = next((need for need in needs if not satisfiable([need.specifier, member.specifier])), None)
    if asked is None or against is None or against.parent is None:
        return ()
    name = asked.name
    return (side(name, asked, failure), *trail(against.parent, failure), side(name, against, failure))


def _dead_pins(failure: Failure) -> list[Reason]:
    """Every exact pin of an anchor that no index can meet, whether or not the clash at hand was about it."""
    found: list[Reason] = []
    attempt = failure.attempt
    pins = {need.line: need for needs in failure.seen.values() for need in needs if need.exact and need.line}
    for need in pins.values():
        if need.parent is None or need.parent.name not in attempt.anchors or need.key != need.name:
            continue
        candidates = list(attempt.candidates.matching(need.key, [need]))
        if not candidates:
            found += _missing(need.name, [need], failure)
        elif candidates[0].reason is not None and candidates[0].reason.kind is ReasonKind.NO_RELEASE:
            found += [*stated(need, failure), candidates[0].reason]
    return found


def _target_reasons(causes: Sequence[Cause], failure: Failure) -> list[Reason]:
    """Reasons on the target (Python, platform, CUDA), each behind the trail that leads to the release that states it."""
    by_package: dict[str, list[TargetNeed]] = {}
    for cause in causes:
        need = cause.need
        if isinstance(need, TargetNeed) and need.parent is not None and not need.accepts(_value(need, failure)):
            by_package.setdefault(need.parent.name, []).append(need)
    if not by_package and causes and failure.attempt.cuda is None:
        for cause in causes:
            if isinstance(cause.need, TargetNeed) and cause.need.parent is not None:
                by_package.setdefault(cause.need.parent.name, []).append(cause.need)
    found: list[Reason] = []
    for name, needs in by_package.items():
        first = needs[0]
        if first.parent is None:
            continue
        found += trail(first.parent, failure)
        told = {need.parent.text: need.reason for need in needs if need.parent is not None}
        claims = tuple(claim for need in needs for claim in target_claims(need, context(failure), failure.pythons))
        reason = replace(first.reason, claims=claims)
        found.append(reason if len(told) <= 1 else _folded(name, told, reason))
    return found


def _value(need: TargetNeed, failure: Failure) -> str:
    attempt = failure.attempt
    if need.key == "<cuda>":
        return str(attempt.cuda or "")
    return attempt.python if need.key == "<python>" else str(attempt.request.platform)


def _folded(name: str, told: Mapping[str, Reason], reason: Reason) -> Reason:
    """One reason for several releases of a package: what is said alike of all, else one of them as an example."""
    ordered = sorted(told, key=Version)
    many = f"{name} {ordered[0]} to {ordered[-1]}"
    one = reason.subject.removeprefix(f"{name} ")
    if len({each.text.replace(f"{name} {version}", name) for version, each in told.items()}) == 1:
        return replace(reason, subject=name, text=of_many(reason.text, f"{name} {one}", many))
    return replace(reason, subject=name, text=f"none of {many} can serve: for one, {reason.text}")


def _package_reasons(causes: Sequence[Cause], failure: Failure) -> list[Reason]:
    """Reasons on a package: nothing matches what one side asks for, or two sides ask for different things."""
    by_name: dict[str, list[Need]] = {}
    for cause in causes:
        if isinstance(cause.need, Need):
            by_name.setdefault(cause.need.name, []).append(cause.need)
    found: list[Reason] = []
    for name, needs in by_name.items():
        unique = list({(need.line, need.parent.text if need.parent else ""): need for need in needs}.values())
        if any(need.symbols is not None for need in unique):
            found += _symbol_clash(unique, failure)
            continue
        if any(need.reason is not None for need in unique):
            unique = [need for need in unique if need.exact] + [need for need in unique if need.reason is not None][:1]
        for need in unique[:_MANY]:
            if need.parent is not None:
                found += trail(need.parent, failure)
        contradict = len(unique) > 1 and not satisfiable(need.specifier for need in unique)
        found += (not contradict and _missing(name, unique, failure)) or _clash(name, unique, failure)
    return found


def _symbol_clash(needs: Sequence[Need], failure: Failure) -> list[Reason]:
    """Kernels that cannot load with the torch that the others ask for: the lines that lead to both, and what is missing."""
    others = [need for need in needs if need.symbols is None]
    torch = next(iter(failure.attempt.candidates.matching(TORCH, others or [Need(key=TORCH, name=TORCH)])), None)
    if torch is None:
        return _missing(TORCH, others, failure) or _clash(TORCH, others, failure)
    found: list[Reason] = []
    for need in [each for each in others if each.exact][:1] or others[:1]:
        found += [*(trail(need.parent, failure) if need.parent is not None else []), *stated(need, failure)]
    refusing: dict[str, list[SymbolNeed]] = {}
    for need in needs:
        if need.symbols is not None and not need.symbols.admits(torch.release):
            refusing.setdefault(need.symbols.kernel.name, []).append(need.symbols)
    for name, symbols in refusing.items():
        first = max(symbols, key=lambda one: (not one.misfits(torch.release), one.kernel.version))
        found += trail(first.kernel, failure)
        claims = tuple(
            claim
            for need in needs
            if need.symbols in symbols
            for claim in need_claims(need, context(failure), failure.pythons, without=torch.release)
        )
        reason = replace(first.reason(torch.release), claims=claims)
        told = {one.kernel.text: one.reason(torch.release) for one in symbols}
        found.append(reason if len(told) == 1 else _folded(name, told, reason))
    return found


def _missing(name: str, needs: Sequence[Need], failure: Failure) -> list[Reason]:
    """Where a single need already matches nothing that may be taken: why."""
    candidates = failure.attempt.candidates
    for need in needs:
        if next(iter(candidates.matching(need.key, [need])), None) is not None:
            continue
        matching = [
            item for item in candidates.releases(name) if need.specifier.contains(item.version, prereleases=True)
        ]
        step = stated(need, failure)
        if not matching:
            return [*step, _no_release(name, need, failure)]
        if all(item.yanked for item in matching):
            text = withdrawn(name, matching[0].text, matching[0].yanked)
            subject = f"{name} {matching[0].text}"
            return [*step, Reason(kind=ReasonKind.YANKED, subject=subject, text=text, claims=no_release(need))]
        if all(item.version.is_prerelease for item in matching):
            names = ", ".join(item.text for item in matching[:_MANY])
            text = f"{name} has pre-releases only that match ({names}), and none was asked for"
            return [*step, Reason(kind=ReasonKind.PRE_RELEASE, subject=name, text=text, claims=no_release(need))]
        return [*step, _undeclared(name, need, matching)]
    return []


def _no_release(name: str, need: Need, failure: Failure) -> Reason:
    releases = failure.attempt.candidates.releases(name)
    claimed = [
        row for row in failure.attempt.catalog.facts("index_builds") if row["package"] == name and row.get("claimed")
    ]
    if claimed:
        row = claimed[0]
        text = f"no index is known to carry {name} {asked(need.specifier)}"
        text += f"; {row.get('find_links', '')} is said to have {row['claimed']}, which nobody could confirm"
        evidence = str(row.get("source", ""))
        return Reason(kind=ReasonKind.NO_RELEASE, subject=name, text=text, evidence=evidence, claims=no_release(need))
    if not releases:
        text = f"no index that stackpin knows has any release of {name}"
    else:
        there = f"the catalog has {releases[-1].text} to {releases[0].text}"
        text = f"no index that stackpin knows has {name} {asked(need.specifier)}; {there}"
    return Reason(kind=ReasonKind.NO_RELEASE, subject=name, text=text, claims=no_release(need))


def _undeclared(name: str, need: Need, matching: Sequence[Release]) -> Reason:
    dated = [item for item in matching if item.uploaded]
    oldest = dated[-1] if dated else None
    parent = f"{need.parent.name} {need.parent.text}" if need.parent else "the request"
    when = f"; the first that PyPI has, {oldest.text} of {oldest.uploaded[:10]}, came after {parent}" if oldest else ""
    text = f"{name} floats: no release of it says which torch it is built for{when} of {need.as_of[:10]}"
    text = text if when else text.removesuffix(f" of {need.as_of[:10]}")
    return Reason(kind=ReasonKind.UNDECLARED, subject=name, text=text, claims=no_release(need))


def _clash(name: str, needs: Sequence[Need], failure: Failure) -> list[Reason]:
    """Two or more sides ask for versions of one package that no release has in common."""
    torch = {need.parent.name for need in needs if need.parent is not None and name == TORCH}
    found: list[Reason] = []
    by_parent: dict[str, list[Need]] = {}
    for need in needs:
        by_parent.setdefault(need.parent.name if need.parent else "", []).append(need)
    for parent, told in by_parent.items():
        if len(told) > _MANY and parent in torch:
            versions = sorted((need.parent.text for need in told if need.parent), key=Version)
            found.append(
                Reason(
                    kind=ReasonKind.CONFLICT,
                    subject=parent,
                    text=f"{parent} {versions[0]} to {versions[-1]}: none of them accepts that {name}",
                    evidence=evidence(told[0], failure),
                    claims=tuple(claim for need in told for claim in said(need, failure)),
                )
            )
            continue
        found += [side(name, need, failure) for need in told]
    return found
