"""The METADATA of a wheel by range requests from its tail, so that a gigabyte wheel costs some hundred kilobytes."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING

from stackpin.errors import IndexFailed
from stackpin.parse.web_address import without_credentials
from stackpin.parse.wheel_directory import Piece, Range, metadata_or_range

if TYPE_CHECKING:
    from stackpin.parse.simple_api import IndexFile
    from stackpin.ports import HttpClient, Reply

__all__ = ["SMALL", "metadata_by_ranges"]

#: A file up to this many bytes is taken whole from a server that does not do ranges.
SMALL = 5 * 1024 * 1024
#: How much of the tail the first request asks for: most wheels have their directory and their METADATA in it.
_TAIL = 64 * 1024
#: How far a later range reaches back: the METADATA is, as a rule, the last thing before the directory.
_BEFORE = 48 * 1024
#: How much a later range is worth at least.
_LEAST = 16 * 1024
#: A wheel that needs more ranges than this is refused: directory and METADATA are two.
_MOST_REQUESTS = 8
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


def metadata_by_ranges(http: HttpClient, file: IndexFile) -> bytes:
    """The METADATA of a wheel; one to three requests as a rule.

    :raises IndexFailed: when the server does not answer a range request as RFC 9110 (14.4) says, and the file is not
    small.
    :raises InputUnreadable: when the wheel is cut or has not exactly one METADATA.
    """
    tail = f"bytes=-{_TAIL}" if file.size is None else f"bytes={max(0, file.size - _TAIL)}-{file.size - 1}"
    piece, size = _fetch(http, file, tail, file.size)
    pieces = [piece]
    for _ in range(_MOST_REQUESTS):
        found = metadata_or_range(size, pieces)
        if isinstance(found, bytes):
            return found
        wanted = _widened(found, pieces, size)
        piece, size = _fetch(http, file, f"bytes={wanted.start}-{wanted.stop - 1}", size)
        pieces.insert(0, _joined(piece, pieces))
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


def _joined(piece: Piece, pieces: list[Piece]) -> Piece:
    """The piece together with the one that begins where it ends, so that a read across both finds one run of bytes."""
    for other in pieces:
        if piece.start + len(piece.content) == other.start:
            return Piece(start=piece.start, content=piece.content + other.content)
    return piece


def _fetch(http: HttpClient, file: IndexFile, wanted: str, size: int | None) -> tuple[Piece, int]:
    """One range, and the size of the whole file; the whole file where it is small and the server sends it."""
    reply = http.get(
        file.url, headers={"Range": wanted, "Accept-Encoding": "identity"}, limit=max(SMALL, _length(wanted))
    )
    if reply.status == 200:
        return _whole(reply, file)
    if reply.status != 206:
        raise _failed("the index does not give the file", file, got=f"HTTP {reply.status}", expected="HTTP 206")
    header = reply.headers.get("content-range", "")
    match = _CONTENT_RANGE.fullmatch(header.strip())
    if match is None:
        raise _failed(
            "the answer to a range request does not say which range it is", file, got=f"Content-Range: {header}"
        )
    start, last, total = (int(group) for group in match.groups())
    if size is not None and total != size:
        raise _failed(
            "the file is not as large as the index says", file, got=f"{total} bytes", expected=f"{size} bytes"
        )
    if not _answers(wanted, start, last, total) or len(reply.body) != last - start + 1:
        raise _failed(
            "the answer to a range request is another range",
            file,
            got=f"Content-Range: {header}, {len(reply.body)} bytes",
            expected=wanted,
        )
    return Piece(start=start, content=reply.body), total


def _length(wanted: str) -> int:
    first, _, last = wanted.removeprefix("bytes=").partition("-")
    return int(last) - int(first) + 1 if first else int(last)


def _answers(wanted: str, start: int, last: int, total: int) -> bool:
    first, _, end = wanted.removeprefix("bytes=").partition("-")
    if not first:
        return start == max(0, total - int(end)) and last == total - 1
    return start == int(first) and last == min(int(end), total - 1)


def _whole(reply: Reply, file: IndexFile) -> tuple[Piece, int]:
    if not reply.complete:
        raise _failed(
            "the server does not do range requests, and the file is too large to read whole",
            file,
            got="HTTP 200 to a range request",
            expected=f"HTTP 206, or a file of at most {SMALL} bytes",
            hint="name an index whose files can be read in parts (the file server must answer range requests)",
        )
    if file.size is not None and len(reply.body) != file.size:
        raise _failed(
            "the file is not as large as the index says",
            file,
            got=f"{len(reply.body)} bytes",
            expected=f"{file.size} bytes",
        )
    if file.sha256 is not None and sha256(reply.body).hexdigest() != file.sha256:
        raise _failed(
            "the file does not have the digest that the index names",
            file,
            got=f"sha256 {sha256(reply.body).hexdigest()}",
            expected=f"sha256 {file.sha256}",
        )
    return Piece(start=0, content=reply.body), len(reply.body)


def _failed(what: str, file: IndexFile, *, got: str, expected: str = "HTTP 206", hint: str = "") -> IndexFailed:
    return IndexFailed(what, where=without_credentials(file.url), got=got, expected=expected, hint=hint)
