"""How an anchor's release was chosen, in the words of a file's header."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from stackpin.model.cuda import cuda_major
from stackpin.model.explanation import ReasonKind
from stackpin.model.release import OWN
from stackpin.resolve.needs import CUDA, PLATFORM, PYTHON, Need, TargetNeed, is_exact
from stackpin.resolve.phrases import in_order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from packaging.requirements import Requirement

    from stackpin.model.release import Release
    from stackpin.model.request import Ask, Request
    from stackpin.resolve.attempt import Resolved

__all__ = ["how_chosen", "how_chosen_together", "series_of"]


def series_of(ask: Ask) -> str:
    """The series that a requirement such as ``sglang==0.4.*`` names (``0.4``); empty for any other shape."""
    text = str(ask.requirement.specifier)
    series = text[2:-2].strip()
    named = text.startswith("==") and text.endswith(".*") and all(part.isdecimal() for part in series.split("."))
    return series if named else ""


def how_chosen(ask: Ask, newest: str, resolved: Resolved, members: Sequence[Requirement] = ()) -> str:
    """Why this release: asked for, the newest, or the newest for which a tuple exists on the target.

    :param members: what was asked for of members beside it.
    """
    release = resolved.candidates[str(ask.stack.anchor)].release
    what = _what(ask)
    if release.text == newest or _is_settled(ask):
        return what
    stood = {str(need.name) for cause in resolved.first_clash if isinstance(need := cause.need, Need)}
    narrowed = [f"{item.name}{in_order(item.specifier)}" for item in members if canonicalize_name(item.name) in stood]
    which = _which(resolved)
    if not narrowed and not which:
        narrowed = [f"{item.name}{in_order(item.specifier)}" for item in members]
    told = f"that goes with {' and '.join(narrowed)}" if narrowed else which or f"that has a {resolved.cuda} tuple"
    return f"{what} {told}"


def how_chosen_together(ask: Ask, newest: str, resolved: Resolved, request: Request) -> str:
    """The same where several stacks share the tuple: the first is as new as any of the others allows, the next beside it."""
    what = _what(ask)
    release = resolved.candidates[str(ask.stack.anchor)].release
    if release.text == newest or _is_settled(ask):
        return what
    names = [str(other.stack.anchor) for other in request.asks]
    before = names[: names.index(str(ask.stack.anchor))]
    beside = [_beside(resolved.candidates[name].release) for name in before] or [f"some {names[1]}"]
    that = "and" if "that matches" in what else "that"
    return f"{what} {that} can share an environment with {' and '.join(beside)}"


def _beside(release: Release) -> str:
    return str(release.name) if release.index == OWN else f"{release.name} {release.text}"


def _is_settled(ask: Ask) -> bool:
    """Whether the request left no choice of a release."""
    return ask.own or is_exact(ask.requirement.specifier)


def _what(ask: Ask) -> str:
    """What the requirement asks for, in a few words."""
    if ask.tree is not None:
        return ask.tree.told
    if ask.stack.requires:
        return "your own project"
    if is_exact(ask.requirement.specifier):
        return "asked for"
    series = series_of(ask)
    what = f"the newest {series} release" if series else "the newest release"
    if not series and ask.requirement.specifier:
        what = f"the newest release that matches {in_order(ask.requirement.specifier)}"
    return what


def _which(resolved: Resolved) -> str:
    """A clause that tells the chosen release from the newest one, by what of the target the newest one failed on; or empty."""
    tag, context = resolved.cuda, resolved.context
    values = {CUDA: str(tag), PYTHON: context.python, PLATFORM: str(context.platform)}
    kinds = {
        cause.need.reason.kind
        for cause in resolved.first_clash
        if isinstance(cause.need, TargetNeed) and not cause.need.accepts(values[cause.need.key])
    }
    match min(kinds, default=None, key=list(ReasonKind).index):
        case ReasonKind.NO_BUILD:
            return f"whose torch is built for {tag}"
        case ReasonKind.CUDA_MAJOR | ReasonKind.SAME_LABEL:
            return f"whose kernels can be had for CUDA {cuda_major(tag)}"
        case ReasonKind.PYTHON:
            return f"for Python {context.python}"
        case ReasonKind.PLATFORM:
            return f"for {context.platform}"
        case _:
            return ""
