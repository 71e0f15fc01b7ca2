"""What is said once the tool is done: that the tuple is broken all the same, or that it was the tuple that stood in the way."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from stackpin.check.environment import accepted_versions, describe
from stackpin.effects.process import LocalProcesses, scratch_files
from stackpin.errors import Refused, TupleBroken, WrongMember
from stackpin.inject.plan import Kind
from stackpin.model.environment import FaultKind
from stackpin.parse.requirement_file import RequirementKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stackpin.app.wrap.holding import Held
    from stackpin.model.environment import Fault

__all__ = ["broken_environment", "conflict_note", "free_choice", "repair_command"]

#: A line of uv's dry run for what it would put in; of ``uv lock --dry-run``; of ``uv pip compile``.
_WOULD = re.compile(
    r"^\s*(?:\+ |Add |Update )?([A-Za-z0-9][\w.-]*)(?:==| v[^ ]+ -> v| v)(\S+?)(?: \(from .*\))?$", re.MULTILINE
)
_MINUTES = 600.0


def repair_command(held: Held, found: tuple[Fault, ...]) -> str:
    """The command that brings the members outside the tuple back in."""
    tool = held.wrapped.tool
    alike = [fault.name for fault in found if fault.kind is FaultKind.LOOK_ALIKE]
    out = f"{'pip uninstall -y' if tool == 'pip' else 'uv pip uninstall'} {' '.join(alike)}" if alike else ""
    pins = {str(pin.name): f"'{pin.name}{pin.specifier}'" for pin in held.locked.pins}
    names = [
        fault.name if fault.kind is not FaultKind.LOOK_ALIKE else fault.wanted.partition(" ")[0] for fault in found
    ]
    wanted = [pins[name] for name in dict.fromkeys(names) if name in pins]
    again = "--force-reinstall" if tool == "pip" else "--reinstall"
    put = (
        f"stackpin {'pip' if tool == 'pip' else 'uv pip'} install {again} --no-deps {' '.join(wanted)}"
        if wanted
        else ""
    )
    return " && ".join(filter(None, (out, put)))


def broken_environment(held: Held, found: tuple[Fault, ...]) -> TupleBroken:
    """The error for an environment that holds members outside the tuple although the tool ended well."""
    facts = [(describe(fault), fault.evidence if fault.kind is not FaultKind.LOOK_ALIKE else "") for fault in found]
    return TupleBroken(
        f"{held.wrapped.tool} ended well, and the environment is outside the tuple",
        facts=(*facts, (f"in force: {held.in_force.text}", "")),
        ways=(("to repair", repair_command(held, found)),),
    )


def conflict_note(held: Held) -> str:
    """Whether the tuple caused the tool's failure, in our own words; empty where it fails without the tuple too."""
    choice = free_choice(held)
    culprit = _culprit(held, choice)
    if culprit is None:
        return ""
    return f"stackpin[{culprit.slug}]: {culprit}"


def free_choice(held: Held) -> dict[str, str]:
    """What the tool would choose with nothing of ours: normalized name to version; empty where it finds nothing either.

    Nothing is built for that: a build would see what the tuple keeps out.
    """
    call, wrapped = held.wrapped.call, held.wrapped
    if any(line.kind is not RequirementKind.NAME and not line.target.endswith(".whl") for line in held.requested.lines):
        return {}
    words = [word for word in call.words if word not in {"-q", "--quiet", "-qq", "-qqq"}]
    if wrapped.kind is Kind.PIP:
        return _choice_of_pip(held, words)
    if wrapped.kind is Kind.UV_PIP:
        more = [] if call.verb == ("pip", "compile") or call.has("--dry-run") else ["--dry-run"]
        more += ["--only-binary", ":all:"]
        end = call.insert
        words = [*call.words[:end], *held.in_force.anchors, *more, *call.words[end:]]
    elif wrapped.kind is Kind.PROJECT and call.verb in {("lock",), ("sync",), ("export",), ("tree",)}:
        words = [
            "lock",
            "--dry-run",
            *(f"{name}={value}" for name, value in call.options if name in {"--project", "--directory"}),
        ]
    else:
        return {}
    done = LocalProcesses().run([str(wrapped.program), *words], env=_plain(wrapped.environ), timeout=_MINUTES)
    return dict(_chosen(done.stdout + "\n" + done.stderr)) if done.code == 0 else {}


