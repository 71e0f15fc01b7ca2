"""Wheels and shared libraries that lie on this machine, read in ranges.

By reads at a place (``pread``) rather than by a mapping: where somebody cuts a mapped file, the next access kills the
process, and here it is an error like any other.
"""

from __future__ import annotations

import os
import stat
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from stackpin.errors import InputUnreadable
from stackpin.parse.member_bytes import KEEP, checked_range, opened
from stackpin.parse.wheel_directory import Piece, Range
from stackpin.parse.wheel_members import members_or_range

if TYPE_CHECKING:
    from io import FileIO
    from types import TracebackType

    from typing_extensions import Self

    from stackpin.parse.member_bytes import Source
    from stackpin.parse.wheel_members import Member

__all__ = ["Closed", "LocalFile", "LocalWheel", "local_file", "local_wheel"]

#: How much of the tail of a wheel is read at first: most have their directory in it.
_TAIL = 64 * 1024


class Closed(ABC):
    """Something that ``with`` closes at its end."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None:
        """Let go of it."""


class LocalFile(Closed):
    """A regular file, open for reading: a call gives the bytes of a range. To be closed, best by ``with``.

    ``size`` is that of the moment when it was opened, in bytes. May be called from several threads.
    """

    def __init__(self, file: FileIO, *, where: str) -> None:
        self._file = file
        self.where = where
        self.size = os.fstat(file.fileno()).st_size

    def __call__(self, wanted: Range) -> bytes:
        """The bytes of a range.

        :raises InputUnreadable: when it lies outside of the file, or the file was cut meanwhile or fails.
        """
        position = checked_range(wanted, self.size, self.where).start
        parts = []
        while position < wanted.stop:  # one call gives 2 GiB at most
            try:
                parts.append(os.pread(self._file.fileno(), wanted.stop - position, position))
            except OSError as error:
                raise _unreadable(self.where, error.strerror or str(error)) from error
            position += len(parts[-1])
            if not parts[-1]:
                raise _unreadable(self.where, f"{position} bytes, where {self.size} were")
        return b"".join(parts)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


class LocalWheel(Closed):
    """A wheel on this machine, with the members and ranges of :class:`stackpin.index.remote_wheel.RemoteWheel`.

    To be closed, best by ``with``; for one thread.
    """

    def __init__(self, file: LocalFile, members: tuple[Member, ...], *, keep: int) -> None:
        self._file = file
        self._keep = keep
        self.members = members

    def opened(self, member: Member) -> Source:
        """What gives ranges of the member's content; see :func:`stackpin.parse.member_bytes.opened`.

        :raises InputUnreadable: when the member cannot be read; the calls raise it as well.
        """
        return opened(member, self._file, keep=self._keep, where=self._file.where)

    def close(self) -> None:
        """Let go of the file; what :meth:`opened` gave cannot be asked any more."""
        self._file.close()


def local_file(path: str | os.PathLike[str]) -> LocalFile:
    """Open a file of this machine.

    :raises InputUnreadable: when there is none, or it is no regular file, or must not be read.
    """
    where = os.fspath(path)
    try:
        if not stat.S_ISREG(os.stat(where).st_mode):
            raise _unreadable(where, "no regular file")
        return LocalFile(open(where, "rb", buffering=0), where=where)
    except OSError as error:
        raise _unreadable(where, error.strerror or str(error)) from error


def local_wheel(path: str | os.PathLike[str], *, keep: int = KEEP) -> LocalWheel:
    """Open a wheel of this machine and read its directory.

    :param keep: the most bytes that are inflated of each member, and stay in memory.
    :raises InputUnreadable: when it cannot be read, or is no zip file, a cut one or a malformed one.
    """
    file = local_file(path)
    try:
        return LocalWheel(file, _members(file), keep=keep)
    except InputUnreadable as error:
        file.close()
        error.where = file.where
        raise


def _members(file: LocalFile) -> tuple[Member, ...]:
    wanted = Range(start=max(0, file.size - _TAIL), stop=file.size)
    pieces = [Piece(start=wanted.start, content=file(wanted))]
    while isinstance(found := members_or_range(file.size, pieces), Range):
        pieces.append(Piece(start=found.start, content=file(found)))
    return found


def _unreadable(where: str, got: str) -> InputUnreadable:
    return InputUnreadable("the file cannot be read", where=where, got=got, expected="a readable file")
