"""Faults, chains and refusals as findings: the rule, the sentence, the fix."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from stackpin.check.environment import describe
from stackpin.check.rewriting import rewritten
from stackpin.check.rule_book import rule
from stackpin.model.environment import FaultKind
from stackpin.model.explanation import ReasonKind
from stackpin.model.finding import Edit, Finding, Fix
from stackpin.model.mention import Role, SubjectKind
from stackpin.model.stack import FAMILY, TORCH, TRITON

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stackpin.catalog.facts import Facts
    from stackpin.check.torch_pins import NvidiaPin
    from stackpin.model.environment import Fault
    from stackpin.model.explanation import Explanation, Reason
    from stackpin.model.finding import Rule
    from stackpin.model.locked import Anchor, LockedTuple
    from stackpin.model.mention import Mention, Subject

__all__ = ["finding_of_chain", "finding_of_fault", "finding_of_refusal"]

_STATES = {
    Role.INSTALLED: "installed",
    Role.LOCKED: "locked",
    Role.REQUIRED: "asked for",
    Role.CONSTRAINED: "pinned",
    Role.OVERRIDDEN: "forced",
}
_DONE = (Role.INSTALLED, Role.LOCKED)


def finding_of_fault(
    fault: Fault, mention: Mention, subject: Subject, locked: LockedTuple, facts: Facts, torch: Mention | None
) -> Finding:
    """The finding for something outside a tuple.

    :param torch: what the subject says of torch, which the finding then points to.
    """
    found = _rule_of(fault, locked)
    message = describe(fault, state=_STATES[mention.role])
    belongs = facts.family_torch(fault.name, mention.version.partition("+")[0]) if fault.name in FAMILY else ""
    pin = locked.pin(TORCH)
    if found.id == "SP102" and belongs and pin is not None:
        message = f"{fault.name} {fault.found} belongs to torch {belongs}, not to torch {pin.version}"
    points = torch is not None and torch is not mention and found.id != "SP301"
    return Finding(
        rule=found,
        place=mention.place,
        message=message,
        package=fault.name,
        found=fault.found,
        wanted=fault.wanted,
        evidence=fault.evidence,
        fix=_fix(fault, mention, subject, locked),
        related=((torch.place, f"torch {torch.version or torch.specifier}".strip()),) if points and torch else (),
    )


def finding_of_anchor(anchor: Anchor, mention: Mention, subject: Subject) -> Finding:
    """The finding for an anchor of another release than the stack in force has."""
    found = mention.version or mention.specifier
    return Finding(
        rule=rule("SP103"),
        place=mention.place,
        message=f"{anchor.name} {found} is {_STATES[mention.role]}; in force is {anchor.request}",
        package=str(anchor.name),
        found=found,
        wanted=anchor.version,
        evidence=f"the stack in force: {anchor.request}",
        fix=_rewritten(f"{anchor.name}=={anchor.version}", mention, subject),
    )


def finding_of_pin(pin: NvidiaPin, torch: str, mention: Mention, subject: Subject) -> Finding:
    """The finding for an NVIDIA package in another version than torch's METADATA pins."""
    return Finding(
        rule=rule("SP105"),
        place=mention.place,
        message=f"{pin.name} {mention.version} is {_STATES[mention.role]}; {torch} needs {pin.name} {pin.version}",
        package=pin.name,
        found=mention.version,
        wanted=pin.version,
        evidence=f"{torch}: {pin.line}",
        fix=_rewritten(f"{pin.name}=={pin.version}", mention, subject),
    )


def finding_of_chain(
    chain: Sequence[Reason], mention: Mention, subject: Subject, wanted: str, *, cuda: bool = False
) -> Finding:
    """The finding for a package that no tuple names and that cannot be beside the anchor: the facts say why.

    :param wanted: the newest release of it that can; empty where none is known.
    :param cuda: whether it is a CUDA member, whose major is what is wrong.
    """
    texts = [reason.text for reason in chain if reason.kind is not ReasonKind.REQUEST]
    symbols = any(reason.kind is ReasonKind.SYMBOLS for reason in chain)
    name = str(mention.name)
    fix = _rewritten(f"{name}=={wanted}", mention, subject) if wanted else Fix()
    if not wanted and symbols:
        fix = Fix(command=f"stackpin abi {name}")
    return Finding(
        rule=rule("SP401" if symbols else "SP202" if cuda else "SP103"),
        place=mention.place,
        message=f"{name} {mention.version or mention.specifier} does not go with the rest: {'; '.join(texts)}",
        package=name,
        found=mention.version or mention.specifier,
        wanted=wanted,
        evidence=next((reason.evidence for reason in reversed(chain) if reason.evidence), ""),
        fix=fix,
    )


