"""The METADATA of a wheel of which only some byte ranges are at hand, and which range is needed next if they do not do.

``zipfile`` does the parsing; it is given a file that knows only the pieces fetched so far and stops at the first gap.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stackpin.errors import InputUnreadable

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Piece", "Range", "between", "metadata_or_range", "no_zip"]

#: METADATA larger than this is refused: the largest seen are below a megabyte.
_LARGEST = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Bytes ``start`` up to, but not including, ``stop``."""

    start: int
    stop: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A run of bytes of a file, and where it begins."""

    start: int
    content: bytes


def between(wanted: Range, pieces: Sequence[Piece]) -> bytes | Range:
    """The bytes of a range, put together from all pieces that have a part of it; else its first gap."""
    parts, position = [], wanted.start
    for piece in sorted(pieces, key=lambda each: each.start):
        if position < wanted.stop and piece.start <= position < piece.start + len(piece.content):
            parts.append(piece.content[position - piece.start : wanted.stop - piece.start])
            position += len(parts[-1])
    if position >= wanted.stop:
        return b"".join(parts)
    beyond = [piece.start for piece in pieces if position < piece.start < wanted.stop and piece.content]
    return Range(start=position, stop=min(beyond, default=wanted.stop))


def no_zip(got: str) -> InputUnreadable:
    """The error for a wheel that is not a whole zip file.

    :param got: what is wrong with it.
    """
    return InputUnreadable("the wheel is no zip file, or a cut one", got=got, expected="a whole zip file (PEP 427)")


class _GapError(Exception):
    """The parser read where no piece is; not an error of stackpin's, and never seen outside of this module."""

    def __init__(self, gap: Range) -> None:
        super().__init__(f"bytes {gap.start} to {gap.stop}")
        self.gap = gap


class _Pieces(io.RawIOBase):
    """A read-only seekable file of ``size`` bytes, of which only ``pieces`` are there."""

    def __init__(self, size: int, pieces: Sequence[Piece]) -> None:
        self._size = size
        self._pieces = pieces
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise OSError("seek before the start of the file")
        self._position = base + offset
        return self._position

    def read(self, size: int = -1) -> bytes:
        stop = self._size if size < 0 else min(self._size, self._position + size)
        start = min(self._position, stop)
        self._position = stop
        return self._between(start, stop)

    def _between(self, start: int, stop: int) -> bytes:
        found = between(Range(start=start, stop=stop), self._pieces)
        if isinstance(found, Range):
            raise _GapError(found)
        return found


def metadata_or_range(size: int, pieces: Sequence[Piece]) -> bytes | Range:
    """The METADATA of a wheel of ``size`` bytes, or the range that must be fetched before it can be read.

    Called again and again with one more piece, it ends: with the tail of the file it asks for the directory of the zip,
    then for the member. (PEP 427: one folder ``*.dist-info`` at the top holds METADATA.)

    :raises InputUnreadable: when the file is no zip or a cut one, or has no METADATA or several.
    """
    try:
        with zipfile.ZipFile(_Pieces(size, pieces)) as wheel:
            return _member(wheel)
    except _GapError as error:
        return error.gap
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError) as error:
        raise no_zip(str(error) or type(error).__name__) from error


def _member(wheel: zipfile.ZipFile) -> bytes:
    found = [info for info in wheel.infolist() if _is_metadata(info.filename)]
    if len(found) != 1:
        raise InputUnreadable(
            "the wheel has no METADATA" if not found else f"the wheel has {len(found)} METADATA files",
            got=", ".join(sorted(info.filename for info in found))
            or f"{len(wheel.infolist())} members, none *.dist-info/METADATA",
            expected="exactly one *.dist-info/METADATA (PEP 427)",
        )
    (info,) = found
    if info.file_size > _LARGEST:
        raise InputUnreadable(
            "the METADATA is too large", got=f"{info.file_size} bytes", expected=f"at most {_LARGEST}"
        )
    if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise InputUnreadable(
            "the METADATA is packed in a way that is not read here",
            got=f"method {info.compress_type}",
            expected=f"stored ({zipfile.ZIP_STORED}) or deflated ({zipfile.ZIP_DEFLATED})",
        )
    with wheel.open(info) as member:
        return member.read(info.file_size + 1)  # without a number all is inflated at once, whatever the directory says


def _is_metadata(name: str) -> bool:
    folder, _, base = name.partition("/")
    return folder.endswith(".dist-info") and base == "METADATA"
