"""Which answers are near to a request that has none: in what order releases are tried, and what will do."""

from __future__ import annotations

import shlex
from itertools import chain, zip_longest
from typing import TYPE_CHECKING

from stackpin.abi.gpus import compute_capability, runs_on
from stackpin.model.request import PYPI
from stackpin.model.stack import TORCH

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stackpin.catalog.facts import Facts
    from stackpin.model.request import Request
    from stackpin.resolve.answers import Answer

__all__ = ["command_for", "distance", "outward", "surely_has_code", "tuple_text"]


def command_for(request: Request, requirement: str, **changes: str) -> str:
    """The ``stackpin compile`` line that asks for ``requirement`` with the request's own target, changed where told.

    :param changes: ``cuda``, ``python``, ``platform``; an empty value leaves the option out.
    """
    wanted = {
        "cuda": "" if request.cuda == PYPI else request.cuda,
        "python": request.python,
        "platform": "" if str(request.platform) == "linux-x86_64" else str(request.platform),
        "driver": request.driver,
        "gpu": request.gpu,
        **changes,
    }
    others = [ask.text for ask in request.asks[1:]] + [str(item) for item in request.members]
    words = ["stackpin", "compile", requirement, *others]
    for option, value in wanted.items():
        words += [f"--{option}", value] if value else []
    return shlex.join(words)


def outward(releases: Sequence[str], admitted: Sequence[str]) -> Iterator[str]:
    """The releases around those that a request admits, the closest first; of two that are as close, the older one.

    :param releases: all releases of the anchor, newest first.
    :param admitted: those that were asked for, newest first.
    """
    oldest = releases.index(admitted[-1]) if admitted[-1] in releases else 0
    newest = releases.index(admitted[0]) if admitted[0] in releases else 0
    pairs = zip_longest(releases[oldest + 1 :], reversed(releases[:newest]))
    yield from (text for text in chain.from_iterable(pairs) if text is not None)


def surely_has_code(answer: Answer, gpu: str, facts: Facts) -> bool:
    """Whether the torch of an answer was read and has machine code for a GPU (``sm_90``); true where no GPU was asked for.

    PTX does not count: a few kernels with PTX make no torch that runs.
    """
    wanted = compute_capability(gpu)
    if wanted is None:
        return True
    torch = answer.locked.pin(TORCH)
    if torch is None or not torch.build.is_pypis:
        return False
    read = facts.abi.exports(torch.version, answer.locked.platform.machine)
    machine_code = [name for name in (read.architectures if read else None) or () if name.startswith("sm_")]
    return runs_on(machine_code, wanted)


def distance(one: tuple[int, int], other: tuple[int, int]) -> int:
    """How far two tags (major and minor) are apart, a major as far as ten minors."""
    return abs((one[0] - other[0]) * 10 + one[1] - other[1])


def tuple_text(answer: Answer) -> str:
    """A tuple in a few words: the anchors, the tag and the torch."""
    locked = answer.locked
    torch = locked.pin("torch")
    anchors = " and ".join(f"{anchor.name} {anchor.version}".strip() for anchor in locked.anchors)
    return f"{anchors} on {locked.cuda}" + (
        f", torch {torch.version}" if torch and str(torch.name) != anchors.split()[0] else ""
    )
