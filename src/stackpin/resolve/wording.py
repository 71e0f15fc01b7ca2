"""How reasons are put into sentences: told of one release or of many, and in a clause for the first line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.model.explanation import ReasonKind
from stackpin.model.stack import TORCH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stackpin.model.explanation import Nearest, Reason, Refusal

__all__ = ["cause_of", "cure_of", "of_many"]

#: A clause longer than this (characters) says the last fact only, where there are at least so many.
_LONG, _FEW = 170, 3
#: How the releases are spoken of that one chain rules out; by their number.
_SUBJECTS = {1: "it", 2: "both"}
#: How what is said of one release reads when it is said of several.
_PLURAL = {
    "needs": "need",
    "lacks": "lack",
    "comes": "come",
    "asks": "ask",
    "was": "were",
    "has": "have",
    "does": "do",
    "loads": "load",
    "is a pre-release, and is taken only when it is asked for": "are pre-releases, taken only when asked for by name",
    "is": "are",
}


def of_many(text: str, one: str, many: str) -> str:
    """A sentence about ``one`` (``sglang 0.4.7``) told of ``many`` (``sglang 0.4.7 to 0.4.9``)."""
    if not text.startswith(f"{one} "):
        return text.replace(one, many)
    said = text.removeprefix(f"{one} ")
    for singular, plural in _PLURAL.items():
        if said.startswith(f"{singular} ") or said == singular:
            return f"{many} {plural}{said.removeprefix(singular)}"
    return f"{many} {said}"


def cause_of(refusals: Sequence[Refusal]) -> str:
    """Why, in one clause; empty where no reason is known."""
    told = [refusal for refusal in refusals if refusal.reasons]
    if not told:
        return ""
    first = told[0]
    if len(told) == 1:
        return _clause(first.reasons, first, _SUBJECTS.get(len(first.releases) or 1, "all"))
    finals = [refusal.reasons[-1] for refusal in told]
    if all(final.kind is ReasonKind.NO_BUILD and final.subject.startswith("torch ") for final in finals):
        return "none is built for it" if first.anchor == TORCH else "no torch that they need is built for it"
    newest = f"{first.releases[-1]} to {first.releases[0]}" if len(first.releases) > 1 else first.releases[0]
    return f"{_clause(first.reasons, first, newest)}; older ones fail for reasons of their own"


def _clause(reasons: Sequence[Reason], refusal: Refusal, subject: str) -> str:
    """A chain as one clause: each fact hangs on the one before it where that leads to it, else it is added to it."""
    anchor = f"{refusal.anchor} {refusal.releases[0]}" if refusal.releases else refusal.anchor
    told: list[str] = []
    said = ""
    for reason in reasons:
        if reason.claims and not any(claim.package for claim in reason.claims):
            continue  # what was asked for stands in the headline
        text = _short(reason.text)
        if text.startswith(f"{anchor} "):
            text = of_many(text, anchor, subject) if len(refusal.releases) > 1 else text.replace(anchor, subject, 1)
            link, text = (", and ", text.removeprefix(f"{subject} ")) if said else ("", text)
        elif said and reason.kind is ReasonKind.NO_RELEASE and not any(claim.versions for claim in reason.claims):
            link, text = ", which ", "no known index has"
        elif said and text.startswith(f"{reason.subject} ") and said.endswith(f" {reason.subject}"):
            link, text = ", which ", text.removeprefix(f"{reason.subject} ")
        else:
            link = ", and " if said else ""
        said += f"{link}{text}"
        told.append(text)
    return said if len(said) <= _LONG or len(told) < _FEW else _short(reasons[-1].text)


def _short(text: str) -> str:
    """What a reason says, without what it adds to that: more of the same, or an example."""
    return text.partition("; ")[0].partition(", for one ")[0]


def cure_of(nearest: Sequence[Nearest]) -> str:
    """What to take instead, in one clause: the first two of the nearest answers; empty where there is none."""
    ways = [item.short for item in nearest if item.short][:2]
    return f"take {' or '.join(ways)}" if ways else ""
