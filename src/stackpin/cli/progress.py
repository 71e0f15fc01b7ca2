"""Progress of a long run on stderr: a bar on a terminal, single notes elsewhere, nothing when asked to be quiet."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

__all__ = ["StderrReporter"]


class StderrReporter:
    """The :class:`stackpin.ports.Reporter` of the command line.

    :param verbosity: -1 says nothing; 0 shows bars on a terminal and notes; 1 shows each stage as a line as well.
    """

    def __init__(self, verbosity: int) -> None:
        self._verbosity = verbosity
        self._progress: Progress | None = None
        self._tasks: dict[str, TaskID] = {}

    def begin(self, label: str, total: int) -> None:
        """Show a bar for the stage, or a line about it."""
        if self._verbosity > 0:
            click.echo(f"{label}: {total}", err=True)
        if self._verbosity < 0 or not sys.stderr.isatty():
            return
        progress = self._started()
        if label in self._tasks:
            progress.remove_task(self._tasks.pop(label))
        self._tasks[label] = progress.add_task(label, total=total)

    def _started(self) -> Progress:
        if self._progress is None:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
            self._progress = Progress(*columns, console=Console(stderr=True), transient=True)
            self._progress.start()
        return self._progress

    def advance(self, label: str) -> None:
        """Move the stage's bar; a full one goes away."""
        if self._progress is None or label not in self._tasks:
            return
        self._progress.advance(self._tasks[label])
        task = next(task for task in self._progress.tasks if task.id == self._tasks[label])
        if task.finished:
            self._progress.remove_task(self._tasks.pop(label))

    def note(self, text: str) -> None:
        """Print the note above the bars."""
        if self._verbosity < 0:
            return
        if self._progress is not None:
            self._progress.console.print(f"note: {text}", markup=False, highlight=False)
        else:
            click.echo(f"note: {text}", err=True)

    def end(self) -> None:
        """Take the bars away."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None
            self._tasks.clear()
