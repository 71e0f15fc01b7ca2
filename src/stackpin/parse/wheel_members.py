"""The members of a wheel by the central directory of its zip (APPNOTE.TXT 6.3.10, section numbers are its own).

Strict: where two readers of zip files could see two wheels, there is no value. The directory ends where its end record
begins, has as many entries as that says, no name twice, and no member lies over another or over the directory.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from stackpin.parse.wheel_directory import Range, between, no_zip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stackpin.parse.wheel_directory import Piece

__all__ = ["DEFLATED", "HEAD", "STORED", "Member", "content_range", "members_or_range"]

STORED = 0
DEFLATED = 8
#: So many bytes from a member's place on are enough to read its local header.
HEAD = 64 * 1024

#: The largest directory that is read, in bytes and in members: the largest wheels have some ten thousand.
_LARGEST = 64 * 1024 * 1024
_MOST = 250_000
#: The longest path of a member, in bytes.
_LONGEST_NAME = 4096
#: All bits set: the value is in a zip64 record or field (4.4.1.4).
_SHORT = 0xFFFF
_LONG = 0xFFFFFFFF
_SEE_ZIP64 = {
    "disk": _SHORT,
    "directory_disk": _SHORT,
    "entries_here": _SHORT,
    "entries": _SHORT,
    "size": _LONG,
    "offset": _LONG,
}
#: Layouts of the records below, and the signatures that they begin with.
_END = struct.Struct("<4s4H2LH")
_END_MARK = b"PK\5\6"
_LOCATOR = struct.Struct("<4sLQL")
_LOCATOR_MARK = b"PK\6\7"
_END64 = struct.Struct("<4sQ2H2L4Q")
_END64_MARK = b"PK\6\6"
_HEADER = struct.Struct("<4s6H3L5H2L")
_HEADER_MARK = b"PK\1\2"
_LOCAL = struct.Struct("<4s5H3L2H")
_LOCAL_MARK = b"PK\3\4"
#: Bits of the general purpose flag (4.4.4): encrypted, strongly encrypted, encrypted directory; UTF-8 names.
_ENCRYPTED = 0x0001 | 0x0040 | 0x2000
_UTF8 = 0x0800
#: The values of a local header are in a record after the content (4.4.4, bit 3).
_VALUES_LATER = 0x0008


class _End(NamedTuple):
    """End of central directory record (4.3.16)."""

    mark: bytes
    disk: int
    directory_disk: int
    entries_here: int
    entries: int
    size: int
    offset: int
    comment: int


class _Locator(NamedTuple):
    """Zip64 end of central directory locator (4.3.15)."""

    mark: bytes
    disk: int
    offset: int
    disks: int


class _End64(NamedTuple):
    """Zip64 end of central directory record (4.3.14); ``length`` counts what follows it in the record."""

    mark: bytes
    length: int
    made_by: int
    needed: int
    disk: int
    directory_disk: int
    entries_here: int
    entries: int
    size: int
    offset: int


class _Header(NamedTuple):
    """File header in the central directory (4.3.12), up to the name."""

    mark: bytes
    made_by: int
    needed: int
    flags: int
    method: int
    time: int
    date: int
    crc: int
    compressed_size: int
    size: int
    name: int
    extra: int
    comment: int
    disk: int
    internal: int
    external: int
    offset: int


class _Local(NamedTuple):
    """Local file header (4.3.7), up to the name."""

    mark: bytes
    needed: int
    flags: int
    method: int
    time: int
    date: int
    crc: int
    compressed_size: int
    size: int
    name: int
    extra: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One member as the directory describes it; sizes in bytes, ``crc`` of what comes out.

    ``place`` reaches from its local header to where the next member, or the directory, begins: its compressed bytes lie
    inside. ``method`` may be one that cannot be opened; stored members that are not encrypted have equal sizes.
    """

    name: str
    size: int
    compressed_size: int
    method: int
    encrypted: bool
    crc: int
    place: Range


@dataclass(frozen=True, slots=True, kw_only=True)
class _Directory:
    place: Range
    entries: int


