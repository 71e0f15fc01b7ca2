"""What is said once the tool is done: that the tuple is broken all the same, or that it was the tuple that stood in the way."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stackpin.app.wrap.addressed import folder_of_call
from stackpin.app.wrap.free_choice import free_choice, resolves_held
from stackpin.app.wrap.project import find_project, names_index
from stackpin.check.environment import accepted_by_name, describe
from stackpin.errors import LookAlikeMember, Refused, TupleBroken, WrongMember
from stackpin.inject.plan import Kind
from stackpin.inject.repair import command_line, grounds, place_of, repair_line, typed
from stackpin.inject.uv_project import ways_to_a_build
from stackpin.model.environment import FaultKind
from stackpin.model.explanation import Explanation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stackpin.app.wrap.holding import Held
    from stackpin.inject.plan import Plan
    from stackpin.model.environment import Fault

__all__ = ["broken_environment", "conflict_note", "repair_command"]


def repair_command(held: Held, found: tuple[Fault, ...]) -> str:
    """The command that brings the members outside the tuple back in."""
    alike = [fault.name for fault in found if fault.kind is FaultKind.LOOK_ALIKE]
    names = [
        fault.name if fault.kind is not FaultKind.LOOK_ALIKE else fault.wanted.partition(" ")[0] for fault in found
    ]
    pins = [held.locked.pin(name) for name in dict.fromkeys(names)]
    wanted = [f"{pin.name}{pin.specifier}" for pin in pins if pin is not None]
    return repair_line(held.wrapped.call, held.wrapped.own, alike, wanted)


def broken_environment(held: Held, found: tuple[Fault, ...]) -> TupleBroken:
    """The error for an environment that holds members outside the tuple although the tool ended well."""
    return TupleBroken(
        f"{held.wrapped.tool} ended well, and the environment is outside the tuple",
        facts=(*((describe(fault), "") for fault in found), *grounds(held.locked, found[0].name, held.in_force.reason)),
        ways=(("to repair", repair_command(held, found)),),
    )


def conflict_note(held: Held, plan: Plan) -> str:
    """Whether the tuple caused the tool's failure, in our own words; empty where it fails without the tuple too.

    A program that ``uv run`` started has codes of its own: where nothing was to be resolved, nothing is asked.
    """
    if held.wrapped.call.verb == ("run",) and "-P" not in plan.words:
        return ""
    choice = free_choice(held)
    culprit = _culprit(held, choice)
    if culprit is None or resolves_held(held, plan):
        return ""
    return f"stackpin[{culprit.slug}]: {culprit}"


def _culprit(held: Held, choice: Mapping[str, str]) -> Refused | None:
    """The member that the tool would have chosen otherwise: one that was typed before all others, torch before the rest."""
    locked = held.locked
    if held.in_force.refusal is not None:
        names = sorted({str(block.name) for block in locked.blocks} & set(choice))
        return _no_tuple(held, names[0], choice[names[0]]) if names else None
    accepted = accepted_by_name(locked)
    wrong = [
        pin for pin in locked.pins if str(pin.name) in choice and choice[str(pin.name)] not in accepted[str(pin.name)]
    ]
    wrong.sort(key=lambda pin: (str(pin.name) not in held.requested.names, pin.name != "torch"))
    if wrong:
        return _wrong_member(held, wrong[0].name, choice[str(wrong[0].name)])
    alike = sorted({str(block.name) for block in locked.blocks} & set(choice))
    return _look_alike(held, alike[0], choice[alike[0]]) if alike else None


def _because(held: Held, name: str, version: str, has: str) -> str:
    """The first line of a note: what failed, and what it would have come to."""
    return f"{held.wrapped.tool} failed because of the tuple: by itself it would take {name} {version}, {has}"


def _wrong_member(held: Held, name: str, version: str) -> Refused:
    pin = held.locked.pin(name)
    has = f"the tuple has {pin.full_version}" if pin is not None else "the tuple has none"
    facts = grounds(held.locked, name, held.in_force.reason)
    if pin is not None and _lacks_index(held):
        return WrongMember(
            _because(held, name, version, f"{has}, and the project names no index that carries it"),
            facts=((f"{name} {pin.full_version} is on", pin.build.page), *facts),
            ways=ways_to_a_build(held.wrapped.call, held.locked, held.wrapped.own),
        )
    return WrongMember(
        _because(held, name, version, has),
        facts=facts,
        ways=((f"who goes with {name} {version}", _who_goes_with(held, name, version)),),
    )


def _lacks_index(held: Held) -> bool:
    """Whether the call is about a project that cannot find a build of the tuple."""
    call = held.wrapped.call
    project = find_project(call, folder_of_call(call, held.wrapped.cwd)) if held.wrapped.kind is Kind.PROJECT else None
    return project is not None and not names_index(project.said, held.locked)


def _who_goes_with(held: Held, name: str, version: str) -> str:
    """The command that solves for another version of a member, whatever release of the anchors that takes."""
    bare = [re.sub(r"\s*[<>=!~].*", "", text) for text in held.wrapped.stacks]
    public, _, label = version.partition("+")
    settings = held.wrapped.settings
    tag = label if label.startswith("cu") else "pypi"
    options = ("--cuda", tag) if label.startswith("cu") or settings.cuda not in {"", "auto", "pypi"} else ()
    anchors = [text for text in bare if text.partition("[")[0] != name]
    return command_line("stackpin", "compile", *anchors, f"{name}=={public}", *options)


def _look_alike(held: Held, name: str, version: str) -> Refused:
    block = next(block for block in held.locked.blocks if str(block.name) == name)
    own, call, in_force = held.wrapped.own, held.wrapped.call, held.in_force.reason
    use = block.reads.partition(".use.")[2]
    member = next((pin for pin in held.locked.pins if use == f"{pin.name.replace('-', '.')}.{pin.version}"), None)
    if member is None:
        why = f"{name}: {block.note}" if block.note else f"the tuple has no {name}"
        return WrongMember(_because(held, name, version, "the tuple has none"), facts=((why, ""), in_force))
    pip = "pip install" if held.wrapped.tool == "pip" else "uv pip install"
    free = own._replace(allow=(*own.allow, str(member.name))).words
    return LookAlikeMember(
        _because(held, name, version, f"which {block.note}, and the tuple has {member.name} {member.full_version}"),
        facts=grounds(held.locked, str(member.name), in_force),
        ways=(
            (f"to have {member.name}", typed(own, pip, *place_of(call), f"{member.name}{member.specifier}")),
            (f"with {member.name} set free", command_line("stackpin", call.tool, *call.with_options(*free))),
        ),
    )


def _no_tuple(held: Held, name: str, version: str) -> Refused:
    refusal = held.in_force.refusal
    hint = refusal.hint if refusal is not None else ""
    explanation = refusal.explanation if refusal is not None else None
    reasons = explanation.refusals[0].reasons if isinstance(explanation, Explanation) and explanation.refusals else ()
    return Refused(
        f"{name} {version} would come in, and the stacks in force have no tuple here: {held.in_force.text}",
        facts=(*((reason.text, reason.evidence) for reason in reasons), ("in force", held.in_force.asked)),
        ways=(("a tuple that exists", hint),) if hint else (),
    )
