"""Members that are installed outside the tuple: put right in the same run, or refused with the command that does it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stackpin.errors import LookAlikeMember, Refused, ToolMissing
from stackpin.inject.plan import Situation, named_members
from stackpin.model.environment import FaultKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stackpin.inject.command_line import Call, Own
    from stackpin.model.environment import Fault
    from stackpin.model.locked import LockedTuple

__all__ = [
    "command_line",
    "grounds",
    "hidden",
    "place_of",
    "refuse_look_alikes",
    "refuse_old",
    "repair_line",
    "repairs",
    "typed",
]

#: For each tool, how a distribution is taken out, and how a member's own files are put back.
_REMOVE = {"pip": "pip uninstall -y", "uv": "uv pip uninstall"}
_RESTORE = {"pip": "pip install --force-reinstall --no-deps", "uv": "uv pip install --reinstall --no-deps"}
_INSTALL = {"pip": "pip install", "uv": "uv pip install"}
#: Options that say where a command works: in an environment, in a project.
_IN_ENVIRONMENT = frozenset(
    {"--directory", "--prefix", "--project", "--python", "--root", "--system", "--target", "--user"}
)
_IN_PROJECT = frozenset({"--directory", "--project"})
#: What may stand in a command without quotes.
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./-_")


def repairs(call: Call, situation: Situation) -> tuple[str, ...]:
    """The installed members that are outside the tuple, as requirements that correct them in the same run.

    :raises LookAlikeMember: where a look-alike is installed.
    :raises Refused: where the call asks for hashes, which such a requirement lacks, or builds before it is corrected.
    """
    refuse_look_alikes(call, situation.faults, situation)
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
            facts=grounds(situation.locked, first.name, situation.in_force),
            ways=(("to correct it first", typed(situation.own, _INSTALL[call.tool], *place_of(call), *wanted)),),
        )
    return wanted


def grounds(locked: LockedTuple, name: str, in_force: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    """Why a member must be what the tuple has: who needs it, by which line of which file, and which tuple is in force."""
    pin = locked.pin(name)
    if pin is None or not pin.evidence:
        return (in_force,)
    first = pin.evidence[0]
    source = f"  ({first.source})" if first.source else ""
    if first.subject and first.subject.partition(" ")[0] != pin.name:
        return ((f"{first.subject} needs {pin.name} {pin.version}", f"{first.line}{source}"), in_force)
    return ((f"the tuple has {pin.name} {pin.full_version}", f"{first}{source}"), in_force)


def command_line(*words: str) -> str:
    """Words as they are typed at a shell, without the password in an address: this is printed, and kept in logs.

    shlex's own quoting would cost an import that most runs need not pay.
    """
    return " ".join(map(_quoted, map(hidden, words)))


def hidden(text: str) -> str:
    """A text with stars in place of what stands before the host of an address."""
    return re.sub(r"(://)[^/@\s]+@", r"\1****@", text)


def _quoted(word: str) -> str:
    return word if word and set(word) <= _PLAIN else "'" + word.replace("'", "'\"'\"'") + "'"


def typed(own: Own, command: str, *words: str) -> str:
    """A command of the wrapped tool as it is to be typed, with the wrapper's own options that are in force now."""
    return command_line("stackpin", *command.split(), *own.words, *words)


def place_of(call: Call, *, uninstalls: bool = False) -> tuple[str, ...]:
    """The options by which a call says where it works, so that a command that we name works there as well.

    :param uninstalls: whether that is an uninstallation, for which pip knows environments only.
    """
    names = _IN_ENVIRONMENT if call.tool == "pip" or call.verb[:1] == ("pip",) else _IN_PROJECT
    names = frozenset({"--python"}) if uninstalls and call.tool == "pip" else names
    chosen = [option for option in call.options if option.name in names]
    return tuple(word for name, value in chosen for word in ((name,) if value is None else (name, value)))


def repair_line(call: Call, own: Own, look_alikes: Sequence[str], wanted: Sequence[str]) -> str:
    """The command that takes look-alikes out and puts members' own files back, where the call works."""
    tool = "pip" if call.tool == "pip" else "uv"
    out = command_line("stackpin", *_REMOVE[tool].split(), *place_of(call, uninstalls=True), *look_alikes)
    put = typed(own, _RESTORE[tool], *place_of(call), *wanted)
    return " && ".join((*((out,) if look_alikes else ()), *((put,) if wanted else ())))


def _builds_in_place(call: Call, situation: Situation) -> bool:
    """Whether something may be built in the environment itself."""
    variables = ("PIP_NO_BUILD_ISOLATION", "UV_NO_BUILD_ISOLATION", "UV_NO_BUILD_ISOLATION_PACKAGE")
    return call.has("--no-build-isolation", "--no-build-isolation-package") or any(
        situation.environ.get(name) for name in variables
    )


def refuse_look_alikes(call: Call, faults: tuple[Fault, ...], situation: Situation) -> None:
    """Refuse where a look-alike is installed: it wrote over a member's files, and no resolver sees that.

    :raises LookAlikeMember: for the first that is found.
    """
    for fault in faults:
        if fault.kind is not FaultKind.LOOK_ALIKE:
            continue
        member, _, version = fault.wanted.partition(" ")
        pin = situation.locked.pin(member)
        wanted = [f"{member}{pin.specifier}"] if pin is not None else []
        harm = f"writes over the files of {member} {version}" if version else "the tuple keeps it out"
        alike = ((f"{fault.name} {fault.evidence}", ""),) if fault.evidence else ()
        raise LookAlikeMember(
            f"not run: {fault.name} {fault.found} is installed, and {harm}",
            facts=(*alike, *grounds(situation.locked, member, situation.in_force)),
            ways=(("to repair", repair_line(call, situation.own, [fault.name], wanted)),),
        )


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
