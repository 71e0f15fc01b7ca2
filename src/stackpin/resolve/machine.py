"""What a machine rules out by itself: its Python, its platform, its driver, its GPU."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.model.cuda import CudaTag
from stackpin.model.driver import meets
from stackpin.model.explanation import Reason, ReasonKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stackpin.catalog.facts import Facts
    from stackpin.model.request import Request

__all__ = ["ELSEWHERE", "MACHINE", "driver_reasons"]

#: What another environment on the same machine may have otherwise.
ELSEWHERE = frozenset({ReasonKind.PYTHON, ReasonKind.PLATFORM})
#: What a person's machine decides: a bare name that only this rules out is refused, never walked back.
MACHINE = frozenset({*ELSEWHERE, ReasonKind.DRIVER, ReasonKind.GPU})


def driver_reasons(facts: Facts, request: Request, tag: str, fixed: Mapping[str, str]) -> tuple[Reason, ...]:
    """Why the request's driver cannot run a tag; empty where it can, or where none was named.

    :param fixed: the anchors' versions that are on this tag, by name.
    """
    floor = facts.least_driver(CudaTag(tag))
    if not request.driver or meets(request.driver, floor):
        return ()
    who = next((f"{name} {version} is for {tag}, which" for name, version in fixed.items() if version), tag)
    text = f"{who} needs NVIDIA driver {floor} or newer; this one is {request.driver}"
    source = next((row.source for row in facts.drivers if row.floor == floor), "")
    return (Reason(kind=ReasonKind.DRIVER, subject=tag, text=text, evidence=source.partition(" ; ")[0]),)
