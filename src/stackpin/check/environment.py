"""An environment against a locked tuple: which installed members break it. What is absent breaks nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.check.rules import Rules, accepted_by_name, accepted_versions, sorted_faults
from stackpin.model.environment import FaultKind
from stackpin.model.stack import TORCH

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from stackpin.model.environment import Fault, Installed
    from stackpin.model.locked import LockedTuple

__all__ = ["accepted_by_name", "accepted_versions", "describe", "faults"]


def faults(
    installed: Iterable[Installed], locked: LockedTuple, *, allow: Collection[str] = (), torch_tag: str = ""
) -> tuple[Fault, ...]:
    """What is installed and breaks the tuple; sorted by name.

    Of a name that lies in several folders the first one counts, for that is what Python imports; in one folder more than
    once it is a fault of its own, for nobody can say whose files lie there.

    :param installed: as :func:`stackpin.effects.environments.read_installed` returns it, first found first.
    :param allow: normalized names of members that are set free.
    :param torch_tag: the tag that torch's own ``version.py`` states; empty where it is not known.
    """
    rules = Rules(locked, allow)
    names = rules.names
    seen: dict[str, list[Installed]] = {}
    for each in installed:
        if each.name in names:
            seen.setdefault(str(each.name), []).append(each)
    found: list[Fault | None] = []
    for name, several in seen.items():
        first = several[0]
        together = [each.version for each in several if each.folder.parent == first.folder.parent]
        doubled = rules.twice(name, together) if len(together) > 1 else None
        tag = torch_tag if name == TORCH else ""
        found.append(doubled or rules.fault(name, first.version, tag))
    return sorted_faults(fault for fault in found if fault is not None)


def describe(fault: Fault, *, state: str = "installed") -> str:
    """One line for people: ``triton 3.3.1 is installed; torch 2.6.0 needs triton 3.2.0``.

    :param state: what the thing is where it was found, such as ``locked``.
    """
    have = f"{fault.name} {fault.found} is {state}"
    if fault.kind is FaultKind.LOOK_ALIKE:
        rest = f"; the tuple has {fault.wanted}" if fault.wanted else ""
        return f"{have} and {fault.evidence}{rest}" if fault.evidence.startswith("writes ") else have + rest
    if fault.kind is FaultKind.TWICE:
        return f"{fault.name} is {state} more than once, as {fault.found}; the tuple has {fault.name} {fault.wanted}"
    if fault.kind is FaultKind.WRONG_BUILD:
        if not fault.wanted:
            return f"{have}; {fault.evidence or 'the tuple keeps it out'}"
        built = f", the build for {fault.tag}" if fault.tag else ""
        return f"{have}; the tuple has {fault.name} {fault.wanted}{built}"
    return f"{have}; {_demand(fault)}"


def _demand(fault: Fault) -> str:
    """Who wants which version: the subject of the evidence, unless that speaks of itself."""
    if fault.wanted[:1] in set("<>=!~"):
        return f"the tuple has {fault.name}{fault.wanted} ({fault.evidence})" if fault.evidence else "out of bounds"
    subject, colon, _ = fault.evidence.partition(": ")
    who = subject if colon and subject.partition(" ")[0] != fault.name else ""
    return f"{who or 'the tuple'} {'needs' if who else 'has'} {fault.name} {fault.wanted}"
