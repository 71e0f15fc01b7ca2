"""What happens to one uv invocation that is not ``uv pip``: project commands, scripts, tools, builds.

What uv writes for a team (``uv.lock``, ``pyproject.toml``) must hold nothing of ours: ``-P name==version`` holds the one
resolution and leaves no trace. A layer beside the project (``run --with``, ``uvx``, ``tool install``) is held by a
requirements file whose only line is ``-c``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from stackpin.errors import LockOutside, Refused, WrongMember
from stackpin.inject.plan import Kind, Plan, Situation, Watch, joined, pin_words
from stackpin.inject.repair import command_line, grounds, refuse_look_alikes, typed
from stackpin.inject.uv_pip import build_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stackpin.inject.command_line import Call
    from stackpin.model.environment import Fault

__all__ = ["FLOOR", "LockState", "is_frozen", "kind_of", "plan_project", "plan_tool", "plan_uv_build"]

#: The oldest uv that can be held on every route: script locks, and ``-P`` in scripts, are not in older ones.
FLOOR = (0, 5, 31)
#: From here on ``--upgrade`` keeps to the versions that ``-P`` names; before, it cancels them.
UPGRADE_KEEPS_PINS = (0, 10, 12)

_PIP = {"install": Kind.UV_PIP, "sync": Kind.UV_PIP, "compile": Kind.UV_PIP, "uninstall": Kind.UNINSTALL}
_TOOL = {"run": Kind.TOOL, "install": Kind.TOOL, "upgrade": Kind.TOOL}
_REST = {
    "add": Kind.PROJECT,
    "audit": Kind.PROJECT,
    "build": Kind.BUILD,
    "check": Kind.PROJECT,
    "export": Kind.PROJECT,
    "lock": Kind.PROJECT,
    "remove": Kind.PROJECT,
    "run": Kind.PROJECT,
    "sync": Kind.PROJECT,
    "tree": Kind.PROJECT,
    "upgrade": Kind.PROJECT,
    "version": Kind.PROJECT,
}
#: Commands that never write a lock when they are asked not to.
_LOOKS = ("--check", "--check-exists")


class LockState(NamedTuple):
    """The lock file that a project command works with.

    ``faults`` are its members outside the tuple, ``members`` whether it has any member at all, ``current`` whether uv finds
    nothing to change in it. ``names_index`` is whether the project names an index for the tuple's own CUDA builds,
    ``always_upgrades`` whether it says ``upgrade = true``, ``names`` every package that the lock names.
    """

    exists: bool = False
    faults: tuple[Fault, ...] = ()
    members: bool = False
    current: bool = False
    names_index: bool = True
    always_upgrades: bool = False
    path: str = "uv.lock"
    names: frozenset[str] = frozenset()


def kind_of(call: Call) -> Kind:
    """What a command of uv can do to a tuple."""
    if call.has("--help", "--version") or not call.verb:
        return Kind.HARMLESS
    first, *rest = call.verb
    second = rest[0] if rest else ""
    if first == "pip":
        return _PIP.get(second, Kind.HARMLESS)
    if first == "tool":
        return _TOOL.get(second, Kind.HARMLESS)
    if first == "version" and not (call.operands or call.has("--bump")):
        return Kind.HARMLESS
    return _REST.get(first, Kind.HARMLESS)


def is_frozen(call: Call, environ: Mapping[str, str]) -> bool:
    """Whether a project command takes the lock as it stands, right or wrong."""
    return call.has("--frozen", "--locked", *_LOOKS) or any(environ.get(name) for name in ("UV_FROZEN", "UV_LOCKED"))


def plan_project(call: Call, situation: Situation, lock: LockState) -> Plan:
    """Hold one project or script command to the tuple.

    :raises LockOutside: where the lock holds members outside the tuple and the call takes it as it stands.
    :raises Refused: where the call cannot be held; the error has what to type instead.
    """
    unsynced = call.has("--no-sync") or bool(situation.environ.get("UV_NO_SYNC"))
    _refuse_leftovers(call, situation, lock, unsynced=unsynced)
    layer = _layer_words(call, situation) if call.verb == ("run",) else ()
    environ = _build_variables(situation)
    if call.verb == ("run",) and unsynced:
        return Plan(words=call.with_options(*layer), environ=environ)
    if is_frozen(call, situation.environ):
        if lock.faults and not call.has(*_LOOKS):
            raise _outside(lock, situation)
        return Plan(words=call.with_options(*layer), environ=environ)
    if call.has("--no-project") or (lock.exists and lock.current and not lock.faults and not _changes(call, lock)):
        watch = Watch.LOCK if lock.exists else Watch.NOTHING
        return Plan(words=call.with_options(*layer), environ=environ, watch=watch)
    _refuse_unheld(call, situation, lock)
    pins = [word for pin in pin_words(situation.locked) for word in ("-P", pin)]
    return Plan(words=call.with_options(*pins, *layer), environ=environ, watch=Watch.LOCK)


def _refuse_leftovers(call: Call, situation: Situation, lock: LockState, *, unsynced: bool) -> None:
    """Refuse where the project's environment holds what uv would leave there: nothing that a lock names puts it right.

    An inexact sync leaves every distribution alone that the lock does not name, and ``--no-sync`` all of them.

    :raises Refused: for the first such distribution.
    """
    inexact = call.verb in {("run",), ("add",), ("remove",)} or call.has("--inexact")
    if call.verb not in {("run",), ("add",), ("remove",), ("sync",)} or (unsynced and call.verb != ("run",)):
        return
    left = [fault for fault in situation.faults if unsynced or (inexact and fault.name not in lock.names)]
    refuse_look_alikes("uv", tuple(left), situation)
    if not left:
        return
    first = left[0]
    raise WrongMember(
        f"not run: {first.name} {first.found} is installed, the tuple has {first.wanted}, and uv would leave it there",
        facts=grounds(situation.locked, first.name, situation.in_force),
        ways=(("to repair", typed(situation.own, "uv sync")),),
    )


def _changes(call: Call, lock: LockState) -> bool:
    """Whether a command asks for a new resolution although the lock is current."""
    return (
        call.verb[0] in {"add", "remove", "upgrade", "version"}
        or lock.always_upgrades
        or call.has("--upgrade", "--upgrade-package", "--upgrade-group", "--refresh", "--script")
    )


def _layer_words(call: Call, situation: Situation) -> tuple[str, ...]:
    """The words that hold the layer of ``run --with``; none where there is no such layer."""
    if not call.has("--with", "--with-editable", "--with-requirements"):
        return ()
    return ("--with-requirements", situation.materials.requirements)


def _refuse_unheld(call: Call, situation: Situation, lock: LockState) -> None:
    """Refuse what ``-P`` cannot hold: a build whose index the project does not name, an upgrade of all by an older uv."""
    labelled = [pin for pin in situation.locked.pins if pin.build.local]
    if labelled and not lock.names_index:
        first = labelled[0]
        raise Refused(
            f"not run: the tuple has {first.name} {first.full_version}, and the project names no index that carries it",
            facts=((f"{first.name} {first.full_version} is on", first.build.page), situation.in_force),
            ways=(
                ("to name it in the project, once", "stackpin apply pyproject.toml"),
                (
                    "with the build that PyPI has",
                    command_line("stackpin", call.tool, *call.with_options(*situation.own._replace(cuda="pypi").words)),
                ),
            ),
        )
    if lock.always_upgrades:
        raise Refused(
            "not run: the project says upgrade = true to uv, so that no lock keeps a version",
            facts=(("the plain uv lock would take the newest of all again", ""), situation.in_force),
            ways=(("to hold it in the project, once", "stackpin apply pyproject.toml"),),
        )
    upgrades = call.has("--upgrade") or bool(situation.environ.get("UV_UPGRADE"))
    if upgrades and situation.version < UPGRADE_KEEPS_PINS:
        least = ".".join(map(str, UPGRADE_KEEPS_PINS))
        raise Refused(
            "not run: this uv forgets every version that it is given once it upgrades all",
            facts=((f"uv {least} and newer keep to them", ""), situation.in_force),
            ways=(
                ("to upgrade nothing", _without_upgrade(call, situation)),
                ("to have a newer uv", f"pip install 'uv>={least}'"),
            ),
        )


def _without_upgrade(call: Call, situation: Situation) -> str:
    """The same command, with nothing that asks for an upgrade of all."""
    variable = ("env", "-u", "UV_UPGRADE") if situation.environ.get("UV_UPGRADE") else ()
    return command_line(*variable, "stackpin", call.tool, *call.without("--upgrade", "-U"), *situation.own.words)


def _outside(lock: LockState, situation: Situation) -> LockOutside:
    first = lock.faults[0]
    return LockOutside(
        f"not run: {lock.path} has {first.name} {first.found}, the tuple has {first.wanted}",
        facts=grounds(situation.locked, first.name, situation.in_force),
        ways=(("to bring the lock to the tuple", typed(situation.own, "uv lock")),),
    )


def _build_variables(situation: Situation) -> dict[str, str]:
    """The variables that hold isolated builds, with what the user's own have."""
    own = situation.environ.get("UV_BUILD_CONSTRAINT", "")
    found = {"UV_BUILD_CONSTRAINT": joined(own, situation.materials.constraints)}
    if situation.materials.find_links:
        pages = [*situation.environ.get("UV_FIND_LINKS", "").split(","), *situation.materials.find_links]
        found["UV_FIND_LINKS"] = ",".join(filter(None, pages))
    return found


