"""What a server can do wrong while a wheel is read in parts: each is an error that says so, and leaves nothing behind."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.catalog_desk import HASTY
from tests.support.index_server import Behaviour, IndexServer
from tests.support.wheels import cut, noise, wheel_bytes, zip_bytes

from stackpin.effects.http import IndexHttp
from stackpin.errors import IndexFailed, InputUnreadable, StackpinError
from stackpin.index.range_request import SMALL
from stackpin.index.ranges import metadata_by_ranges
from stackpin.index.remote_wheel import RemoteWheel
from stackpin.parse.simple_api import IndexFile
from stackpin.parse.wheel_directory import Range

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "demo-1.0-py3-none-any.whl"
CONTENT = {"demo/a.so": noise(900_000), "demo/b.so": noise(900_000, seed=1), "demo/pad": noise(SMALL, seed=2)}
WHEEL = zip_bytes(CONTENT, stored={"demo/b.so", "demo/pad"})
OTHER = zip_bytes({name: content[::-1] for name, content in CONTENT.items()}, stored={"demo/b.so", "demo/pad"})
SMALL_CONTENT = {"demo/a.so": noise(200_000), "demo/b.so": noise(200_000, seed=1)}
LITTLE = zip_bytes(SMALL_CONTENT, stored={"demo/b.so"})


@dataclass
class World:
    """A server with one wheel, and a client."""

    index: IndexServer
    http: IndexHttp

    @property
    def url(self) -> str:
        return f"{self.index.root}/files/{NAME}"

    def file(self, content: bytes = WHEEL, **details: Any) -> IndexFile:
        """What the index says about the wheel, which is put there."""
        served = self.index.add(NAME, content)
        return replace(IndexFile(name=NAME, url=self.url, size=len(content), sha256=served.sha256), **details)

    def wheel(self, content: bytes = WHEEL, **details: Any) -> RemoteWheel:
        return RemoteWheel.open(self.http, self.file(content, **details))

    def behave(self, **behaviour: Any) -> None:
        self.index.behaviour = Behaviour(**behaviour)

    def text(self, error: StackpinError) -> str:
        return str(error).replace(self.index.root, "http://index")


@pytest.fixture
def world() -> Iterator[World]:
    with IndexServer() as index, IndexHttp(HASTY) as http:
        yield World(index, http)


TROUBLE = [
    pytest.param({"ranges": "wrong"}, "the answer to a range request is another range", id="another range"),
    pytest.param(
        {"ranges": "mute"}, "the answer to a range request does not say which range it is", id="no Content-Range"
    ),
    pytest.param({"ranges": "short"}, "the answer to a range request is another range", id="fewer bytes than said"),
    pytest.param({"ranges": "other-size"}, "the file is not as large as the index says", id="another size"),
    pytest.param({"ranges": "gzip"}, "the server sends the file in another coding", id="gzip"),
    pytest.param({"ranges": "part-of-gzip"}, "the server sends the file in another coding", id="a part of a gzip"),
    pytest.param({"cuts": ("/files/",)}, "the index cannot be reached or keeps failing", id="cut"),
    pytest.param({"statuses": {"/files/": 404}}, "the index does not give the file", id="404"),
    pytest.param({"statuses": {"/files/": 403}}, "the index does not give the file", id="403"),
    pytest.param({"statuses": {"/files/": 416}}, "the index does not give the file", id="416"),
    pytest.param({"statuses": {"/files/": 500}}, "the index cannot be reached or keeps failing", id="500"),
    pytest.param(
        {"ranges": "off"},
        "the server does not do range requests, and the file is too large to read whole",
        id="ranges ignored",
    ),
]


@pytest.mark.parametrize(("behaviour", "what"), TROUBLE)
def test_trouble_when_the_wheel_is_opened_is_told(world: World, behaviour: dict[str, Any], what: str) -> None:
    world.behave(**behaviour)
    with pytest.raises(IndexFailed) as caught:
        world.wheel()
    assert (caught.value.what, caught.value.where, caught.value.exit_code) == (what, world.url, 14)


@pytest.mark.parametrize("name", list(CONTENT))
@pytest.mark.parametrize(("behaviour", "what"), TROUBLE)
def test_trouble_later_on_is_told_and_nothing_of_it_is_kept(
    world: World, behaviour: dict[str, Any], what: str, name: str
) -> None:
    wheel = world.wheel()
    read = wheel.opened(next(member for member in wheel.members if member.name == name))
    assert read(Range(start=0, stop=1000)) == CONTENT[name][:1000]
    world.behave(**behaviour)
    for _ in range(2):
        with pytest.raises(IndexFailed) as caught:
            read(Range(start=0, stop=len(CONTENT[name])))
        assert (caught.value.what, caught.value.where, caught.value.exit_code) == (what, world.url, 14)
    world.behave()
    assert read(Range(start=0, stop=len(CONTENT[name]))) == CONTENT[name]


def test_a_server_that_ignores_ranges_sends_nothing_of_a_large_file_twice(world: World) -> None:
    world.behave(ranges="off")
    with pytest.raises(IndexFailed) as caught:
        world.wheel()
    assert world.text(caught.value) == (
        "the server does not do range requests, and the file is too large to read whole\n"
        f"  where:    http://index/files/{NAME}\n"
        "  found:    HTTP 200 to a range request\n"
        "  expected: HTTP 206, or a file of at most 5242880 bytes\n"
        "  do:       name an index whose files can be read in parts (the file server must answer range requests)"
    )
    assert len(world.index.requests) == 1


def test_a_small_file_is_taken_whole_once_from_a_server_that_ignores_ranges(world: World) -> None:
    world.behave(ranges="off")
    wheel = world.wheel(LITTLE)
    for member in wheel.members:
        assert wheel.opened(member)(Range(start=0, stop=member.size)) == SMALL_CONTENT[member.name]
    assert (wheel.requests, wheel.bytes_read) == (1, len(LITTLE))


def test_a_small_file_that_comes_whole_is_checked_against_its_digest(world: World) -> None:
    world.behave(ranges="off")
    with pytest.raises(IndexFailed) as caught:
        world.wheel(LITTLE, sha256="0" * 64)
    assert caught.value.what == "the file does not have the digest that the index names"
    assert caught.value.expected == "sha256 " + "0" * 64


def test_a_small_file_that_comes_whole_in_place_of_a_later_range_is_taken(world: World) -> None:
    wheel = world.wheel(LITTLE)
    world.behave(ranges="off")
    for member in wheel.members:
        assert wheel.opened(member)(Range(start=0, stop=member.size)) == SMALL_CONTENT[member.name]
    assert wheel.requests == 2


def test_a_coding_is_named(world: World) -> None:
    world.behave(ranges="gzip")
    with pytest.raises(IndexFailed) as caught:
        world.wheel()
    assert world.text(caught.value) == (
        "the server sends the file in another coding\n"
        f"  where:    http://index/files/{NAME}\n"
        "  found:    Content-Encoding: gzip\n"
        "  expected: the file as it is"
    )
    assert {request.headers["accept-encoding"] for request in world.index.requests} == {"identity"}
    assert len(world.index.requests) == 1, "it is no fault that passes"


@pytest.mark.parametrize("announced", [len(WHEEL) - 1, len(WHEEL) + 1, len(WHEEL) + 100_000])
def test_a_file_that_is_not_as_large_as_announced_is_told(world: World, announced: int) -> None:
    with pytest.raises(IndexFailed) as caught:
        world.wheel(size=announced)
    assert world.text(caught.value) == (
        "the file is not as large as the index says\n"
        f"  where:    http://index/files/{NAME}\n"
        f"  found:    {len(WHEEL)} bytes\n"
        f"  expected: {announced} bytes"
    )


@dataclass(frozen=True)
class Change:
    """How a file changes between two requests, and what shows it: what is found, and what was expected."""

    stamps: str
    content: bytes
    got: str
    expected: str
    if_range: bool = True
    announced: bool = True


def etag(content: bytes) -> str:
    return f'"{sha256(content).hexdigest()[:16]}"'


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(
            Change("etag", OTHER, f"ETag: {etag(OTHER)}", f"ETag: {etag(WHEEL)}"),
            id="a strong ETag",
        ),
        pytest.param(
            Change("etag", OTHER, f"ETag: {etag(OTHER)}", f"ETag: {etag(WHEEL)}", if_range=False),
            id="a strong ETag of a server without If-Range",
        ),
        pytest.param(
            Change("weak", OTHER, f"ETag: W/{etag(OTHER)}", f"ETag: W/{etag(WHEEL)}"),
            id="a weak ETag",
        ),
        pytest.param(
            Change(
                "date",
                OTHER,
                "Last-Modified: Tue, 03 Jun 2025 00:00:00 GMT",
                "Last-Modified: Thu, 02 Jan 2025 03:04:05 GMT",
            ),
            id="a date",
        ),
        pytest.param(
            Change("none", WHEEL + b"\0", f"{len(WHEEL) + 1} bytes", f"{len(WHEEL)} bytes", announced=False),
            id="a size",
        ),
        pytest.param(
            Change("none", WHEEL[:1000], "1000 bytes", f"{len(WHEEL)} bytes", announced=False),
            id="a size before the range",
        ),
    ],
)
@pytest.mark.parametrize("name", list(CONTENT))
def test_a_file_that_changed_between_two_requests_is_told(world: World, change: Change, name: str) -> None:
    world.behave(stamps=change.stamps, if_range=change.if_range)
    wheel = world.wheel() if change.announced else world.wheel(size=None)
    member = next(member for member in wheel.members if member.name == name)
    read = wheel.opened(member)
    read(Range(start=0, stop=1000))
    world.index.add(NAME, change.content, uploaded="2025-06-03T00:00:00.000000Z")
    for _ in range(2):
        with pytest.raises(IndexFailed) as caught:
            read(Range(start=800_000, stop=900_000))
        assert caught.value.exit_code == 14
        assert world.text(caught.value) == (
            "the file on the server changed while it was read\n"
            f"  where:    http://index/files/{NAME}\n"
            f"  found:    {change.got}\n"
            f"  expected: {change.expected}\n"
            "  do:       try again"
        )


@pytest.mark.parametrize("stamps", ["etag", "weak", "date", "none"])
def test_a_file_that_stays_the_same_is_read_with_any_validator(world: World, stamps: str) -> None:
    world.behave(stamps=stamps)
    wheel = world.wheel()
    for member in wheel.members:
        assert wheel.opened(member)(Range(start=0, stop=member.size)) == CONTENT[member.name]
    sent = {request.headers.get("if-range", "none") for request in world.index.requests[1:]}
    assert sent == {etag(WHEEL) if stamps == "etag" else "none"}, "RFC 9110, 13.1.5: no weak one, no date of two clocks"
    assert "if-range" not in world.index.requests[0].headers


def test_a_whole_answer_to_if_range_means_that_the_file_changed(world: World) -> None:
    world.behave(stamps="etag")
    wheel = world.wheel(LITTLE)
    world.behave(stamps="etag", ranges="off")
    with pytest.raises(IndexFailed) as caught:
        wheel.opened(wheel.members[0])(Range(start=0, stop=200_000))
    assert caught.value.what == "the file on the server changed while it was read"
    assert caught.value.got == "HTTP 200 to a range request with If-Range"


def test_a_changed_file_is_told_by_metadata_too(world: World) -> None:
    members = {f"demo/module_{number}.py": b"" for number in range(2000)}
    content = wheel_bytes("demo", "1.0", members=members, padding=SMALL)

    class Changing:
        """A client before which the file changes with each request."""

        def get(self, url: str, *, headers: Any = None, limit: int) -> Any:
            uploaded = f"2025-06-{len(world.index.requests) + 1:02}T00:00:00.000000Z"
            world.index.add(NAME, content, uploaded=uploaded)
            return world.http.get(url, headers=headers, limit=limit)

    world.behave(stamps="date")
    with pytest.raises(IndexFailed) as caught:
        metadata_by_ranges(Changing(), world.file(content))
    assert caught.value.what == "the file on the server changed while it was read"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(cut(WHEEL), id="a cut wheel"),
        pytest.param(b"", id="an empty file"),
        pytest.param(b"<html>", id="a page"),
        pytest.param(WHEEL + b"\0", id="a byte more"),
    ],
)
@pytest.mark.parametrize("size", [True, False], ids=["size announced", "size not announced"])
def test_a_file_that_is_no_wheel_is_told(world: World, content: bytes, size: bool) -> None:
    expected = InputUnreadable if content or size else IndexFailed
    with pytest.raises(expected) as caught:
        world.wheel(content, size=len(content) if size else None)
    assert caught.value.where == world.url
    assert caught.value.exit_code == {InputUnreadable: 15, IndexFailed: 14}[expected]


def test_content_that_is_not_what_the_directory_says_is_told(world: World) -> None:
    content = bytearray(WHEEL)
    content[500] ^= 0xFF
    wheel = world.wheel(bytes(content))
    with pytest.raises(InputUnreadable) as caught:
        wheel.opened(wheel.members[0])(Range(start=0, stop=900_000))
    assert (caught.value.where, caught.value.exit_code) == (f"{world.url}, demo/a.so", 15)


def test_a_wheel_reads_on_after_a_fault_that_passes(world: World) -> None:
    wheel = world.wheel()
    world.index.behaviour.hiccups = {"/files/": [503, 500]}
    assert wheel.opened(wheel.members[1])(Range(start=0, stop=900_000)) == CONTENT["demo/b.so"]


def test_the_address_in_a_message_has_no_credentials(world: World) -> None:
    world.behave(statuses={"/files/": 404})
    address = world.url.replace("://", "://user:secret@") + "?token=secret"
    with pytest.raises(IndexFailed) as caught:
        world.wheel(url=address)
    assert "secret" not in str(caught.value)
    assert caught.value.where == world.url
