"""The tuple in force for one call, and how it is spoken of."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from stackpin.app.driver import driver_here
from stackpin.app.wrap.tuples import answered
from stackpin.catalog.loader import Catalog
from stackpin.catalog.stacks import Stacks
from stackpin.errors import NoTuple, UsageError
from stackpin.model.locked import Block, LockedTuple
from stackpin.model.stack import TORCH
from stackpin.model.target import parse_platform
from stackpin.model.value import replace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stackpin.app.wrap.addressed import Addressed
    from stackpin.app.wrap.requested import Requested
    from stackpin.app.wrap.wrapped import Wrapped
    from stackpin.model.stack import Stack

__all__ = ["InForce", "tuple_in_force", "with_builds"]

_AUTO = "auto"


class InForce(NamedTuple):
    """A tuple with the words for it; ``refusal`` is why there is none, where nothing of the stacks may then come in."""

    locked: LockedTuple
    text: str
    notes: tuple[str, ...]
    anchors: tuple[str, ...]
    refusal: NoTuple | None = None

    @property
    def reason(self) -> tuple[str, str]:
        """One line that says which tuple is in force, and where that is set."""
        return self.text, ""


def tuple_in_force(wrapped: Wrapped, target: Addressed, requested: Requested, *, labelled: bool = False) -> InForce:
    """The tuple of the stacks in force on a target; a further anchor that the call names is solved together with them.

    :param labelled: whether the tag's own labelled builds are wanted, as ``--torch-backend`` takes them.
    :raises NoTuple: where there is none, and the call asks for something of the stacks.
    """
    settings = wrapped.settings
    stacks = Stacks(Catalog.open(Path(settings.catalog) if settings.catalog else None), settings.stacks)
    own = [stacks.find(_name_of(text)) for text in wrapped.stacks]
    joint = _further_anchors(own, requested, stacks)
    asked = {
        "requirements": (*wrapped.stacks, *joint),
        "cuda": wrapped.own.cuda or settings.cuda or _AUTO,
        "python": target.python,
        "platform": target.platform,
        "driver": settings.driver or driver_here(),
        "gpu": settings.gpu,
        "prefer_builds": labelled,
        "allow": wrapped.own.allow,
    }
    try:
        found = answered(asked, settings, wrapped.environ)
    except NoTuple as refusal:
        kept_out = _names_of(own, stacks)
        if joint or requested.bare or requested.names & kept_out:
            raise
        return _nothing(kept_out, refusal, target)
    text = _spoken(found.locked)
    where = "--stack" if wrapped.own.stacks else settings.sources.get("stack", "")
    notes = (*found.notes, *(_beside(joint, found.locked, _alone(asked, wrapped)) if joint else ()))
    text += f"  ({where})" if where else ""
    typed = tuple(_installable(item.name, item.extra) for item in found.locked.anchors if item.version)
    return InForce(found.locked, text, notes, typed if requested.bare else ())


def _spoken(locked: LockedTuple) -> str:
    anchors = [f"{item.name} {item.version}".strip() for item in locked.anchors]
    return f"{' and '.join(anchors)} on {locked.cuda}"


def _alone(asked: Mapping[str, object], wrapped: Wrapped) -> LockedTuple | None:
    """The tuple of the stacks in force by themselves, to tell what a further anchor costs; None where there is none."""
    try:
        return answered({**asked, "requirements": wrapped.stacks}, wrapped.settings, wrapped.environ).locked
    except NoTuple:
        return None


def _beside(joint: tuple[str, ...], locked: LockedTuple, before: LockedTuple | None) -> tuple[str, ...]:
    """What is said where a further anchor makes one of the stacks in force an older release than it is by itself."""
    was = {item.name: item.version for item in before.anchors} if before is not None else {}
    return tuple(
        f"beside {' and '.join(joint)} the newest {item.name} is {item.version}, not {was[item.name]}"
        for item in locked.anchors
        if item.name in was and was[item.name] != item.version
    )


def _installable(name: str, extra: str) -> str:
    return f"{name}[{extra}]" if extra else name


def _name_of(text: str) -> str:
    """The name in the requirement of a stack.

    :raises UsageError: where it does not parse.
    """
    try:
        return Requirement(text).name
    except InvalidRequirement as error:
        raise UsageError(
            "a stack's requirement does not parse",
            got=f"{text!r}: {str(error).splitlines()[0]}",
            expected="a PEP 508 requirement such as sglang or 'sglang==0.4.*'",
        ) from error


def _further_anchors(own: list[Stack], requested: Requested, stacks: Stacks) -> tuple[str, ...]:
    """Requirements of the call on the anchors of other stacks: left to the resolver, they would walk ours back."""
    others = {str(stack.anchor) for stack in stacks.by_name.values()} - _names_of(own, stacks)
    found = []
    for line in requested.lines:
        if line.name not in others:
            continue
        try:
            requirement = Requirement(line.text)
        except InvalidRequirement:
            found.append(line.name)  # a file of it: its version is the tool's to tell
            continue
        extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
        found.append(f"{requirement.name}{extras}{requirement.specifier}")
    return tuple(found)


def _names_of(own: list[Stack], stacks: Stacks) -> frozenset[str]:
    """The anchors and members of the stacks in force, without those members that are another stack's anchor."""
    anchors = {str(stack.anchor) for stack in stacks.by_name.values()} - {TORCH}
    members = {str(name) for stack in own for name in (*stack.members, *stack.always)}
    return frozenset({str(stack.anchor) for stack in own} | (members - anchors))


def _nothing(names: frozenset[str], refusal: NoTuple, target: Addressed) -> InForce:
    """A tuple that keeps every member out: what needs none of them is not in the way of the missing tuple."""
    reads = "0+stackpin.no.tuple.for.this.environment"
    blocks = tuple(Block(name=canonicalize_name(name), reads=reads) for name in sorted(names))
    machine = parse_platform(target.platform)
    locked = LockedTuple(anchors=(), pins=(), bounds=(), blocks=blocks, cuda="cpu", platform=machine, pythons=())  # type: ignore[arg-type]
    return InForce(locked, refusal.what, (), (), refusal)


def with_builds(locked: LockedTuple, versions: Mapping[str, str]) -> LockedTuple:
    """The tuple with builds that are equal to its own named by their label: nothing is then fetched a second time.

    :param versions: normalized name to the version with its local part (``2.6.0+cu124``).
    """
    pins = tuple(
        replace(pin, specifier=f"=={versions[str(pin.name)]}") if str(pin.name) in versions else pin
        for pin in locked.pins
    )
    return replace(locked, pins=pins)