def members_or_range(size: int, pieces: Sequence[Piece]) -> tuple[Member, ...] | Range:
    """The members of a wheel of ``size`` bytes, in the order of its directory; else the range that must be read first.

    Called again and again with one more piece, it ends: a tail of 64 KiB is enough for most wheels, and leads to the
    directory in one more step for others.

    :raises InputUnreadable: when there is no directory, or a malformed one, or one too large.
    """
    found = _end(size, pieces)
    if isinstance(found, Range):
        return found
    directory = _directory(*found, pieces)
    if isinstance(directory, Range):
        return directory
    content = between(directory.place, pieces)
    return content if isinstance(content, Range) else _members(content, directory)


def _end(size: int, pieces: Sequence[Piece]) -> tuple[int, _End] | Range:
    """The end record and where it begins; looked for at the very end, then before a comment of any length."""
    for span in (_END.size, _END.size + 0xFFFF):
        tail = between(Range(start=max(0, size - span), stop=size), pieces)
        if isinstance(tail, Range):
            return tail
        at = tail.rfind(_END_MARK)
        while at >= 0:
            if at + _END.size <= len(tail):
                end = _End._make(_END.unpack_from(tail, at))
                if at + _END.size + end.comment == len(tail):
                    return size - len(tail) + at, end
            at = tail.rfind(_END_MARK, 0, at)
    raise no_zip("no end of central directory record")


def _directory(at: int, end: _End, pieces: Sequence[Piece]) -> _Directory | Range:
    """Where the directory is; the zip64 records before the end record count where there are any."""
    before = between(Range(start=max(0, at - _LOCATOR.size), stop=at), pieces)
    if isinstance(before, Range):
        return before
    if len(before) < _LOCATOR.size or not before.startswith(_LOCATOR_MARK):
        return _checked(end, at)
    locator = _Locator._make(_LOCATOR.unpack(before))
    stop = at - _LOCATOR.size
    if locator.disk or locator.disks > 1 or locator.offset + _END64.size > stop:
        raise no_zip("a zip64 locator that leads nowhere")
    record = between(Range(start=locator.offset, stop=locator.offset + _END64.size), pieces)
    if isinstance(record, Range):
        return record
    end64 = _End64._make(_END64.unpack(record))
    if end64.mark != _END64_MARK or locator.offset + 12 + end64.length != stop:
        raise no_zip("a zip64 locator that leads to no zip64 end record")
    if not all(getattr(end, name) in {getattr(end64, name), ones} for name, ones in _SEE_ZIP64.items()):
        raise no_zip("two end records that contradict each other")
    return _checked(end64, locator.offset)


def _checked(end: _End | _End64, stop: int) -> _Directory:
    if end.disk or end.directory_disk or end.entries != end.entries_here:
        raise no_zip("a zip file of several parts")
    if end.size > _LARGEST or end.entries > _MOST:
        raise no_zip(f"a directory of {end.entries} members and {end.size} bytes; the most is {_MOST} and {_LARGEST}")
    if end.offset + end.size != stop:
        raise no_zip(f"a directory at byte {end.offset} of {end.size} bytes, whose end record is at byte {stop}")
    return _Directory(place=Range(start=end.offset, stop=stop), entries=end.entries)


def _members(content: bytes, directory: _Directory) -> tuple[Member, ...]:
    members, position = [], 0
    for _ in range(directory.entries):
        member, position = _entry(content, position)
        members.append(member)
    if position != len(content):
        raise no_zip(f"a directory of {directory.entries} members with {len(content) - position} bytes too many")
    if len({member.name for member in members}) != len(members):
        raise no_zip("a directory with two members of the same name")
    return _placed(members, directory.place.start)


def _entry(content: bytes, position: int) -> tuple[Member, int]:
    """One entry of the directory, and the position after it."""
    fixed = content[position : position + _HEADER.size]
    if len(fixed) < _HEADER.size or not fixed.startswith(_HEADER_MARK):
        raise no_zip(f"no entry at byte {position} of the directory")
    header = _Header._make(_HEADER.unpack(fixed))
    name_stop = position + len(fixed) + header.name
    stop = name_stop + header.extra + header.comment
    if stop > len(content):
        raise no_zip("a directory whose last entry is cut")
    name = _decoded_name(content[name_stop - header.name : name_stop], header.flags)
    return _member(name, header, content[name_stop : name_stop + header.extra]), stop


