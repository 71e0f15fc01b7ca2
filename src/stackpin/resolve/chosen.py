"""How an anchor's release was chosen, in the words of a file's header."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stackpin.model.cuda import cuda_major
from stackpin.model.explanation import ReasonKind
from stackpin.resolve.attempt import Attempt, Failure
from stackpin.resolve.reasons import final_kinds, reasons_of

if TYPE_CHECKING:
    from stackpin.model.request import Ask
    from stackpin.resolve.attempt import Resolved

__all__ = ["how_chosen", "series_of"]

_SERIES = re.compile(r"==\s*(\d+(?:\.\d+)*)\.\*")


def series_of(ask: Ask) -> str:
    """The series that a requirement such as ``sglang==0.4.*`` names (``0.4``); empty for any other shape."""
    match = _SERIES.fullmatch(str(ask.requirement.specifier))
    return match[1] if match else ""


def how_chosen(ask: Ask, newest: str, resolved: Resolved, attempt: Attempt) -> str:
    """Why this release: asked for, the newest, or the newest for which a tuple exists on the target.

    Runs the resolver once more where a newer release was passed over, to name what stood in its way.
    """
    release = resolved.candidates[str(ask.stack.anchor)].release
    if ask.stack.requires:
        return "your own project"
    if any(item.operator in {"==", "==="} and not item.version.endswith(".*") for item in ask.requirement.specifier):
        return "asked for"
    series = series_of(ask)
    what = f"the newest {series} release" if series else "the newest release"
    if not series and ask.requirement.specifier:
        what = f"the newest release that matches {ask.requirement.specifier}"
    return what if release.text == newest else f"{what} {_which(ask, newest, resolved, attempt)}"


def _which(ask: Ask, newest: str, resolved: Resolved, attempt: Attempt) -> str:
    """A clause that tells the chosen release from the newest one."""
    fixed = {str(ask.stack.anchor): newest}
    outcome = Attempt(
        catalog=attempt.catalog,
        facts=attempt.facts,
        request=attempt.request,
        python=attempt.python,
        cuda=attempt.cuda,
        fixed=fixed,
    ).run()
    kinds = final_kinds(reasons_of(outcome)) if isinstance(outcome, Failure) else set()
    tag = resolved.cuda
    match min(kinds, default=None, key=list(ReasonKind).index):
        case ReasonKind.NO_BUILD:
            return f"whose torch is built for {tag}"
        case ReasonKind.CUDA_MAJOR | ReasonKind.SAME_LABEL:
            return f"whose kernels can be had for CUDA {cuda_major(tag)}"
        case ReasonKind.PYTHON:
            return f"for Python {attempt.python}"
        case ReasonKind.PLATFORM:
            return f"for {attempt.request.platform}"
        case _:
            return f"that has a {tag} tuple"
