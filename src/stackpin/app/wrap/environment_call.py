"""A call of ``pip``, ``uv pip``, ``uvx`` or ``uv build``: its target, its tuple, its run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from stackpin.app.wrap.addressed import (
    Addressed,
    addressed_by_pip,
    addressed_by_uv,
    folder_of_call,
    here,
    pip_release,
    uv_release,
)
from stackpin.app.wrap.carry_out import planned_run
from stackpin.app.wrap.holding import Held
from stackpin.app.wrap.in_force import tuple_in_force, with_builds
from stackpin.app.wrap.requested import requested_by
from stackpin.check.environment import accepted_by_name
from stackpin.effects.environments import read_environment, read_installed
from stackpin.effects.real_tools import become
from stackpin.effects.tool_cache import pip_cache_beside
from stackpin.errors import NotCovered, NoTuple, ToolMissing
from stackpin.inject import uv as uv_rules
from stackpin.inject.plan import Kind, Plan, Watch
from stackpin.inject.uv_pip import plan_uv_pip
from stackpin.model.value import replace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stackpin.app.wrap.wrapped import Wrapped
    from stackpin.inject.plan import Situation
    from stackpin.model.environment import Environment, Fault, Installed

__all__ = ["run_in_environment", "say_uninstalled"]

_AGAIN = ("--force-reinstall", "--ignore-installed", "--reinstall", "--reinstall-package")
#: From here on uv takes ``===`` where requirements carry hashes.
_HASHES_TAKE_IDENTITY = (0, 10)


def run_in_environment(wrapped: Wrapped) -> int:
    """Run one call that changes an environment, or makes one of its own; the exit code is the tool's.

    :raises Refused: where it would break the tuple and cannot be held; the tool was not run.
    :raises TupleBroken: where it broke the tuple all the same.
    """
    version = _version(wrapped)
    folder = folder_of_call(wrapped.call, wrapped.cwd)
    requested = requested_by(wrapped.call, folder, wrapped.environ)
    target = _target(wrapped, folder)
    labelled = bool(wrapped.call.value("--torch-backend"))
    try:
        in_force = tuple_in_force(wrapped, target, requested, labelled=labelled)
    except NotCovered as error:
        wrapped.tell(f"stackpin: no stack in force here: {error.what}")
        become(wrapped.program, wrapped.call.words, wrapped.environ)
    held = Held(wrapped, in_force, requested, version)
    if wrapped.kind in {Kind.TOOL, Kind.BUILD}:
        decide = uv_rules.plan_tool if wrapped.kind is Kind.TOOL else uv_rules.plan_uv_build
        found = held.faults_in(_installed_tool(held)) if wrapped.call.verb == ("tool", "run") else ()
        return planned_run(held, None, found, lambda situation: decide(wrapped.call, situation))
    return _run_held(held, target.environment)


def _installed_tool(held: Held) -> Environment | None:
    """The environment of the tool that a call runs, where uv has installed it; None where it has not."""
    environ = held.wrapped.environ
    home = environ.get("XDG_DATA_HOME") or f"{environ.get('HOME', '')}/.local/share"
    folder = Path(environ.get("UV_TOOL_DIR") or f"{home}/uv/tools")
    name = held.requested.lines[-1].name if held.requested.lines else ""
    try:
        return read_environment(folder / name) if name else None
    except ToolMissing:
        return None


def _target(wrapped: Wrapped, folder: Path) -> Addressed:
    if wrapped.kind is Kind.PIP:
        return addressed_by_pip(wrapped.call, wrapped.program, wrapped.environ, wrapped.cwd)
    target = addressed_by_uv(wrapped.call, wrapped.environ, folder)
    if wrapped.kind is Kind.UV_PIP:
        return target
    asked = wrapped.call.value("--python")
    return Addressed(None, target.python if asked else "", here())


def _version(wrapped: Wrapped) -> tuple[int, ...]:
    """The real tool's release, as numbers; a pip's is read from what lies beside it."""
    if wrapped.tool == "uv":
        return uv_release(wrapped.uv, wrapped.environ)
    return pip_release(wrapped.program, wrapped.environ)


def _run_held(held: Held, environment: Environment | None) -> int:
    """A call of ``pip`` or ``uv pip``: its environment before, the run, its environment afterwards."""
    call = held.wrapped.call
    if held.requested.locks:
        from stackpin.app.wrap.lock_files import refuse_wrong_locks

        refuse_wrong_locks(held)
        return planned_run(held, environment, (), lambda _: Plan(words=call.words, watch=Watch.ENVIRONMENT))
    installed = read_installed(environment.packages) if environment is not None else ()
    found = held.faults_in(environment, installed)
    held.locked = with_builds(held.locked, _equal_builds(held, installed))
    if held.requested.hashes and held.wrapped.tool == "uv" and held.version < _HASHES_TAKE_IDENTITY:
        held.locked = with_builds(held.locked, {str(pin.name): pin.full_version for pin in held.locked.pins})
    if call.tool == "pip":
        return _run_pip(held, environment, found)
    return planned_run(held, environment, found, lambda situation: plan_uv_pip(call, situation))


def _run_pip(held: Held, environment: Environment | None, found: tuple[Fault, ...]) -> int:
    """A call of ``pip``, with what its configuration files say and a place of its own for what it builds."""
    from stackpin.effects.pip_config import pip_config_texts  # a call of uv has no use for these
    from stackpin.inject.pip import plan_pip
    from stackpin.parse.pip_conf import configured_values

    call, environ = held.wrapped.call, held.wrapped.environ
    texts = pip_config_texts(environ, environment.prefix if environment else None)
    configured = {"constraint": configured_values(texts, call.verb[0], "constraint")}
    named = next(iter(configured_values(texts, call.verb[0], "cache-dir")), "")
    cache = pip_cache_beside(environ, named, held.cache_name) if not call.has("--no-cache-dir", "--cache-dir") else None

    def decide(situation: Situation) -> Plan:
        return plan_pip(call, replace(situation, configured=configured, cache=str(cache or "")))

    return planned_run(held, environment, found, decide)


def _equal_builds(held: Held, installed: Iterable[Installed]) -> dict[str, str]:
    """Builds equal to the tuple's own that are installed already, or named as a file: those are pinned as they are."""
    accepted = accepted_by_name(held.locked)
    found = {} if held.wrapped.call.has(*_AGAIN) else {str(item.name): item.version for item in installed}
    found.update(held.requested.files)
    equal = {}
    for pin in held.locked.pins:
        version = found.get(str(pin.name), "")
        if "+" in version and version != pin.full_version and version in accepted[str(pin.name)]:
            equal[str(pin.name)] = version
    return equal


def say_uninstalled(wrapped: Wrapped) -> None:
    """Say which members of the stacks in force a call takes out; it is allowed, and not undone."""
    requested = requested_by(wrapped.call, wrapped.cwd, wrapped.environ)
    if not requested.names:
        return
    try:
        in_force = tuple_in_force(wrapped, Addressed(None, "", here()), requested._replace(bare=False))
    except (NoTuple, NotCovered, ToolMissing):
        return  # nothing is in force here that could be named
    named = sorted(requested.names & {str(pin.name) for pin in in_force.locked.pins})
    if named:
        verb = "is a member" if len(named) == 1 else "are members"
        wrapped.tell(
            f"stackpin: {', '.join(named)} {verb} of the tuple in force: {in_force.text}, by {' '.join(in_force.asked.split())}"
        )