def finding_of_contradiction(asked: Mention, held: Mention, subject: Subject) -> Finding:
    """The finding for a version that is asked for where a constraint allows no other than its own."""
    name, found = str(asked.name), asked.version or asked.specifier
    return Finding(
        rule=rule("SP104"),
        place=asked.place,
        message=f"{name} {found} is asked for and {name} {held.version} is pinned: no installer takes both",
        package=name,
        found=found,
        wanted=held.version,
        fix=_rewritten(f"{name}=={held.version}", asked, subject),
        related=((held.place, f"{name} {held.version}"),),
    )


def finding_of_refusal(explanation: Explanation, mention: Mention) -> Finding:
    """The finding for anchors that have no tuple as they are asked for; the fix is the nearest answer's command."""
    nearest = explanation.nearest[0] if explanation.nearest else None
    told = f"{explanation.headline}: {explanation.cause}" if explanation.cause else explanation.headline
    reasons = [reason for refusal in explanation.refusals for reason in refusal.reasons]
    kinds = {reason.kind for reason in reasons} - {ReasonKind.REQUIRES, ReasonKind.REQUEST}
    return Finding(
        rule=rule("SP202" if kinds == {ReasonKind.CUDA_MAJOR} else "SP104"),
        place=mention.place,
        message=told,
        package=str(mention.name),
        found=mention.version or mention.specifier,
        evidence=next((reason.evidence for reason in reversed(reasons) if reason.evidence), ""),
        fix=Fix(text=explanation.cure, command=nearest.command) if nearest else Fix(),
    )


def _rule_of(fault: Fault, locked: LockedTuple) -> Rule:
    if fault.kind is FaultKind.LOOK_ALIKE:
        return rule("SP301")
    if fault.kind is FaultKind.TWICE:
        return rule("SP303")
    if any(bound.name == fault.name for bound in locked.bounds):
        return rule("SP202")
    if fault.kind is FaultKind.WRONG_BUILD:
        return rule("SP201")
    if fault.name == TRITON:
        return rule("SP101")
    return rule("SP102" if fault.name in FAMILY else "SP103")


def _fix(fault: Fault, mention: Mention, subject: Subject, locked: LockedTuple) -> Fix:
    if fault.kind is FaultKind.LOOK_ALIKE:
        return _without(fault, mention, subject, locked)
    requirement = _wanted(fault, locked)
    if not requirement:
        return Fix()
    pin = locked.pin(fault.name)
    return _rewritten(requirement, mention, subject, page=pin.build.page if pin is not None else "")


def _rewritten(requirement: str, mention: Mention, subject: Subject, page: str = "") -> Fix:
    """The fix that puts a requirement in the place of what is there: a line to type, or an edit of the file.

    :param page: where the build is found, if that is not PyPI.
    """
    if subject.kind is SubjectKind.ENVIRONMENT:
        words = ["uv", "pip", "install", "--python", subject.path, requirement]
        return Fix(command=shlex.join([*words, *(["--find-links", page] if page else [])]))
    new = rewritten(mention, requirement.removeprefix(str(mention.name))) if mention.role not in _DONE else ""
    if not new:
        return Fix(text=requirement)
    return Fix(text=new, edits=(Edit(place=mention.place, old=mention.text, new=new),))


def _wanted(fault: Fault, locked: LockedTuple) -> str:
    """The requirement that is right: an exact pin of the tuple's build, or the bound of a CUDA member."""
    pin = locked.pin(fault.name)
    if pin is not None:
        return f"{pin.name}=={pin.full_version}"
    bound = next((bound for bound in locked.bounds if bound.name == fault.name), None)
    return f"{bound.name}{bound.specifier}" if bound is not None else ""


def _without(fault: Fault, mention: Mention, subject: Subject, locked: LockedTuple) -> Fix:
    """Out with a look-alike, and the member's own files back where it wrote over them."""
    member = fault.wanted.partition(" ")[0]
    pin = locked.pin(member) if member else None
    if subject.kind is SubjectKind.ENVIRONMENT:
        commands = [shlex.join(["uv", "pip", "uninstall", "--python", subject.path, fault.name])]
        if pin is not None:
            words = ["uv", "pip", "install", "--python", subject.path, "--reinstall", "--no-deps"]
            words += [f"{pin.name}=={pin.full_version}", *(["--find-links", pin.build.page] if pin.build.page else [])]
            commands.append(shlex.join(words))
        return Fix(command=" && ".join(commands))
    text = f"{pin.name}=={pin.full_version} in its place" if pin is not None else f"leave {fault.name} out"
    if mention.role in _DONE or not mention.text or not mention.place.line:
        return Fix(text=text)
    return Fix(text=text, edits=(Edit(place=mention.place, old=mention.text, new=""),))
