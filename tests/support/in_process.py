"""The command line in this process: as a person runs it, without the half second that a new interpreter takes."""

from __future__ import annotations

import contextlib
import io
import os
from pathlib import Path
from typing import NamedTuple

from stackpin.cli.main import main

__all__ = ["Done", "run_here"]


class Done(NamedTuple):
    """What a command came to."""

    returncode: int
    stdout: str
    stderr: str


def run_here(*words: str, cwd: Path) -> Done:
    """Run ``stackpin`` with these words in a folder; the current folder is put back."""
    before, out, err = Path.cwd(), io.StringIO(), io.StringIO()
    os.chdir(cwd)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main(list(words))
        code: object = 0
    except SystemExit as leaving:
        code = leaving.code
    finally:
        os.chdir(before)
    return Done(code if isinstance(code, int) else int(bool(code)), out.getvalue(), err.getvalue())
