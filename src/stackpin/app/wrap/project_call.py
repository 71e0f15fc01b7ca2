"""A uv command on a project or script: its lock before, the run, and the lock afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.app.wrap.addressed import folder_of_call, lock_target, uv_release
from stackpin.app.wrap.carry_out import planned_run
from stackpin.app.wrap.holding import Held
from stackpin.app.wrap.in_force import tuple_in_force, with_builds
from stackpin.app.wrap.project import (
    adapted_to_project,
    faults_of_lock,
    find_project,
    lock_state,
    project_environment,
    restored,
)
from stackpin.app.wrap.requested import requested_by
from stackpin.check.environment import describe
from stackpin.effects.files import LocalFiles
from stackpin.effects.real_tools import become
from stackpin.errors import TupleBroken, WrongMember
from stackpin.inject.plan import Plan, Watch
from stackpin.inject.repair import grounds
from stackpin.inject.uv_project import apply_command, plan_project
from stackpin.inject.uv_selection import selection_of
from stackpin.parse.uv_lock import UvLock, parse_uv_lock

if TYPE_CHECKING:
    from stackpin.app.wrap.project import Project
    from stackpin.app.wrap.wrapped import Wrapped
    from stackpin.inject.plan import Situation
    from stackpin.model.environment import Environment, Fault

__all__ = ["run_project"]

#: Codes above it tell that a signal ended the tool.
_SIGNALLED = 128


def run_project(wrapped: Wrapped) -> int:
    """Run a command that resolves into a lock file, or that runs a program in what it resolved.

    :raises Refused: where it cannot be held to the tuple; the tool was not run.
    :raises TupleBroken: where it left a lock outside the tuple; the files are as they were before.
    """
    call = wrapped.call
    folder = folder_of_call(call, wrapped.cwd)
    project = find_project(call, folder)
    if project is None and call.verb != ("run",):
        become(wrapped.program, call.words, wrapped.environ)
    version = uv_release(wrapped.uv, wrapped.environ)
    requested = requested_by(call, folder, wrapped.environ)._replace(bare=False)
    held = Held(wrapped, tuple_in_force(wrapped, lock_target(), requested), requested, version)
    environment = project_environment(call, project, wrapped.environ, folder)
    found = held.faults_in(environment)
    if project is None:
        _refuse_wrong_environment(held, found)
        return planned_run(held, None, (), lambda situation: plan_project(call, situation, None))
    return _run_with_lock(held, project, environment, found)


def _run_with_lock(held: Held, project: Project, environment: Environment | None, found: tuple[Fault, ...]) -> int:
    """Run a command that works with the lock of a project or script; the lock is looked at before and afterwards."""
    wrapped, call = held.wrapped, held.wrapped.call
    selected = selection_of(call, wrapped.environ, project.said.default_groups)
    labelled = adapted_to_project(project, held.locked, held.in_force.reason, wrapped.own, selected)
    held.locked = with_builds(held.locked, labelled)
    pythons = (environment.python,) if environment is not None and environment.python else held.locked.pythons

    def builds(lock: UvLock) -> bool:
        """Whether uv has to build something of a lock."""
        from stackpin.app.wrap.uv_builds import builds_something

        return builds_something(call, project, lock, held.locked, pythons, wrapped.environ)

    state = lock_state(call, project, held.locked, wrapped.uv, wrapped.environ, builds)
    before = restored(project)
    plans: list[Plan] = []

    def decide(situation: Situation) -> Plan:
        """The plan; it is kept for afterwards."""
        plans.append(plan_project(call, situation, state))
        return plans[-1]

    def resolved() -> bool:
        """Look at the lock that the first step has written."""
        lock = _checked_lock(held, project, before)
        return lock is not None and builds(lock)

    code = planned_run(held, None, found, decide, resolved)
    plan = plans[-1]
    if (code > _SIGNALLED and call.verb != ("run",)) or (code != 0 and plan.first and call.verb == ("add",)):
        before.back()  # uv itself puts things back where one step of it fails, and on Ctrl-C
    elif plan.watch is Watch.LOCK and not plan.first and (code == 0 or call.verb == ("run",)):
        _checked_lock(held, project, before)
    return code


def _refuse_wrong_environment(held: Held, found: tuple[Fault, ...]) -> None:
    """A program that would start in an environment outside the tuple, which no lock puts right."""
    if not found or held.wrapped.call.has("--isolated"):
        return
    from stackpin.app.wrap.after import repair_command

    raise WrongMember(
        f"not run: {describe(found[0])}",
        facts=grounds(held.locked, found[0].name, held.in_force.reason),
        ways=(("to repair", repair_command(held, found)),),
    )


def _checked_lock(held: Held, project: Project, before: restored) -> UvLock | None:
    """Hold the lock that is there now against the tuple; put everything back where it is outside. None where there is none.

    :raises TupleBroken: where it is outside.
    """
    raw = LocalFiles().read(project.lock)
    if raw is None:
        return None
    lock = parse_uv_lock(raw, str(project.lock))
    found = faults_of_lock(held.wrapped.call, project, lock, held.locked, held.wrapped.environ)
    if not found:
        return lock
    before.back()
    raise TupleBroken(
        f"uv locked what is outside the tuple; {project.lock.name} and {project.manifest.name} are as they were",
        facts=(*((describe(fault, state="locked"), "") for fault in found), held.in_force.reason),
        ways=(("to hold it for good", apply_command(held.locked, held.wrapped.own)),),
    )
