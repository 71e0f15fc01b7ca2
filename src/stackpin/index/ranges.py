"""The METADATA of a wheel by range requests from its tail, so that a gigabyte wheel costs some hundred kilobytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.errors import IndexFailed
from stackpin.index.range_request import RangedFile
from stackpin.parse.web_address import without_credentials
from stackpin.parse.wheel_directory import Range, metadata_or_range

if TYPE_CHECKING:
    from stackpin.parse.simple_api import IndexFile
    from stackpin.parse.wheel_directory import Piece
    from stackpin.ports import HttpClient

__all__ = ["metadata_by_ranges"]

#: How much of the tail the first request asks for: most wheels have their directory and their METADATA in it.
_TAIL = 64 * 1024
#: How far a later range reaches back: the METADATA is, as a rule, the last thing before the directory.
_BEFORE = 48 * 1024
#: How much a later range is worth at least.
_LEAST = 16 * 1024
#: A wheel that needs more ranges than this is refused: directory and METADATA are two.
_MOST_REQUESTS = 8


def metadata_by_ranges(http: HttpClient, file: IndexFile) -> bytes:
    """The METADATA of a wheel; one to three requests as a rule.

    :raises IndexFailed: see :meth:`stackpin.index.range_request.RangedFile.fetch`.
    :raises InputUnreadable: when the wheel is cut or has not exactly one METADATA.
    """
    ranged = RangedFile(http, file)
    piece, size = ranged.tail(_TAIL)
    pieces = [piece]
    for _ in range(_MOST_REQUESTS):
        found = metadata_or_range(size, pieces)
        if isinstance(found, bytes):
            return found
        pieces.append(ranged.fetch(_widened(found, pieces, size)))
    raise IndexFailed(
        "the wheel's directory leads nowhere",
        where=without_credentials(file.url),
        got=f"{len(pieces)} ranges read",
        expected=f"METADATA after at most {_MOST_REQUESTS} range requests",
    )


def _widened(wanted: Range, pieces: list[Piece], size: int) -> Range:
    """The range to ask for: some more than what is needed, but nothing that is there already."""
    stop = min(size, max(wanted.stop, wanted.start + _LEAST))
    for piece in pieces:
        if wanted.start < piece.start < stop <= piece.start + len(piece.content):
            stop = max(piece.start, wanted.start + 1)
    before = _BEFORE if len(pieces) == 1 else 0
    return Range(start=max(0, wanted.start - before), stop=stop)