def _plain(environ: Mapping[str, str]) -> dict[str, str]:
    return {**environ, "NO_COLOR": "1", "UV_NO_PROGRESS": "1"}


def _choice_of_pip(held: Held, words: list[str]) -> dict[str, str]:
    """Pip's own report of a dry run; a command that has none is asked as an installation."""
    import json

    if held.wrapped.call.verb not in {("install",), ("download",), ("wheel",)}:
        return {}
    with scratch_files({}) as folder:
        report = folder / "report.json"
        typed = [*words[: held.wrapped.call.insert], *held.in_force.anchors, *words[held.wrapped.call.insert :]]
        if held.wrapped.call.verb != ("install",):
            return {}
        asked = [*typed, "--dry-run", "--quiet", "--only-binary", ":all:", "--report", str(report)]
        done = LocalProcesses().run([str(held.wrapped.program), *asked], env=held.wrapped.environ, timeout=_MINUTES)
        if done.code != 0 or not report.exists():
            return {}
        items = json.loads(report.read_bytes()).get("install", [])
    return {str(canonicalize_name(item["metadata"]["name"])): str(item["metadata"]["version"]) for item in items}


def _chosen(text: str) -> Iterator[tuple[str, str]]:
    for match in _WOULD.finditer(text):
        yield str(canonicalize_name(match[1])), match[2]


def _culprit(held: Held, choice: Mapping[str, str]) -> Refused | None:
    """The member that the tool would have chosen otherwise: one that was typed before all others, torch before the rest."""
    locked = held.locked
    if held.in_force.refusal is not None:
        names = sorted({str(block.name) for block in locked.blocks} & set(choice))
        return _no_tuple(held, names[0], choice[names[0]]) if names else None
    torch = locked.pin("torch")
    series = torch.version if torch else ""
    wrong = [
        pin
        for pin in locked.pins
        if str(pin.name) in choice and choice[str(pin.name)] not in accepted_versions(pin, locked.cuda, torch=series)
    ]
    wrong.sort(key=lambda pin: (str(pin.name) not in held.requested.names, pin.name != "torch"))
    if wrong:
        return _wrong_member(held, wrong[0].name, choice[str(wrong[0].name)])
    alike = sorted({str(block.name) for block in locked.blocks} & set(choice))
    return _look_alike(held, alike[0], choice[alike[0]]) if alike else None


def _wrong_member(held: Held, name: str, version: str) -> Refused:
    pin = held.locked.pin(name)
    if pin is None:  # pragma: no cover - the caller has it from the pins
        raise KeyError(name)
    evidence = pin.evidence[0] if pin.evidence else None
    who = f"{evidence.subject} needs {name} {pin.version}" if evidence else f"the tuple has {name} {pin.full_version}"
    bare = [re.sub(r"\s*[<>=!~].*", "", text) for text in held.wrapped.stacks]
    command = shlex.join(["stackpin", "compile", *bare, f"{name}=={version.partition('+')[0]}"])
    return WrongMember(
        f"the tuple stands in the way: {held.wrapped.tool} would take {name} {version}, it has {pin.full_version}",
        facts=(
            (who, f"{evidence.line}  ({evidence.source})" if evidence else ""),
            (f"in force: {held.in_force.text}", ""),
        ),
        ways=((f"who goes with {name} {version}", command),),
    )


def _look_alike(held: Held, name: str, version: str) -> Refused:
    from stackpin.errors import LookAlikeMember

    block = next(block for block in held.locked.blocks if str(block.name) == name)
    member = block.reads.rpartition("use.")[2] if "use." in block.reads else ""
    return LookAlikeMember(
        f"the tuple keeps {name} {version} out: it {block.note or 'does not belong to it'}",
        facts=((f"in force: {held.in_force.text}", ""),),
        ways=((f"to set it free ({member})" if member else "to set it free", f"--allow {name}"),),
    )


def _no_tuple(held: Held, name: str, version: str) -> Refused:
    refusal = held.in_force.refusal
    hint = refusal.hint if refusal is not None else ""
    return Refused(
        f"{name} {version} would come in, and the stacks in force have no tuple here: {held.in_force.text}",
        ways=(("a tuple that exists", hint),) if hint else (),
    )
