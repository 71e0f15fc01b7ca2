"""A file on a server, read in ranges (RFC 9110, section 14); every answer is checked against all that came before it.

Ranges of two states of a file must never be put together (RFC 9110, 15.3.7.3). So each answer is compared with the first
one: the size of the whole file, its ``ETag`` and its ``Last-Modified``. A strong ``ETag`` is sent back as ``If-Range``
(13.1.5), so that a server that leaves it out of its partial answers is watched as well. A weak one may not be sent, and a
date only where it is known to be strong (8.8.2.2), which takes two clocks that agree: those two are compared only.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING

from stackpin.errors import IndexFailed
from stackpin.parse.web_address import without_credentials
from stackpin.parse.wheel_directory import Piece, Range

if TYPE_CHECKING:
    from stackpin.parse.simple_api import IndexFile
    from stackpin.ports import HttpClient, Reply

__all__ = ["SMALL", "RangedFile"]

#: A file up to this many bytes is taken whole from a server that does not do ranges.
SMALL = 5 * 1024 * 1024
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
_UNSATISFIED = re.compile(r"bytes \*/(\d+)")


class RangedFile:
    """One file of an index, as long as it stays the same; for one thread.

    ``requests`` and ``bytes_read`` count the requests made (a retry is the client's own affair) and the bytes of the
    bodies that came. ``size`` is what the index announced, else what the first answer said, else None.
    """

    def __init__(self, http: HttpClient, file: IndexFile) -> None:
        self._http = http
        self._file = file
        self.size = file.size
        self.requests = 0
        self.bytes_read = 0
        self._etag: str | None = None
        self._modified = ""
        self._whole: Piece | None = None

    def tail(self, length: int) -> tuple[Piece, int]:
        """The last ``length`` bytes, or all where there are fewer, and the size of the file; one request.

        :raises IndexFailed: see :meth:`fetch`.
        """
        if self.size is None:
            return self._get(f"bytes=-{length}", length)
        if not self.size:
            return Piece(start=0, content=b""), 0
        return self.fetch(Range(start=max(0, self.size - length), stop=self.size)), self.size

    def fetch(self, wanted: Range) -> Piece:
        """The bytes of a range that is not empty; more than these where the server sends the whole of a small file.

        One request, none once the file came whole.

        :raises IndexFailed: when the server does not answer a range request as RFC 9110 (14.4) says and the file is not
        small, when the file has changed meanwhile, or is not the announced one.
        """
        if self._whole is not None:
            return self._whole
        return self._get(f"bytes={wanted.start}-{wanted.stop - 1}", wanted.stop - wanted.start)[0]

    def _get(self, wanted: str, length: int) -> tuple[Piece, int]:
        headers = {"Range": wanted, "Accept-Encoding": "identity"}
        if self._etag and not self._etag.startswith("W/"):
            headers["If-Range"] = self._etag
        reply = self._http.get(self._file.url, headers=headers, limit=max(SMALL, length))
        self.requests += 1
        self.bytes_read += len(reply.body)
        if reply.status not in {200, 206}:
            raise self._refused(reply)
        if reply.headers.get("content-encoding", "identity").strip().lower() != "identity":
            got = f"Content-Encoding: {reply.headers['content-encoding']}"
            raise self._failed("the server sends the file in another coding", got=got, expected="the file as it is")
        self._compare(reply, conditional="If-Range" in headers)
        if reply.status == 200:
            self._whole = self._all_of(reply)
            return self._whole, len(reply.body)
        return self._part_of(reply, wanted)

    def _refused(self, reply: Reply) -> IndexFailed:
        match = _UNSATISFIED.fullmatch(reply.headers.get("content-range", "").strip())
        if reply.status == 416 and match is not None and self.size is not None:
            return self._other_size(int(match[1]))
        return self._failed("the index does not give the file", got=f"HTTP {reply.status}")

    def _compare(self, reply: Reply, *, conditional: bool) -> None:
        """Whether the answer is about the file that was read so far; the first answer says which file that is.

        A partial answer has the ``ETag`` that a whole one would have (RFC 9110, 15.3.7), but after an ``If-Range`` need
        not repeat ``Last-Modified``.
        """
        etag, modified = (reply.headers.get(name, "").strip() for name in ("etag", "last-modified"))
        if self._etag is None:
            self._etag, self._modified = etag, modified
        elif etag != self._etag:
            raise self._changed(f"ETag: {etag or 'none'}", f"ETag: {self._etag or 'none'}")
        elif modified and modified != self._modified:
            raise self._changed(f"Last-Modified: {modified}", f"Last-Modified: {self._modified or 'none'}")
        elif conditional and reply.status == 200:
            raise self._changed("HTTP 200 to a range request with If-Range", f"HTTP 206, ETag: {self._etag}")

    def _part_of(self, reply: Reply, wanted: str) -> tuple[Piece, int]:
        header = reply.headers.get("content-range", "")
        match = _CONTENT_RANGE.fullmatch(header.strip())
        if match is None:
            what = "the answer to a range request does not say which range it is"
            raise self._failed(what, got=f"Content-Range: {header}")
        start, last, total = (int(group) for group in match.groups())
        if self.size is not None and total != self.size:
            raise self._other_size(total)
        if not _answers(wanted, start, last, total) or len(reply.body) != last - start + 1:
            got = f"Content-Range: {header}, {len(reply.body)} bytes"
            raise self._failed("the answer to a range request is another range", got=got, expected=wanted)
        self.size = total
        return Piece(start=start, content=reply.body), total

    def _all_of(self, reply: Reply) -> Piece:
        if not reply.complete:
            raise self._failed(
                "the server does not do range requests, and the file is too large to read whole",
                got="HTTP 200 to a range request",
                expected=f"HTTP 206, or a file of at most {SMALL} bytes",
                hint="name an index whose files can be read in parts (the file server must answer range requests)",
            )
        if self.size is not None and len(reply.body) != self.size:
            raise self._other_size(len(reply.body))
        found = sha256(reply.body).hexdigest()
        if self._file.sha256 is not None and found != self._file.sha256:
            what = "the file does not have the digest that the index names"
            raise self._failed(what, got=f"sha256 {found}", expected=f"sha256 {self._file.sha256}")
        self.size = len(reply.body)
        return Piece(start=0, content=reply.body)

    def _other_size(self, size: int) -> IndexFailed:
        if self._file.size is None:
            return self._changed(f"{size} bytes", f"{self.size} bytes")
        what = "the file is not as large as the index says"
        return self._failed(what, got=f"{size} bytes", expected=f"{self._file.size} bytes")

    def _changed(self, got: str, expected: str) -> IndexFailed:
        return self._failed(
            "the file on the server changed while it was read", got=got, expected=expected, hint="try again"
        )

    def _failed(self, what: str, *, got: str, expected: str = "HTTP 206", hint: str = "") -> IndexFailed:
        return IndexFailed(what, where=without_credentials(self._file.url), got=got, expected=expected, hint=hint)


def _answers(wanted: str, start: int, last: int, total: int) -> bool:
    """Whether a ``Content-Range`` is the range that was asked for, cut at the end of the file (RFC 9110, 14.1.2)."""
    first, _, end = wanted.removeprefix("bytes=").partition("-")
    if not first:
        return start == max(0, total - int(end)) and last == total - 1
    return start == int(first) and last == min(int(end), total - 1)
