"""The METADATA of a wheel by range requests."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from tests.support.wheels import metadata_text, wheel_bytes

from stackpin.errors import IndexFailed
from stackpin.index.range_request import SMALL
from stackpin.index.ranges import metadata_by_ranges
from stackpin.parse.simple_api import IndexFile
from stackpin.ports import Reply

if TYPE_CHECKING:
    from collections.abc import Mapping

TEXT = metadata_text("demo", "1.0")
URL = "https://files.example/demo-1.0-py3-none-any.whl"


@dataclass
class FakeServer:
    """One file, served by ranges; ``asked`` are the ranges."""

    content: bytes
    asked: list[str] = field(default_factory=list)
    whole: bool = False

    def get(self, url: str, *, headers: Mapping[str, str] | None = None, limit: int) -> Reply:
        wanted = (headers or {})["Range"]
        self.asked.append(wanted)
        if self.whole:
            fits = len(self.content) <= limit
            return Reply(status=200, url=url, body=self.content if fits else b"", complete=fits)
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        start = int(first) if first else max(0, len(self.content) - int(last))
        stop = min(int(last) + 1, len(self.content)) if first else len(self.content)
        told = f"bytes {start}-{stop - 1}/{len(self.content)}"
        return Reply(status=206, url=url, headers={"content-range": told}, body=self.content[start:stop])


def wheel(*, members: int = 0) -> bytes:
    """A wheel with so many further members."""
    many = {f"demo/module_{number:06}.py": b"" for number in range(members)}
    return wheel_bytes("demo", "1.0", TEXT, members=many, padding=300_000)


def file(content: bytes, *, size: bool = True, digest: str | None = None) -> IndexFile:
    return IndexFile(name=URL.rpartition("/")[2], url=URL, size=len(content) if size else None, sha256=digest)


@pytest.mark.parametrize("size", [True, False], ids=["size known", "size not known"])
def test_a_small_directory_costs_one_request(size: bool) -> None:
    server = FakeServer(wheel())
    assert metadata_by_ranges(server, file(server.content, size=size)) == TEXT.encode()
    assert len(server.asked) == 1


def test_a_large_directory_costs_two_requests_and_no_byte_twice() -> None:
    server = FakeServer(wheel(members=5000))
    assert metadata_by_ranges(server, file(server.content)) == TEXT.encode()
    first, second = (range_.removeprefix("bytes=").split("-") for range_ in server.asked)
    assert int(second[1]) < int(first[0])


def test_metadata_far_before_the_directory_costs_one_request_more() -> None:
    server = FakeServer(_metadata_first())
    assert metadata_by_ranges(server, file(server.content)) == TEXT.encode()
    assert len(server.asked) == 2


def _metadata_first() -> bytes:
    """A wheel whose METADATA lies before its ballast."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("demo-1.0.dist-info/METADATA", TEXT)
        archive.writestr("demo/ballast", bytes(500_000))
    return buffer.getvalue()


def test_a_directory_larger_than_five_megabytes_is_read() -> None:
    server = FakeServer(wheel(members=60_000))
    assert metadata_by_ranges(server, file(server.content)) == TEXT.encode()


def test_a_small_file_that_comes_whole_is_checked_against_its_digest() -> None:
    content = wheel_bytes("demo", "1.0", TEXT)
    server = FakeServer(content, whole=True)
    assert metadata_by_ranges(server, file(content, digest=sha256(content).hexdigest())) == TEXT.encode()
    with pytest.raises(IndexFailed) as caught:
        metadata_by_ranges(server, file(content, digest="0" * 64))
    assert caught.value.what == "the file does not have the digest that the index names"
    assert caught.value.where == URL


def test_a_large_file_that_comes_whole_is_refused() -> None:
    server = FakeServer(b"\0" * (SMALL + 1), whole=True)
    with pytest.raises(IndexFailed) as caught:
        metadata_by_ranges(server, file(server.content))
    assert caught.value.got == "HTTP 200 to a range request"
    assert len(server.asked) == 1


@dataclass
class Fixed:
    """A server that always gives the same reply."""

    reply: Reply

    def get(self, url: str, *, headers: Mapping[str, str] | None = None, limit: int) -> Reply:
        return self.reply


@pytest.mark.parametrize(
    ("status", "told", "body", "what"),
    [
        (404, "", b"", "the index does not give the file"),
        (416, "", b"", "the index does not give the file"),
        (206, "", b"x", "the answer to a range request does not say which range it is"),
        (206, "bytes 0-0/100", b"x", "the answer to a range request is another range"),
        (206, "bytes 0-99/100", b"x", "the answer to a range request is another range"),
        (206, "bytes 0-99/200", b"x" * 100, "the file is not as large as the index says"),
        (206, "lines 0-99/100", b"x" * 100, "the answer to a range request does not say which range it is"),
    ],
)
def test_an_answer_that_is_none_is_told(status: int, told: str, body: bytes, what: str) -> None:
    reply = Reply(status=status, url=URL, headers={"content-range": told}, body=body)
    with pytest.raises(IndexFailed) as caught:
        metadata_by_ranges(Fixed(reply), IndexFile(name="x.whl", url=URL, size=100))
    assert (caught.value.what, caught.value.where) == (what, URL)
