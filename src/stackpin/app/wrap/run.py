"""One wrapped call from its words to its exit code: understand, solve, decide, run, look again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.effects.real_tools import SHIM_TOOL, RealTool, become, find_real_tool
from stackpin.errors import ToolMissing
from stackpin.inject import pip as pip_rules
from stackpin.inject import uv as uv_rules
from stackpin.inject.command_line import read_call
from stackpin.inject.grammar import GRAMMARS
from stackpin.inject.plan import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from stackpin.app.wrap.wrapped import Wrapped

__all__ = ["run_wrapped"]


def run_wrapped(
    tool: str, words: Sequence[str], environ: Mapping[str, str], cwd: Path, tell: Callable[[str], None]
) -> int:
    """Run one call of ``pip``, ``uv`` or ``uvx`` with the tuple of the stacks in force.

    Does not return where nothing has to happen afterwards: the process has then become the tool.

    :param tell: takes a line for the person; it goes to stderr.
    :raises Refused: where the call would let a broken member in and cannot be held; the tool was not run.
    :raises TupleBroken: where the tool ran and broke the tuple all the same.
    :raises NoTuple: where the stacks in force have no tuple for the target.
    :raises ToolMissing: where there is no real tool, or it is too old.
    """
    program = _program(tool, environ, cwd)
    environ = {name: value for name, value in environ.items() if name != SHIM_TOOL}
    if environ.get("STACKPIN_OFF") == "1":
        tell(f"stackpin: off (STACKPIN_OFF=1): {tool} runs as it is")
        become(program, words, environ)
    call, own = read_call(words, GRAMMARS[tool])
    kind = pip_rules.kind_of(call) if tool == "pip" else uv_rules.kind_of(call)
    if kind is Kind.HARMLESS:
        become(program, call.words, environ)
    from stackpin.app.settings import load_settings
    from stackpin.app.wrap.addressed import folder_of_call

    settings = load_settings(environ, folder_of_call(call, cwd).resolve())
    if not own.stacks and not settings.stack:
        become(program, call.words, environ)
    from stackpin.app.wrap.wrapped import Wrapped

    return _run_held(Wrapped(call, own, kind, program, settings, environ, cwd, tell))


def _run_held(wrapped: Wrapped) -> int:
    """Run one call of which the command could break the tuple; the exit code is the tool's."""
    if wrapped.kind is Kind.PROJECT:
        from stackpin.app.wrap.project_call import run_project

        return run_project(wrapped)
    from stackpin.app.wrap.environment_call import run_in_environment, say_uninstalled

    if wrapped.kind is Kind.UNINSTALL:
        say_uninstalled(wrapped)
        become(wrapped.program, wrapped.call.words, wrapped.environ)
    return run_in_environment(wrapped)


def _program(tool: str, environ: Mapping[str, str], cwd: Path) -> RealTool:
    """The real tool; a pip that is not on PATH is asked for as a module of the addressed environment.

    :raises ToolMissing: where there is none.
    """
    names: tuple[str, ...] = (tool,)
    if tool == "pip":
        names = ("pip3", "pip") if environ.get(SHIM_TOOL, "").endswith("/pip3") else ("pip", "pip3")
    for name in names:
        found = find_real_tool(name, environ)
        if found is not None:
            return found
    module = _module(environ, cwd) if tool == "pip" else None
    if module is not None:
        return module
    raise ToolMissing(
        f"there is no {tool} on PATH but stackpin's own",
        where="PATH",
        expected=f"a folder with {tool} in it"
        if tool != "pip"
        else "a folder with pip in it, or an environment that has pip",
        hint="python -m ensurepip" if tool == "pip" else "pip install uv",
    )


def _module(environ: Mapping[str, str], cwd: Path) -> RealTool | None:
    """``python -m pip`` of the addressed environment, where it has pip."""
    from stackpin.effects.environment_pip import installed_pip
    from stackpin.effects.environments import environment_of_interpreter
    from stackpin.effects.interpreter import find_interpreter
    from stackpin.effects.process import LocalProcesses

    try:
        interpreter = find_interpreter(None, environ, cwd)
        packages = environment_of_interpreter(interpreter, LocalProcesses()).packages
    except ToolMissing:
        return None  # there is no Python either
    return RealTool(interpreter, ("-m", "pip")) if installed_pip(packages) else None
