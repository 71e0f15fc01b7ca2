"""What happens to one uv invocation that is no ``uv pip`` and no project command: tools and builds; and what each can do.

A layer beside a project or of its own (``run --with``, ``uvx``, ``tool install``) is held by a requirements file whose only
line is ``-c``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.errors import WrongMember
from stackpin.inject.plan import Kind, Plan, Situation
from stackpin.inject.repair import command_line, grounds, typed
from stackpin.inject.uv_pip import build_variables, build_words

if TYPE_CHECKING:
    from stackpin.inject.command_line import Call

__all__ = ["FLOOR", "kind_of", "plan_tool", "plan_uv_build"]

#: The oldest uv that can be held on every route: script locks, and ``-P`` in scripts, are not in older ones.
FLOOR = (0, 5, 31)

#: The oldest release that was seen to hear build constraints beside a tool; an older one is given a configuration file.
HEARS_TOOL_BUILDS = (0, 9, 11)

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


def plan_tool(call: Call, situation: Situation) -> Plan:
    """Hold ``uv tool run`` (``uvx``), ``install`` or ``upgrade`` to the tuple; its own environment is a fresh one.

    :raises WrongMember: where uv would run the installed tool as it is, and that is outside the tuple.
    """
    if call.verb == ("tool", "upgrade"):
        words = [word for pin in situation.locked.requirements for word in ("-P", pin)]
    else:
        words = ["--with-requirements", situation.materials.requirements]
    if call.verb == ("tool", "run") and situation.faults and not call.has("--isolated"):
        raise _installed_wrong(call, situation)
    deaf = situation.version < HEARS_TOOL_BUILDS
    return Plan(words=call.with_options(*words), environ=build_variables(situation), builds=deaf)


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