def _member(name: str, header: _Header, extra: bytes) -> Member:
    """The member of an entry, its place as far as its compressed bytes reach at least."""
    size, compressed, offset = _zip64_values(extra, (header.size, header.compressed_size, header.offset))
    encrypted = bool(header.flags & _ENCRYPTED)
    if header.disk not in {0, _SHORT}:
        raise no_zip(f"a member in another part: {name}")
    if header.method == STORED and size != compressed and not encrypted:
        raise no_zip(f"a stored member with two sizes, {compressed} and {size} bytes: {name}")
    return Member(
        name=name,
        size=size,
        compressed_size=compressed,
        method=header.method,
        encrypted=encrypted,
        crc=header.crc,
        place=Range(start=offset, stop=offset + _LOCAL.size + header.name + compressed),
    )


def content_range(member: Member, head: bytes) -> Range:
    """Where in the file the compressed bytes of a member are, by its local header.

    :param head: the first :data:`HEAD` bytes of its place, or all where there are fewer.
    :raises InputUnreadable: when the local header is none, contradicts the directory, or leads out of the place.
    """
    local = _Local._make(_LOCAL.unpack_from(head))
    name_stop = _LOCAL.size + local.name
    stop = name_stop + local.extra
    if local.mark != _LOCAL_MARK or stop > len(head):
        raise no_zip(f"no local header at byte {member.place.start}, where the directory has {member.name}")
    name = _decoded_name(head[_LOCAL.size : name_stop], local.flags)
    told = (name, local.method, bool(local.flags & _ENCRYPTED))
    agrees = told == (member.name, member.method, member.encrypted)
    if not local.flags & _VALUES_LATER:
        sizes = _zip64_values(head[name_stop:stop], (local.size, local.compressed_size))
        agrees = agrees and (local.crc, *sizes) == (member.crc, member.size, member.compressed_size)
    found = Range(start=member.place.start + stop, stop=member.place.start + stop + member.compressed_size)
    if not agrees or found.stop > member.place.stop:
        raise no_zip(f"a local header that contradicts the directory: {member.name}")
    return found


def _decoded_name(raw: bytes, flags: int) -> str:
    """The name of a member, in UTF-8 where its flags say so, else in the code page of old (appendix D).

    Empty, too long, with a NUL or not in its encoding, it is an error.
    """
    if not raw or len(raw) > _LONGEST_NAME or b"\0" in raw:
        raise no_zip(f"a member's name of {len(raw)} bytes" + (" with a NUL" if b"\0" in raw else ""))
    try:
        return raw.decode("utf-8" if flags & _UTF8 else "cp437")
    except UnicodeDecodeError as error:
        raise no_zip(f"a member's name that is not UTF-8: {raw[:80]!r}") from error


def _zip64_values(extra: bytes, told: tuple[int, ...]) -> tuple[int, ...]:
    """The values of a header, those with all bits set replaced from its zip64 extra field, in their order (4.5.3).

    An extra field that is cut, one of zip64 too many or with too little in it is an error.
    """
    found: bytes | None = None
    position = 0
    while position + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, position)
        position += 4 + length
        if position > len(extra) or (kind == 1 and found is not None):
            raise no_zip("an extra field that is cut or there twice")
        found = extra[position - length : position] if kind == 1 else found
    missing = sum(value == _LONG for value in told)
    if missing * 8 > len(found or b""):
        raise no_zip("a value of 64 bits that is not there")
    values = iter(struct.unpack_from(f"<{missing}Q", found or b""))
    return tuple(next(values) if value == _LONG else value for value in told)


def _placed(members: Sequence[Member], stop: int) -> tuple[Member, ...]:
    """The members, each with its place up to the next one's.

    :param stop: where the directory begins.
    """
    placed = {}
    for member in sorted(members, key=lambda each: each.place.start, reverse=True):
        if member.place.stop > stop:
            raise no_zip(f"a member that lies over another one or beyond the end: {member.name}")
        placed[member.name] = replace(member, place=Range(start=member.place.start, stop=stop))
        stop = member.place.start
    return tuple(placed[member.name] for member in members)
