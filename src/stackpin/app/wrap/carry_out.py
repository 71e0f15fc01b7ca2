"""The run itself: files are written, the tool is run with them, and the environment is looked at afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.effects.files import LocalFiles
from stackpin.effects.process import scratch_files
from stackpin.effects.real_tools import run_through
from stackpin.inject.command_line import read_call
from stackpin.inject.grammar import GRAMMARS
from stackpin.inject.plan import Plan, Situation, Watch, members_of
from stackpin.model.value import replace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from stackpin.app.wrap.holding import Held
    from stackpin.model.environment import Environment, Fault

__all__ = ["planned_run"]


def planned_run(
    held: Held,
    environment: Environment | None,
    found: tuple[Fault, ...],
    decide: Callable[[Situation], Plan],
    resolved: Callable[[], bool] = lambda: False,
) -> int:
    """Write the files, decide, run, and look again; nothing of it is left afterwards.

    :param resolved: looks at what a first step has locked, before anything is installed from it; whether it holds something
        that has to be built.
    :raises Refused: where the call cannot be held.
    :raises TupleBroken: where the environment holds members outside the tuple although the tool ended well.
    """
    wrapped = held.wrapped
    with scratch_files(held.texts()) as folder:
        plan = decide(held.situation(folder, found))
        for note in (*_notes(held), *plan.notes):
            wrapped.tell(f"stackpin: {note}")
        if plan.first:
            step = replace(plan, words=plan.first, first=(), unset=(), late={}, builds=False)
            code = _run(held, step, folder)
            if code != 0:
                return code
            plan = replace(plan, builds=resolved() or plan.builds)
        code = _run(held, plan, folder)
    if code == 0 and plan.watch is Watch.ENVIRONMENT:
        left = held.faults_in(environment)
        if left:
            from stackpin.app.wrap.after import broken_environment

            raise broken_environment(held, left)
    return code


def _run(held: Held, plan: Plan, folder: Path) -> int:
    """Run the tool once, and say so where it was the tuple that it failed on."""
    wrapped, words = held.wrapped, plan.words
    if plan.builds or plan.constrained:
        from stackpin.app.wrap.uv_configuration import held_settings

        settings = folder / "uv.toml"
        LocalFiles().write(settings, held_settings(held, plan).encode(), mode=0o600)
        words = read_call(words, GRAMMARS["uv"])[0].trimmed("--config-file").words
        words = ("--config-file", str(settings), *words)
    cache = held.uv_cache()
    environ = {name: value for name, value in wrapped.environ.items() if name not in plan.unset}
    apart = {"UV_CACHE_DIR": cache} if cache else {}
    code, stopped = run_through(wrapped.program, words, {**environ, **apart, **plan.environ, **plan.late})
    if code == 1 and not stopped:
        from stackpin.app.wrap.after import conflict_note

        note = conflict_note(held, plan)
        if note:
            wrapped.tell(note)
    return code


def _notes(held: Held) -> tuple[str, ...]:
    """What a person should know now: only where the call is about the stacks, or installs a bare anchor."""
    names = held.requested.names
    about = held.requested.bare or bool(names & members_of(held.locked))
    notes = list(held.in_force.notes) if about else []
    typed = {line.name: line.text for line in held.requested.lines}
    plain = [anchor for anchor in held.locked.anchors if anchor.extra and "[" not in typed.get(str(anchor.name), "[")]
    kept = [note for note in notes if not note.startswith("plain ") or plain]
    allowed = (*held.wrapped.own.allow, *held.wrapped.settings.allow)
    return (*dict.fromkeys([*kept, *(f"{name} is set free (allow)" for name in allowed)]),)
