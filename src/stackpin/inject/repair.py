"""Members that are installed outside the tuple: put right in the same run, or refused with the command that does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.errors import LookAlikeMember, Refused, ToolMissing
from stackpin.inject.plan import Situation, named_members
from stackpin.model.environment import FaultKind

if TYPE_CHECKING:
    from stackpin.inject.command_line import Call
    from stackpin.model.environment import Fault

__all__ = ["refuse_look_alikes", "refuse_old", "repairs"]

#: For each tool, how a distribution is taken out, and how a member's own files are put back.
_REMOVE = {"pip": "pip uninstall -y", "uv": "uv pip uninstall"}
_RESTORE = {"pip": "pip install --force-reinstall --no-deps", "uv": "uv pip install --reinstall --no-deps"}
_INSTALL = {"pip": "pip install", "uv": "uv pip install"}


def repairs(call: Call, situation: Situation) -> tuple[str, ...]:
    """The installed members that are outside the tuple, as requirements that correct them in the same run.

    :raises LookAlikeMember: where a look-alike is installed.
    :raises Refused: where the call asks for hashes, which such a requirement lacks, or builds before it is corrected.
    """
    refuse_look_alikes(call.tool, situation.faults)
    pins = {str(pin.name): f"{pin.name}{pin.specifier}" for pin in situation.locked.pins}
    named = set(named_members(call, situation.locked))
    wrong = [fault for fault in situation.faults if fault.name in pins and fault.name not in named]
    wanted = tuple(dict.fromkeys(pins[fault.name] for fault in wrong))
    if wanted and (situation.hashes or _builds_in_place(call, situation)):
        first = wrong[0]
        why = "requirements with hashes leave no room for its correction"
        if not situation.hashes:
            why = "a build without isolation would see it before it is corrected"
        raise Refused(
            f"not run: {first.name} {first.found} is installed where the tuple has {first.wanted}, and {why}",
            facts=((f"in force: {situation.in_force}", ""),),
            ways=(("to correct it first", f"{_INSTALL[call.tool]} {' '.join(map(_quoted, wanted))}"),),
        )
    return wanted


def _builds_in_place(call: Call, situation: Situation) -> bool:
    """Whether something may be built in the environment itself."""
    variables = ("PIP_NO_BUILD_ISOLATION", "UV_NO_BUILD_ISOLATION", "UV_NO_BUILD_ISOLATION_PACKAGE")
    return call.has("--no-build-isolation", "--no-build-isolation-package") or any(
        situation.environ.get(name) for name in variables
    )


def refuse_look_alikes(tool: str, faults: tuple[Fault, ...]) -> None:
    """Refuse where a look-alike is installed: it wrote over a member's files, and no resolver sees that.

    :raises LookAlikeMember: for the first that is found.
    """
    for fault in faults:
        if fault.kind is not FaultKind.LOOK_ALIKE:
            continue
        member, _, version = fault.wanted.partition(" ")
        commands = [f"{_REMOVE[tool]} {fault.name}"]
        commands += [f"{_RESTORE[tool]} {member}=={version}"] if version else []
        raise LookAlikeMember(
            f"not run: {fault.name} {fault.found} is installed, and writes over the files of {fault.wanted}",
            facts=((f"the tuple has {fault.wanted}", fault.evidence),) if version else (),
            ways=(("to repair", " && ".join(commands)),),
        )


def _quoted(word: str) -> str:
    return f"'{word}'"


def refuse_old(tool: str, version: tuple[int, ...], floor: tuple[int, ...]) -> None:
    """Refuse a release of a tool that cannot be held safe.

    :raises ToolMissing: where it is older than ``floor``.
    """
    if version >= floor:
        return
    least = ".".join(map(str, floor))
    raise ToolMissing(
        f"{tool} {'.'.join(map(str, version))} is too old to be held to a tuple",
        expected=f"{tool} {least} or newer",
        hint=f"pip install '{tool}>={least}'",
    )
