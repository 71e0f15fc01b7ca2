"""Random access to what is inside a wheel's member, stored or deflated, over anything that gives ranges of the wheel.

No byte is read before it is needed: a deflated member is inflated from its start as far as the furthest range asked for.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from stackpin.errors import InputUnreadable
from stackpin.parse.wheel_directory import Range, no_zip
from stackpin.parse.wheel_members import DEFLATED, HEAD, STORED, Member, content_range

if TYPE_CHECKING:
    from typing import TypeAlias

__all__ = ["KEEP", "OpenWheel", "Source", "checked_range", "opened"]

#: Gives exactly the bytes of a range, or raises; the range may be empty.
Source: TypeAlias = Callable[[Range], bytes]

#: How far a member is inflated, in bytes, unless the caller says more: what is inflated stays in memory.
KEEP = 256 * 1024 * 1024
#: The compressed bytes of a member are read in chunks: :data:`HEAD` first, each twice as large as the one before, up to this.
_LARGEST_CHUNK = 4 * 1024 * 1024
#: Bytes at hand are inflated in steps of at least so many, asked for or not.
_STEP = 1024 * 1024


class OpenWheel(Protocol):
    """A wheel, wherever it is, whose members can be read in parts."""

    @property
    def members(self) -> tuple[Member, ...]:
        """The members in the order of the wheel's directory."""
        ...

    def opened(self, member: Member) -> Source:
        """What gives ranges of the member's content; see :func:`opened`."""
        ...


def opened(member: Member, wheel: Source, *, keep: int = KEEP, where: str = "") -> Source:
    """What gives ranges of the content of a member, by ranges of the wheel; nothing is read before the first call.

    A call costs time and memory as far as its range reaches, the next one within that next to nothing. Once a member
    was read from start to end without a gap, what came out has been compared with its CRC.

    Calls raise InputUnreadable: for a range outside of the content, for one beyond ``keep`` in a deflated member, and
    when the content is not what the directory says. After an error of another kind they may be made again.

    :param keep: the most that is inflated, in bytes.
    :param where: the wheel, for messages.
    :raises InputUnreadable: when the member is encrypted, or neither stored nor deflated.
    """
    place = f"{where}, {member.name}" if where else member.name
    if member.encrypted or member.method not in {STORED, DEFLATED}:
        raise InputUnreadable(
            "the member is packed in a way that is not read here",
            where=place,
            got=f"method {member.method}" + (", encrypted" if member.encrypted else ""),
            expected=f"stored ({STORED}) or deflated ({DEFLATED}), not encrypted",
        )
    content = _Stored(member, wheel) if member.method == STORED else _Deflated(member, wheel, keep)

    def read(wanted: Range) -> bytes:
        try:
            return content.read(checked_range(wanted, member.size))
        except InputUnreadable as error:
            error.where = place
            raise

    return read


def checked_range(wanted: Range, size: int, where: str = "") -> Range:
    """The range, which must lie within ``size`` bytes.

    :param where: the file, for messages.
    :raises InputUnreadable: when it does not.
    """
    if not 0 <= wanted.start <= wanted.stop <= size:
        raise InputUnreadable(
            "what is asked for lies outside of the file",
            where=where,
            got=f"bytes {wanted.start} to {wanted.stop}",
            expected=f"bytes within 0 to {size}",
        )
    return wanted


def _head(member: Member, wheel: Source) -> tuple[bytes, Range]:
    """The first bytes of the member's place, and where its compressed bytes are."""
    place = member.place
    head = wheel(Range(start=place.start, stop=min(place.stop, place.start + HEAD)))
    return head, content_range(member, head)


def _check_crc(member: Member, crc: int) -> None:
    if crc != member.crc:
        raise no_zip(f"a member whose content has CRC {crc:08x}, not {member.crc:08x}: {member.name}")


