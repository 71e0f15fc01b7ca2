"""The command line in this process: as a person runs it, without the half second that a new interpreter takes."""

from __future__ import annotations

import contextlib
import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from unittest import mock

from stackpin.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Done", "run_here"]


class Done(NamedTuple):
    """What a command came to."""

    returncode: int
    stdout: str
    stderr: str


class _Stream(io.TextIOWrapper):
    """A stream as a pipe is one: UTF-8, and no terminal."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", errors="surrogateescape", newline="\n", write_through=True)

    @property
    def text(self) -> str:
        """All that was written."""
        self.flush()
        buffer = self.buffer
        assert isinstance(buffer, io.BytesIO)
        return buffer.getvalue().decode("utf-8", "replace")


def run_here(*words: str, cwd: Path, env: Mapping[str, str] | None = None) -> Done:
    """Run ``stackpin`` with these words in a folder; the current folder is put back.

    :param env: variables that are set beside those that are there.
    """
    before, out, err = Path.cwd(), _Stream(), _Stream()
    os.chdir(cwd)
    try:
        with (
            mock.patch.dict(os.environ, env or {}),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            main(list(words))
        code: object = 0
    except SystemExit as leaving:
        code = leaving.code
    finally:
        os.chdir(before)
    return Done(code if isinstance(code, int) else int(bool(code)), out.text, err.text)