def plan_tool(call: Call, situation: Situation) -> Plan:
    """Hold ``uv tool run`` (``uvx``), ``install`` or ``upgrade`` to the tuple; its own environment is a fresh one.

    :raises WrongMember: where uv would run the installed tool as it is, and that is outside the tuple.
    """
    if call.verb == ("tool", "upgrade"):
        words = [word for pin in pin_words(situation.locked) for word in ("-P", pin)]
    else:
        words = ["--with-requirements", situation.materials.requirements]
    if call.verb == ("tool", "run") and situation.faults and not call.has("--isolated"):
        raise _installed_wrong(call, situation)
    return Plan(words=call.with_options(*words), environ=_build_variables(situation))


def _installed_wrong(call: Call, situation: Situation) -> WrongMember:
    first, name = situation.faults[0], next(iter(call.target), "").partition("@")[0]
    return WrongMember(
        f"not run: the installed {name} has {first.name} {first.found}, the tuple has {first.wanted}",
        facts=grounds(situation.locked, first.name, situation.in_force),
        ways=(
            ("to correct it", typed(situation.own, "uv tool upgrade", call.value("--from") or name)),
            (
                "to run it in an environment of its own",
                command_line("stackpin", call.tool, *call.with_options(*situation.own.words, "--isolated")),
            ),
        ),
    )


def plan_uv_build(call: Call, situation: Situation) -> Plan:
    """Hold the isolated environment of ``uv build`` to the tuple."""
    return Plan(words=call.with_options(*build_words(call, situation)))
