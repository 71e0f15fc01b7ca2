"""The tuple in force for one call, and how it is spoken of."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from stackpin.app.driver import driver_here
from stackpin.app.wrap.tuples import answered
from stackpin.errors import NoTuple
from stackpin.model.locked import Block, LockedTuple
from stackpin.model.target import parse_platform
from stackpin.model.value import replace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stackpin.app.wrap.addressed import Addressed
    from stackpin.app.wrap.names import StackNames
    from stackpin.app.wrap.requested import Requested
    from stackpin.app.wrap.wrapped import Wrapped
    from stackpin.parse.requirement_file import RequiredLine

__all__ = ["InForce", "tuple_in_force", "with_builds"]

_AUTO = "auto"


class InForce(NamedTuple):
    """A tuple with the words for it; ``refusal`` is why there is none, where nothing of the stacks may then come in.

    ``asked`` is what was asked for, and where: ``torch==2.6.0  (STACKPIN_STACK)``.
    """

    locked: LockedTuple
    text: str
    asked: str
    notes: tuple[str, ...]
    anchors: tuple[str, ...]
    refusal: NoTuple | None = None

    @property
    def reason(self) -> tuple[str, str]:
        """Which tuple is in force, and what asked for it: a fact with its evidence."""
        return f"in force: {self.text}", self.asked


def tuple_in_force(wrapped: Wrapped, target: Addressed, requested: Requested, *, labelled: bool = False) -> InForce:
    """The tuple of the stacks in force on a target; a further anchor that the call names is solved together with them.

    :param labelled: whether the tag's own labelled builds are wanted, as ``--torch-backend`` takes them.
    :raises NoTuple: where there is none, and the call asks for something of the stacks.
    """
    settings = wrapped.settings
    asked: dict[str, object] = {
        "requirements": wrapped.stacks,
        "cuda": wrapped.own.cuda or settings.cuda or _AUTO,
        "python": target.python,
        "platform": target.platform,
        "driver": settings.driver or driver_here(),
        "gpu": settings.gpu,
        "prefer_builds": labelled,
        "allow": wrapped.own.allow,
    }
    try:
        found = alone = answered(asked, settings, wrapped.environ)
    except NoTuple as refusal:
        kept_out = frozenset(_names(wrapped).own)
        if requested.bare or requested.names & kept_out:
            raise
        return _nothing(kept_out, refusal, target, _asked(wrapped))
    joint = _further_anchors(alone.others, requested)
    if joint:
        found = answered({**asked, "requirements": (*wrapped.stacks, *joint)}, settings, wrapped.environ)
    notes = (*found.notes, *(_beside(joint, found.locked, alone.locked) if joint else ()))
    typed = tuple(_installable(item.name, item.extra) for item in found.locked.anchors if item.version)
    return InForce(found.locked, _spoken(found.locked), _asked(wrapped), notes, typed if requested.bare else ())


def _asked(wrapped: Wrapped) -> str:
    """The requirements of the stacks as they were typed, and where they stand."""
    where = "--stack" if wrapped.own.stacks else wrapped.settings.sources.get("stack", "")
    return f"{', '.join(wrapped.stacks)}  ({where})" if where else ", ".join(wrapped.stacks)


def _spoken(locked: LockedTuple) -> str:
    anchors = [f"{item.name} {item.version}".strip() for item in locked.anchors]
    return f"{' and '.join(anchors)} on {locked.cuda}"


def _beside(joint: tuple[str, ...], locked: LockedTuple, before: LockedTuple) -> tuple[str, ...]:
    """What is said where a further anchor makes one of the stacks in force an older release than it is by itself."""
    was = {item.name: item.version for item in before.anchors}
    return tuple(
        f"beside {' and '.join(joint)} the newest {item.name} is {item.version}, not {was[item.name]}"
        for item in locked.anchors
        if item.name in was and was[item.name] != item.version
    )


def _installable(name: str, extra: str) -> str:
    return f"{name}[{extra}]" if extra else name


def _names(wrapped: Wrapped) -> StackNames:
    from stackpin.app.wrap.names import names_of_stacks  # reads the catalog, as no kept answer has to

    return names_of_stacks(wrapped.stacks, wrapped.settings)


def _further_anchors(others: tuple[str, ...], requested: Requested) -> tuple[str, ...]:
    """Requirements of the call on the anchors of other stacks: left to the resolver, they would walk ours back."""
    return tuple(_without_marker(line) for line in requested.lines if line.name in others)


def _without_marker(line: RequiredLine) -> str:
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        requirement = Requirement(line.text)
    except InvalidRequirement:
        return line.name  # a file of it: its version is the tool's to tell
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    return f"{requirement.name}{extras}{requirement.specifier}"


def _nothing(names: frozenset[str], refusal: NoTuple, target: Addressed, asked: str) -> InForce:
    """A tuple that keeps every member out: what needs none of them is not in the way of the missing tuple."""
    from packaging.utils import NormalizedName

    reads = "0+stackpin.no.tuple.for.this.environment"
    blocks = tuple(Block(name=NormalizedName(name), reads=reads) for name in sorted(names))
    machine = parse_platform(target.platform)
    locked = LockedTuple(anchors=(), pins=(), bounds=(), blocks=blocks, cuda="cpu", platform=machine, pythons=())  # type: ignore[arg-type]
    return InForce(locked, refusal.what, asked, (), (), refusal)


def with_builds(locked: LockedTuple, versions: Mapping[str, str]) -> LockedTuple:
    """The tuple with builds that are equal to its own named by their label: nothing is then fetched a second time.

    :param versions: normalized name to the version with its local part (``2.6.0+cu124``).
    """
    pins = tuple(
        replace(pin, specifier=f"=={versions[str(pin.name)]}") if str(pin.name) in versions else pin
        for pin in locked.pins
    )
    return replace(locked, pins=pins)