class _Stored:
    """A member that lies in the wheel as it is; ``_read`` bytes of it were read from its start on without a gap."""

    def __init__(self, member: Member, wheel: Source) -> None:
        self._member = member
        self._wheel = wheel
        self._content: Range | None = None
        self._read = 0
        self._crc = 0

    def read(self, wanted: Range) -> bytes:
        if self._content is None:
            _, self._content = _head(self._member, self._wheel)
        start = self._content.start
        content = self._wheel(Range(start=start + wanted.start, stop=start + wanted.stop))
        if wanted.start <= self._read <= wanted.stop:
            crc = zlib.crc32(content[self._read - wanted.start :], self._crc)
            if wanted.stop == self._member.size:
                _check_crc(self._member, crc)
            self._read, self._crc = wanted.stop, crc
        return content


class _Deflated:
    """A deflated member, as much of it as was asked for so far inflated and kept.

    ``_next`` is the range of the wheel with the compressed bytes that were not read yet, ``_pending`` holds those that
    were read and not inflated.
    """

    def __init__(self, member: Member, wheel: Source, keep: int) -> None:
        self._member = member
        self._wheel = wheel
        self._keep = keep
        self._next: Range | None = None
        self._chunk = 2 * HEAD
        self._pending = b""
        self._inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        self._inflated = bytearray()
        self._crc = 0
        self._whole = False

    def read(self, wanted: Range) -> bytes:
        member = self._member
        if wanted.stop > self._keep:
            raise InputUnreadable(
                "the member is too large to be inflated as far as it is asked for",
                got=f"byte {wanted.stop} of {member.size}",
                expected=f"at most {self._keep} bytes",
            )
        while len(self._inflated) < wanted.stop:
            self._inflate(min(max(wanted.stop, len(self._inflated) + _STEP), member.size, self._keep))
        if len(self._inflated) >= member.size and not self._whole:
            self._see_end()
        with memoryview(self._inflated) as inflated:
            return bytes(inflated[wanted.start : wanted.stop])

    def _inflate(self, goal: int) -> None:
        """Inflate some more, not beyond ``goal``."""
        more = self._more(goal - len(self._inflated))
        if not more:
            raise self._another(f"{len(self._inflated)} bytes")
        self._inflated += more
        self._crc = zlib.crc32(more, self._crc)

    def _see_end(self) -> None:
        """Whether nothing comes after the last byte (the end of a stream is in the stream, RFC 1951), and the CRC."""
        self._inflated += self._more(1)
        if len(self._inflated) > self._member.size:
            raise self._another("more")
        _check_crc(self._member, self._crc)
        self._whole = True

    def _more(self, most: int) -> bytes:
        """The next bytes that come out, at most so many; none at the end of the stream only.

        A call without input comes first: the inflater may hold back what found no room before.
        """
        more = b""
        try:
            while not more and not self._inflater.eof:
                more = self._inflater.decompress(self._pending, most)
                self._pending = self._inflater.unconsumed_tail
                if not more and not self._inflater.eof:
                    self._pending = self._compressed()
        except zlib.error as error:
            raise no_zip(f"a member that cannot be inflated ({error}): {self._member.name}") from error
        return more

    def _compressed(self) -> bytes:
        """The next chunk of compressed bytes, of which there must be some."""
        if self._next is None:
            head, content = _head(self._member, self._wheel)
            chunk = head[content.start - self._member.place.start :][: self._member.compressed_size]
            self._next = Range(start=content.start + len(chunk), stop=content.stop)
            if chunk:
                return chunk
        if self._next.start == self._next.stop:
            raise self._another("a stream that is cut")
        stop = min(self._next.stop, self._next.start + self._chunk)
        chunk = self._wheel(Range(start=self._next.start, stop=stop))
        self._chunk = min(_LARGEST_CHUNK, 2 * self._chunk)
        self._next = Range(start=stop, stop=self._next.stop)
        return chunk

    def _another(self, got: str) -> InputUnreadable:
        return no_zip(f"a member of {self._member.size} bytes that inflates to {got}: {self._member.name}")
