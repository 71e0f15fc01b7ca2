"""The opening of a refusal's first line: which releases, and that they do not exist, run or go with what was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.model.explanation import ReasonKind
from stackpin.model.request import AUTO, PYPI
from stackpin.resolve.phrases import in_order
from stackpin.resolve.steps import final_kinds

if TYPE_CHECKING:
    from stackpin.model.explanation import Refusal
    from stackpin.model.request import Ask, Request

__all__ = ["headline_of"]


def headline_of(request: Request, ask: Ask, refusals: tuple[Refusal, ...]) -> str:
    """What the request comes to, without cause and cure: ``sglang 0.4.7 does not exist for cu124``."""
    releases = [text for refusal in refusals for text in refusal.releases]
    name = str(ask.stack.anchor)
    one = f"{name} {releases[0]}" if len(releases) == 1 else f"{name}{in_order(ask.requirement.specifier)}"
    kinds = [kind for refusal in refusals for kind in sorted(final_kinds(refusal.reasons))]
    exists = "does not exist" if len(releases) == 1 else "does not exist in any release"
    exists = exists if releases else "has no tuple"
    if any(reason.leaves_open for refusal in refusals for reason in refusal.reasons):
        exists = exists.replace("does not exist", "is not known to exist")
    first = kinds[0] if kinds and len(set(kinds)) == 1 else None
    if first is ReasonKind.PYTHON:
        return f"{one} does not run on Python {request.python or 'any version that stackpin knows'}"
    if first is ReasonKind.PLATFORM:
        return f"{one} does not run on {request.platform}"
    if first is ReasonKind.GPU:
        return f"{one} does not run on {request.gpu}"
    if first is ReasonKind.DRIVER and len(releases) == 1:
        return f"{one} does not run with NVIDIA driver {request.driver}"
    if kinds[:1] == [ReasonKind.DRIVER] and request.cuda not in {PYPI, AUTO}:
        return f"{one} for {request.cuda} does not run with NVIDIA driver {request.driver}"
    if request.members and _rests_on_members(refusals):
        return f"{one} does not go with {' and '.join(f'{item.name}{in_order(item.specifier)}' for item in request.members)}"
    if first in {ReasonKind.PRE_RELEASE, ReasonKind.YANKED}:
        asked = f"{name}{in_order(ask.requirement.specifier)}"
        spread = releases[0] if len(releases) == 1 else f"{releases[-1]} to {releases[0]}"
        return f"{asked} matches {name} {spread} only"
    if request.cuda == AUTO and request.driver:
        tag = f"for NVIDIA driver {request.driver}"
    else:
        tag = "with PyPI's own torch" if request.cuda in {PYPI, AUTO} else f"for {request.cuda}"
    where = f" on Python {request.python}" if request.python else ""
    machine = "" if request.platform.machine == "x86_64" else f" on {request.platform.machine}"
    return f"{one} {exists} {tag}{where}{machine}"


def _rests_on_members(refusals: tuple[Refusal, ...]) -> bool:
    """Whether what was asked of members takes part in ruling everything out."""
    return all(any(not claim.package for reason in refusal.reasons for claim in reason.claims) for refusal in refusals)
