"""Local files: read whole, written whole (beside, flushed, renamed), so that nobody ever sees half a file."""

from __future__ import annotations

import contextlib
import os
import stat
from typing import TYPE_CHECKING

from stackpin.errors import FileUnwritable, InputUnreadable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["LocalFiles", "exists", "nearest"]


def exists(path: str) -> bool:
    """Whether there is something at a path."""
    return os.path.exists(path)


def nearest(folder: str, names: Sequence[str]) -> str:
    """The first file of these names in a folder, else in the nearest folder above it; empty where there is none."""
    while True:
        for name in names:
            path = os.path.join(folder, name)
            if os.path.isfile(path):
                return path
        above = os.path.dirname(folder)
        if above == folder:
            return ""
        folder = above


class LocalFiles:
    """The :class:`stackpin.ports.Files` of this machine."""

    def read(self, path: Path) -> bytes | None:
        """The bytes of a file; None where there is none.

        :raises InputUnreadable: when it is there and cannot be read.
        """
        try:
            return path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise InputUnreadable(
                "the file cannot be read", where=str(path), got=error.strerror or str(error), expected="a readable file"
            ) from error

    def write(self, path: Path, content: bytes, *, mode: int | None = None) -> None:
        """Put a whole file in place: a temporary file beside it, flushed to the disk, then renamed over it.

        A device or a pipe (``/dev/null``, ``/dev/stdout``, ``>(…)``) is written into: renaming would put a file in its place,
        for everybody on the machine.

        :param mode: its permissions; None keeps those of the file that is replaced, or takes what the umask leaves.
        :raises FileUnwritable: when that fails; the old file is then still there.
        """
        import tempfile

        beside = ""
        try:
            if _is_special(path):
                path.write_bytes(content)
                return
            path.parent.mkdir(parents=True, exist_ok=True)
            mode = _mode(path) if mode is None else mode
            handle, beside = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(beside, mode)
            os.replace(beside, path)
        except OSError as error:
            raise _unwritable(path, error) from error
        finally:
            if beside:
                with contextlib.suppress(OSError):
                    os.unlink(beside)

    def append(self, path: Path, line: bytes) -> None:
        """Add one line at the end of a file.

        :raises FileUnwritable: when that fails.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("ab") as file:
                file.write(line + b"\n")
        except OSError as error:
            raise _unwritable(path, error) from error

    def remove(self, path: Path) -> None:
        """Delete a file if it is there.

        :raises FileUnwritable: when it is there and cannot be deleted.
        """
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise _unwritable(path, error) from error

    def remove_folder(self, path: Path) -> bool:
        """Delete a folder if it is there and empty; whether it is gone."""
        try:
            path.rmdir()
        except FileNotFoundError:
            return True
        except OSError:
            return False
        return True

    def names(self, folder: Path, suffix: str) -> tuple[str, ...]:
        """The sorted names of the files in a folder that end with ``suffix`` and are not hidden."""
        if not folder.is_dir():
            return ()
        return tuple(
            sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(suffix) and entry.name[0] != ".")
        )


def _is_special(path: Path) -> bool:
    """Whether a path leads to a device, a pipe or a socket."""
    try:
        kind = stat.S_IFMT(path.stat().st_mode)
    except OSError:
        return False
    return kind not in {stat.S_IFREG, stat.S_IFDIR}


def _mode(path: Path) -> int:
    """The permissions of the file that is replaced, else what the user's umask leaves of rw-rw-rw-."""
    try:
        return path.stat().st_mode & 0o777
    except OSError:
        mask = os.umask(0o022)
        os.umask(mask)
        return 0o666 & ~mask


def _unwritable(path: Path, error: OSError) -> FileUnwritable:
    return FileUnwritable(
        "the file cannot be written",
        where=str(path),
        got=error.strerror or str(error),
        expected="a place that may be written to",
        hint="name another folder",
    )
