"""The real pip and uv: where they are behind any shims, what release they are, and how they are run.

A folder of shims is known by its marker file; the first tool on PATH that lies in no such folder is the real one. A shim
has looked already when it starts stackpin, and knows that a link to it is no tool either: what it found goes first.
"""

from __future__ import annotations

import os
import re
import signal
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from stackpin.effects.kept import keep, kept, state_of
from stackpin.effects.search_path import programs_on_path
from stackpin.errors import ToolMissing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import FrameType

    from stackpin.effects.process import ProcessRunner

__all__ = ["SHIM_TOOL", "Ran", "RealTool", "become", "find_real_tool", "run_through", "uv_version"]

#: In which variable a shim hands on the real tool that it found. It is not for the tool, nor for what that starts.
SHIM_TOOL = "STACKPIN_SHIM_TOOL"
_VERSION = r"(\d+)\.(\d+)(?:\.(\d+))?"
_HEAD = 512
#: Signals that are the tool's own affair while it runs: they are handed on to it.
_HANDED_ON = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)


class RealTool(NamedTuple):
    """A program, and what it is always started with: ``-m pip`` for an interpreter that stands in for pip."""

    path: Path
    lead: tuple[str, ...] = ()

    @property
    def argv(self) -> tuple[str, ...]:
        """The beginning of its command line."""
        return (str(self.path), *self.lead)

    @property
    def interpreter(self) -> Path | None:
        """The Python that it runs with; None where that cannot be told."""
        return self.path if self.lead else interpreter_of_script(self.path)


class Ran(NamedTuple):
    """How a run of the tool ended: its exit code, and whether somebody stopped it by a signal that came to us as well."""

    code: int
    stopped: bool


def find_real_tool(name: str, environ: Mapping[str, str]) -> RealTool | None:
    """What a shim of that name found, else the first program of that name on PATH that is no shim; None without one."""
    handed = Path(environ.get(SHIM_TOOL, ""))
    if handed.name == name and os.access(handed, os.X_OK):
        return RealTool(handed)
    return next((RealTool(found.path) for found in programs_on_path(name, environ) if not found.shim), None)


def interpreter_of_script(script: Path) -> Path | None:
    """The Python that an installed script runs with, by its first lines; None where they name none.

    A path that is too long for a ``#!`` line stands in a second line, behind ``exec``.
    """
    try:
        with script.open("rb") as file:
            head = file.read(_HEAD).decode("utf-8", errors="replace")
    except OSError:
        return None
    for pattern in (r"#!\s*(/\S*python[\d.]*)\s*(?:-\S+\s*)?\n", r"#!/bin/sh\n'''exec' \"?(/[^\"]*?python[\d.]*)\"? "):
        match = re.match(pattern, head)
        if match and Path(match[1]).exists():
            return Path(match[1])
    return None


def uv_version(uv: Path, environ: Mapping[str, str], runner: ProcessRunner) -> tuple[int, ...]:
    """The release of a uv, as numbers: as it was kept while the file is the same, else asked of it.

    A script that stands in for uv may choose another one the next time: it is asked every time.

    :raises ToolMissing: when it does not say its version.
    """
    question = f"version of {state_of(uv)}"
    said = kept(environ, question)
    if not said:
        done = runner.run([str(uv), "--version"], env=environ, timeout=30.0)
        said = done.stdout
        if done.code != 0 or not re.search(_VERSION, said):
            raise ToolMissing("uv does not tell its version", where=str(uv), got=(done.stderr or said).strip())
        if _is_program(uv):
            keep(environ, question, said)
    match = re.search(_VERSION, said)
    return tuple(int(part or 0) for part in match.groups()) if match else ()


def _is_program(path: Path) -> bool:
    """Whether a file is a binary (ELF), not a script."""
    try:
        with path.open("rb") as file:
            return file.read(4) == b"\x7fELF"
    except OSError:
        return False


def become(tool: RealTool, words: Sequence[str], environ: Mapping[str, str]) -> NoReturn:
    """Turn into the tool: nothing of this process is left.

    :raises ToolMissing: when it cannot be run.
    """
    try:
        os.execve(tool.path, [*tool.argv, *words], dict(environ))  # noqa: S606 - that is what it is for
    except OSError as error:
        raise _not_run(tool.path, error) from error


def run_through(tool: RealTool, words: Sequence[str], environ: Mapping[str, str]) -> Ran:
    """Run the tool with this process's own input and output, and wait for it.

    Ctrl-C reaches the tool by the terminal and is left to it; other signals are handed on. A tool that a signal ended
    gives 128 and the signal's number, as a shell has it.

    :raises ToolMissing: when it cannot be run.
    """
    try:
        child = os.posix_spawn(tool.path, [*tool.argv, *words], dict(environ))
    except OSError as error:
        raise _not_run(tool.path, error) from error

    came: list[int] = []

    def hand_on(number: int, _: FrameType | None) -> None:
        came.append(number)
        if number != signal.SIGINT:
            with suppress(
                ProcessLookupError
            ):  # a signal to the whole group: the tool has ended of it, and was waited for
                os.kill(child, number)

    before = {number: signal.signal(number, hand_on) for number in (*_HANDED_ON, signal.SIGINT)}
    try:
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return Ran(code if code >= 0 else 128 - code, stopped=bool(came))


def _not_run(program: Path, error: OSError) -> ToolMissing:
    return ToolMissing(
        "a program cannot be run", where=str(program), got=error.strerror or str(error), expected="a program"
    )
