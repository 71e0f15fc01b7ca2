"""How a command is timed here: in turns with the commands that it is compared with, each as a process of its own."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Command", "Timed", "run_once", "timed_in_turns"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What is run: arguments, variables beside the plain environment, and what is typed into it."""

    argv: Sequence[str]
    env: Mapping[str, str]
    typed: str = ""
    cwd: str = "."


@dataclass(slots=True, kw_only=True)
class Timed:
    """Wall seconds of each run, and the peak of resident memory in bytes."""

    seconds: list[float] = field(default_factory=list)
    memory: int = 0

    @property
    def median(self) -> float:
        """The middle of the wall times, in seconds."""
        return statistics.median(self.seconds)


def run_once(command: Command) -> tuple[float, int, str]:
    """Seconds, peak of resident memory in bytes (getrusage of this very child), standard output.

    :raises RuntimeError: where it fails; a benchmark of a failure is worth nothing.
    """
    start = time.perf_counter()
    child = subprocess.Popen(
        command.argv,
        env=dict(command.env),
        cwd=command.cwd,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(command.typed)
    child.stdin.close()
    said = child.stdout.read()
    child.stdout.close()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"{' '.join(command.argv[:4])} ended with {child.returncode}")
    return time.perf_counter() - start, usage.ru_maxrss * 1024, said


def timed_in_turns(commands: Mapping[str, Command], runs: int) -> dict[str, Timed]:
    """Run each command ``runs`` times, taking turns, after one run of each that does not count."""
    found = {name: Timed() for name in commands}
    for turn in range(runs + 1):
        for name, command in commands.items():
            seconds, memory, _ = run_once(command)
            if turn:
                found[name].seconds.append(seconds)
                found[name].memory = max(found[name].memory, memory)
    return found
