"""``stackpin pip`` and ``stackpin uv``: the words go to the real tool, and what we say goes to stderr in our own name."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from stackpin.app.wrap.run import run_wrapped
from stackpin.errors import NoTuple, StackpinError
from stackpin.model.explanation import Explanation

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

__all__ = ["main"]

_INTERRUPTED = 130


def main(tool: str, words: Sequence[str]) -> NoReturn:
    """Run one wrapped call; leaves with the tool's exit code, or with the contract's where the tool was not run.

    ``STACKPIN_RESULT`` names a file that receives the verdict as JSON.
    """
    if sys.stderr is None:  # it was closed: nothing that is opened later may take its place
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _end)
    try:
        code = run_wrapped(tool, words, os.environ, Path.cwd(), _tell)
        _report({"verdict": "ran", "exit_code": code})
    except StackpinError as error:
        _tell(_text(error))
        verdict = {11: "refused", 12: "broken"}.get(error.exit_code, "failed")
        _report({"verdict": verdict, "exit_code": error.exit_code, "error": error.as_dict()})
        code = error.exit_code
    except KeyboardInterrupt:
        code = _INTERRUPTED
    sys.stderr.flush()
    sys.exit(code)


def _end(number: int, _: FrameType | None) -> NoReturn:
    """End as a shell tells of a signal, with everything cleared away."""
    sys.exit(128 + number)


def _tell(line: str) -> None:
    """A line for the person; a closed stderr is nobody to tell."""
    try:
        sys.stderr.write(line + "\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        return


def _text(error: StackpinError) -> str:
    """An error in our own name, so that nobody takes it for the tool's."""
    if isinstance(error, NoTuple) and isinstance(error.explanation, Explanation):
        from stackpin.cli.render import explanation_text

        return f"stackpin[{error.slug}]: {explanation_text(error.explanation)}"
    return f"stackpin[{error.slug}]: {error}"


def _report(verdict: dict[str, object]) -> None:
    path = os.environ.get("STACKPIN_RESULT")
    if not path:
        return
    from stackpin.app.output import write_text

    try:
        write_text(Path(path), json.dumps({"schema": 1, **verdict}) + "\n")
    except StackpinError as error:
        _tell(f"stackpin[{error.slug}]: {error}")
