"""A wheel on an index, read in parts: its members, and any range of what is inside them, without fetching it whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.errors import InputUnreadable
from stackpin.index.range_request import RangedFile
from stackpin.parse.member_bytes import KEEP, opened
from stackpin.parse.web_address import without_credentials
from stackpin.parse.wheel_directory import Range, between
from stackpin.parse.wheel_members import STORED, Member, members_or_range

if TYPE_CHECKING:
    from typing_extensions import Self

    from stackpin.parse.member_bytes import Source
    from stackpin.parse.simple_api import IndexFile
    from stackpin.parse.wheel_directory import Piece
    from stackpin.ports import HttpClient

__all__ = ["RemoteWheel"]

#: How much of the tail the first request asks for: most wheels have their directory in it.
_TAIL = 64 * 1024
#: How much a request for stored bytes is worth at least: an ELF reader asks for one small table after the other.
_AHEAD = 256 * 1024


class RemoteWheel:
    """One wheel of an index; for one thread. It holds no connection and needs no closing.

    ``sha256`` is what the index announced, as evidence: no part of a file can be compared with it. What is checked
    is that all parts come from one state of a file that is as large as announced
    (:class:`stackpin.index.range_request.RangedFile`), and the CRC of each member that was read whole.
    """

    def __init__(self, ranged: RangedFile, file: IndexFile, keep: int) -> None:
        self._ranged = ranged
        self._keep = keep
        self._pieces: list[Piece] = []
        self.where = without_credentials(file.url)
        self.sha256 = file.sha256
        self.size = 0
        self.members: tuple[Member, ...] = ()

    @classmethod
    def open(cls, http: HttpClient, file: IndexFile, *, keep: int = KEEP) -> Self:
        """Read the directory of the wheel: one request as a rule, two for a large directory.

        :param keep: the most bytes that are kept in memory of each deflated member, and of all that are stored together.
        :raises IndexFailed: when the index fails, changes the file meanwhile, or does no range requests and the file is
        not small.
        :raises InputUnreadable: when the file is no zip, a cut one or a malformed one.
        """
        wheel = cls(RangedFile(http, file), file, keep)
        try:
            wheel._read_directory()
        except InputUnreadable as error:
            error.where = wheel.where
            raise
        return wheel

    @property
    def requests(self) -> int:
        """How many requests were made."""
        return self._ranged.requests

    @property
    def bytes_read(self) -> int:
        """How many bytes came, headers not counted."""
        return self._ranged.bytes_read

    def opened(self, member: Member) -> Source:
        """What gives ranges of the member's content; see :func:`stackpin.parse.member_bytes.opened`.

        A deflated member costs one request for 64 KiB, then one for each chunk of twice the size (up to 4 MiB) until the
        range is reached; a stored one costs a request of 256 KiB or more for each range that is not there yet.

        :raises InputUnreadable: when the member cannot be read; the calls raise it, and IndexFailed, as well.
        """
        wheel = self._kept if member.method == STORED else self._passing
        return opened(member, wheel, keep=self._keep, where=self.where)

    def _read_directory(self) -> None:
        piece, self.size = self._ranged.tail(_TAIL)
        self._pieces.append(piece)
        while isinstance(found := members_or_range(self.size, self._pieces), Range):
            self._pieces.append(self._ranged.fetch(found))
        self.members = found

    def _passing(self, wanted: Range) -> bytes:
        """The bytes of a range, which are not kept: they are wanted once."""
        pieces = list(self._pieces)
        while isinstance(found := between(wanted, pieces), Range):
            pieces.append(self._ranged.fetch(found))
        return found

    def _kept(self, wanted: Range) -> bytes:
        """The bytes of a range, which are kept, with some that lie behind it."""
        while isinstance(found := between(wanted, self._pieces), Range):
            following = min((piece.start for piece in self._pieces if piece.start >= found.stop), default=self.size)
            stop = max(found.stop, min(following, found.start + _AHEAD))
            kept = sum(len(piece.content) for piece in self._pieces)
            if kept + stop - found.start > self._keep:
                raise InputUnreadable(
                    "more of the wheel is asked for than is kept",
                    got=f"{kept} bytes, and bytes {found.start} to {stop} of {self.size}",
                    expected=f"at most {self._keep} bytes",
                )
            self._pieces.append(self._ranged.fetch(Range(start=found.start, stop=stop)))
        return found
