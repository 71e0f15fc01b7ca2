"""Running another program: argument list in, its words and exit status out. Never through a shell."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from stackpin.errors import FileUnwritable, ToolMissing
from stackpin.model.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["Finished", "LocalProcesses", "ProcessRunner", "find_tool", "scratch_files"]


class Finished(Value):
    """What a program left behind. ``code`` is negative where a signal ended it (``subprocess``'s convention).

    ``timed_out``: it was stopped after the time that it was given; ``code`` is then -9.
    """

    argv: tuple[str, ...]
    code: int
    stdout: str
    stderr: str
    timed_out: bool = False


class ProcessRunner(Protocol):
    """Runs programs to their end."""

    def run(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        timeout: float | None = None,
    ) -> Finished:
        """Run a program without input; its output is captured as text.

        :param env: its whole environment; None hands on our own.
        :param timeout: seconds after which it is stopped.
        :raises ToolMissing: when there is no such program, or it may not be run.
        """
        ...


class LocalProcesses:
    """The :class:`ProcessRunner` of this machine."""

    def run(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        timeout: float | None = None,
    ) -> Finished:
        """Run a program without input; its output is captured as text (UTF-8, what is not is replaced).

        :raises ToolMissing: when there is no such program, or it may not be run.
        """
        import subprocess  # a wrapped call that asks nothing must not pay for it

        command = tuple(argv)
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                env=None if env is None else dict(env),
                cwd=cwd,
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            return Finished(
                argv=command, code=-9, stdout=_text(error.stdout), stderr=_text(error.stderr), timed_out=True
            )
        except OSError as error:
            raise ToolMissing(
                "a program cannot be run", where=command[0], got=error.strerror or str(error), expected="a program"
            ) from error
        return Finished(argv=command, code=done.returncode, stdout=_text(done.stdout), stderr=_text(done.stderr))


def _text(output: bytes | str | None) -> str:
    if isinstance(output, bytes):
        return output.decode("utf-8", errors="replace")
    return output or ""


def find_tool(name: str, environ: Mapping[str, str]) -> str | None:
    """The path of a program on an environment's PATH; None where it is not there."""
    import shutil

    return shutil.which(name, path=environ.get("PATH", os.defpath))


@contextmanager
def scratch_files(files: Mapping[str, str]) -> Iterator[Path]:
    """A folder of one's own that holds these texts (UTF-8) under these names; it is gone afterwards.

    :raises FileUnwritable: when there is no room for it.
    """
    place = Path(os.environ.get("TMPDIR") or "/tmp").absolute()  # noqa: S108 - the folder below is made for us alone
    root = place / f"stackpin-{os.urandom(8).hex()}"
    try:
        _fill(root, files)
        yield root
    finally:
        _remove(root)


def _fill(root: Path, files: Mapping[str, str]) -> None:
    try:
        root.mkdir(mode=0o700)
        for file, text in files.items():
            (root / file).write_text(text, encoding="utf-8")
    except OSError as error:
        raise _unwritable(str(root.parent), error) from error


def _remove(folder: Path) -> None:
    """Take a scratch folder away, with what programs have put into it."""
    try:
        for entry in os.scandir(folder):
            os.unlink(entry)
        folder.rmdir()
    except OSError:
        import shutil

        shutil.rmtree(folder, ignore_errors=True)


def _unwritable(where: str, error: OSError) -> FileUnwritable:
    return FileUnwritable(
        "a temporary file cannot be written",
        where=where,
        got=error.strerror or str(error),
        hint="set TMPDIR to a folder with room",
    )
