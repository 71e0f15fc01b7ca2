"""The steps of a chain: what each release says, the lines that lead from an anchor to it, and what they claim."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.model.explanation import Reason, ReasonKind
from stackpin.model.value import replace
from stackpin.resolve.claims import need_claims
from stackpin.resolve.phrases import asked, in_order
from stackpin.resolve.target_needs import metadata_source

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stackpin.model.explanation import Claim
    from stackpin.model.release import Release
    from stackpin.resolve.attempt import Failure
    from stackpin.resolve.context import Context
    from stackpin.resolve.needs import Need

__all__ = ["context", "evidence", "final_kinds", "said", "side", "stated", "trail"]


def trail(release: Release, failure: Failure) -> list[Reason]:
    """The lines that lead from an anchor to a release, outermost first; empty for an anchor itself."""
    anchors = failure.attempt.anchors
    steps: list[Reason] = []
    seen = {str(release.name)}
    while release.name not in anchors:
        need = _asked_by(release, failure, seen)
        if need is None:
            break
        if need.parent is None:
            steps.insert(0, side(release.name, need, failure))
            break
        steps.insert(0, _requires(need, release, failure))
        release = need.parent
        seen.add(release.name)
    return steps


def _asked_by(release: Release, failure: Failure, seen: set[str]) -> Need | None:
    """The strongest need that admits a release: an exact one, an anchor's, one with an upper bound, any."""
    anchors = failure.attempt.anchors
    roots = [need for need in failure.attempt.roots() if need.name == release.name]
    found = [
        need
        for need in (*failure.seen.get(release.name, ()), *roots)
        if (need.parent is None or need.parent.name not in seen) and need.admits(release)
    ]
    found.sort(
        key=lambda need: (not need.exact, need.parent is None or need.parent.name not in anchors, not need.capped)
    )
    return found[0] if found else None


def _requires(need: Need, release: Release, failure: Failure) -> Reason:
    parent = need.parent
    assert parent is not None  # noqa: S101 - callers pass needs that a release states
    what = f"{release.name} {release.text if need.exact else asked(need.specifier)}"
    return Reason(
        kind=ReasonKind.REQUIRES,
        subject=f"{parent.name} {parent.text}",
        text=f"{parent.name} {parent.text} needs {what}",
        evidence=evidence(need, failure),
        claims=said(need, failure),
    )


def said(need: Need, failure: Failure) -> tuple[Claim, ...]:
    """What a need claims, on every Python of the failure."""
    return need_claims(need, context(failure), failure.pythons)


def evidence(need: Need, failure: Failure) -> str:
    """The line that a need stands in, and its source."""
    if need.parent is None:
        return f"{need.name}{in_order(need.specifier)}  (asked for)"
    return f"{need.line}  ({metadata_source(need.parent, failure.attempt.request.platform.machine)})"


def stated(need: Need, failure: Failure) -> list[Reason]:
    """What a release says that leads to a package; nothing for what the request says."""
    if need.parent is None:
        return []
    return [
        Reason(
            kind=ReasonKind.REQUIRES,
            subject=f"{need.parent.name} {need.parent.text}",
            text=f"{need.parent.name} {need.parent.text} needs {need.name} {asked(need.specifier)}",
            evidence=evidence(need, failure),
            claims=said(need, failure),
        )
    ]


def side(name: str, need: Need, failure: Failure) -> Reason:
    """One side of a clash over ``name``: the request, a release's line, or the reason that a need carries."""
    if need.reason is not None:
        return replace(need.reason, claims=said(need, failure))
    what = f"{name} {asked(need.specifier)}"
    if need.parent is None:
        kind, who, text = ReasonKind.REQUEST, "the request", f"the request is for {what}"
    else:
        who = f"{need.parent.name} {need.parent.text}"
        kind, text = ReasonKind.CONFLICT, f"{who} needs {what}"
    return Reason(kind=kind, subject=who, text=text, evidence=evidence(need, failure), claims=said(need, failure))


def context(failure: Failure) -> Context:
    """What a failure was solved with."""
    return failure.attempt.candidates.context


def final_kinds(reasons: Iterable[Reason]) -> set[ReasonKind]:
    """The kinds of the facts that rule something out, the lines that merely lead there left aside."""
    return {reason.kind for reason in reasons if reason.kind is not ReasonKind.REQUIRES}
