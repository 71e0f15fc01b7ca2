"""Folders and files as ``check`` meets them: listed without following links, opened without waiting, read up to a limit.

Nothing here trusts a name: what is listed as a file may be a pipe when it is opened, and is then not read.
"""

from __future__ import annotations

import os
import stat
from typing import NamedTuple

from stackpin.errors import InputUnreadable

__all__ = ["Listed", "Looked", "head_of", "listed", "looked", "read_up_to"]

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
#: Without the last a pipe that nobody writes to would be waited for.
_FLAGS = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)


class Listed(NamedTuple):
    """What a folder holds, each sorted by name: folders, regular files, and links, whatever they lead to.

    Pipes, sockets and devices are in none of them.
    """

    folders: tuple[str, ...]
    files: tuple[str, ...]
    links: tuple[str, ...]


class Looked(NamedTuple):
    """What lies at the end of a path.

    ``what`` is empty for a regular file, else ``a folder``, ``a pipe`` and the like. ``identity`` is the same for two paths
    to one file.
    """

    what: str
    identity: tuple[int, int]


def listed(folder: str) -> Listed:
    """What a folder holds. Costs one listing.

    :raises InputUnreadable: when it cannot be listed.
    """
    found: tuple[list[str], list[str], list[str]] = ([], [], [])
    try:
        with os.scandir(folder or os.curdir) as entries:
            for entry in entries:
                if entry.is_symlink():
                    found[2].append(entry.name)
                elif entry.is_dir(follow_symlinks=False):
                    found[0].append(entry.name)
                elif entry.is_file(follow_symlinks=False):
                    found[1].append(entry.name)
    except OSError as error:
        raise _unreadable("the folder cannot be listed", folder, error, "a folder that may be read") from error
    folders, files, links = (tuple(sorted(names)) for names in found)
    return Listed(folders, files, links)


def looked(path: str) -> Looked | None:
    """What lies at the end of a path, links followed; None where there is nothing, not even a link.

    :raises InputUnreadable: when that cannot be told: a link that leads nowhere or to itself, a folder that is closed.
    """
    try:
        status = os.stat(path)
    except (FileNotFoundError, NotADirectoryError) as error:
        if os.path.islink(path):
            raise _unreadable("the link leads nowhere", path, error, "a file") from error
        return None
    except ValueError as error:  # a NUL in a name, which no system takes
        raise InputUnreadable("this is no path", where=repr(path), got=str(error), expected="a file's name") from error
    except OSError as error:
        raise _unreadable("the file cannot be reached", path, error, "a readable file") from error
    what = next((name for test, name in _KINDS if test(status.st_mode)), "")
    return Looked(what, (status.st_dev, status.st_ino))


def head_of(path: str, size: int) -> bytes:
    """The first bytes of a regular file, ``size`` at most.

    :raises InputUnreadable: when it cannot be read, or is no regular file by now.
    """
    return _read(path, size)[0]


def read_up_to(path: str, limit: int, *, what: str) -> bytes:
    """The whole of a regular file that has at most ``limit`` bytes.

    :param what: what is read, for the message: ``requirements file``.
    :raises InputUnreadable: when it is larger, cannot be read, or is no regular file by now.
    """
    content, size = _read(path, limit + 1)
    if len(content) > limit:
        raise InputUnreadable(
            f"the {what} is too large to be one",
            where=path,
            got=f"{max(size, len(content)) / 1e6:.1f} MB",
            expected=f"at most {limit / 1e6:.0f} MB",
        )
    return content


def _read(path: str, size: int) -> tuple[bytes, int]:
    """The first bytes of a regular file, and its size at the moment when it was opened."""
    try:
        handle = os.open(path, _FLAGS)
        with os.fdopen(handle, "rb", buffering=0) as file:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                raise InputUnreadable("this is no regular file", where=path, expected="a file")
            pieces = []
            while size > 0 and (piece := file.read(size)):
                pieces.append(piece)
                size -= len(piece)
            return b"".join(pieces), status.st_size
    except OSError as error:
        raise _unreadable("the file cannot be read", path, error, "a readable file") from error


def _unreadable(what: str, path: str, error: OSError, expected: str) -> InputUnreadable:
    return InputUnreadable(what, where=path, got=error.strerror or str(error), expected=expected)
