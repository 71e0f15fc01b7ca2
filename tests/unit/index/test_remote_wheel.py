"""Members of a wheel on a real server, read by ranges: the right bytes for few requests and few bytes."""

from __future__ import annotations

import io
import zipfile
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.catalog_desk import HASTY
from tests.support.index_server import IndexServer
from tests.support.wheels import noise, wheel_bytes, zip_bytes

from stackpin.effects.http import IndexHttp
from stackpin.errors import InputUnreadable
from stackpin.index.remote_wheel import RemoteWheel
from stackpin.parse.simple_api import IndexFile
from stackpin.parse.wheel_directory import Range

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stackpin.parse.member_bytes import OpenWheel
    from stackpin.parse.wheel_members import Member

NAME = "demo-1.0-py3-none-any.whl"
KB = 1024
MEMBERS = {
    "demo/first.so": b"\x7fELF" + noise(2_000_000),
    "demo/stored.so": noise(1_500_000, seed=1),
    "demo/text.txt": b"a line\n" * 200_000,
    "demo/empty.py": b"",
    "demo/last.bin": noise(1000, seed=2),
}
WHEEL = zip_bytes(MEMBERS, stored={"demo/stored.so", "demo/last.bin"})


@pytest.fixture
def index() -> Iterator[IndexServer]:
    with IndexServer() as server:
        yield server


@pytest.fixture
def http() -> Iterator[IndexHttp]:
    with IndexHttp(HASTY) as client:
        yield client


def serve(index: IndexServer, content: bytes = WHEEL, *, size: bool = True) -> IndexFile:
    """Put the wheel on the index; what its page says about it."""
    served = index.add(NAME, content)
    url = f"{index.root}/files/{NAME}"
    return IndexFile(name=NAME, url=url, size=len(content) if size else None, sha256=served.sha256)


def member(wheel: OpenWheel, name: str) -> Member:
    return next(each for each in wheel.members if each.name == name)


def whole(wheel: OpenWheel, name: str) -> bytes:
    found = member(wheel, name)
    return wheel.opened(found)(Range(start=0, stop=found.size))


@pytest.mark.parametrize("size", [True, False], ids=["size announced", "size not announced"])
def test_every_member_is_what_was_packed(index: IndexServer, http: IndexHttp, size: bool) -> None:
    wheel = RemoteWheel.open(http, serve(index, size=size))
    assert {each.name: whole(wheel, each.name) for each in wheel.members} == MEMBERS
    assert wheel.size == len(WHEEL)


def test_what_is_counted_is_what_the_server_sent(index: IndexServer, http: IndexHttp) -> None:
    wheel = RemoteWheel.open(http, serve(index))
    for name in MEMBERS:
        whole(wheel, name)
    assert (wheel.requests, wheel.bytes_read) == (len(index.requests), index.sent)
    assert wheel.requests > 5


def test_opening_costs_one_request_for_the_tail(index: IndexServer, http: IndexHttp) -> None:
    wheel = RemoteWheel.open(http, serve(index))
    assert [request.headers["range"] for request in index.requests] == [
        f"bytes={len(WHEEL) - 64 * KB}-{len(WHEEL) - 1}"
    ]
    assert (wheel.requests, wheel.bytes_read) == (1, 64 * KB)


def test_a_large_directory_costs_two_requests_and_no_byte_twice(index: IndexServer, http: IndexHttp) -> None:
    many = {f"demo/module_{number:06}.py": b"" for number in range(20_000)}
    content = zip_bytes({"demo/first.so": noise(500_000), **many})
    wheel = RemoteWheel.open(http, serve(index, content))
    assert [each.name for each in wheel.members] == ["demo/first.so", *many]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        directory = len(content) - archive.start_dir
    assert (wheel.requests, wheel.bytes_read) == (2, directory)


def test_the_announced_digest_is_carried_as_evidence(index: IndexServer, http: IndexHttp) -> None:
    file = serve(index)
    assert RemoteWheel.open(http, file).sha256 == file.sha256


def test_the_first_bytes_of_fifty_megabytes_cost_less_than_one(index: IndexServer, http: IndexHttp) -> None:
    content = noise(50_000_000)
    wheel = RemoteWheel.open(http, serve(index, zip_bytes({"demo/large.so": content})))
    read = wheel.opened(wheel.members[0])
    assert read(Range(start=0, stop=100_000)) == content[:100_000]
    assert (wheel.requests, wheel.bytes_read) == (3, (64 + 64 + 128) * KB)


def test_members_in_the_tail_cost_no_further_request(index: IndexServer, http: IndexHttp) -> None:
    wheel = RemoteWheel.open(http, serve(index))
    assert whole(wheel, "demo/last.bin") == MEMBERS["demo/last.bin"]
    assert whole(wheel, "demo/empty.py") == b""
    assert wheel.requests == 1


def test_small_reads_of_a_stored_member_share_a_request(index: IndexServer, http: IndexHttp) -> None:
    content = MEMBERS["demo/stored.so"]
    wheel = RemoteWheel.open(http, serve(index))
    read = wheel.opened(member(wheel, "demo/stored.so"))
    for start in range(0, 200_000, 1000):
        assert read(Range(start=start, stop=start + 64)) == content[start : start + 64]
    assert (wheel.requests, wheel.bytes_read) == (2, (64 + 256) * KB)
    assert read(Range(start=1_000_000, stop=1_000_064)) == content[1_000_000:1_000_064]
    assert (wheel.requests, wheel.bytes_read) == (3, (64 + 256 + 256) * KB)


def test_no_stored_byte_is_fetched_twice(index: IndexServer, http: IndexHttp) -> None:
    content = MEMBERS["demo/stored.so"]
    wheel = RemoteWheel.open(http, serve(index))
    read = wheel.opened(member(wheel, "demo/stored.so"))
    for start in (1_300_000, 700_000, 500_000, 100_000, 0):
        assert read(Range(start=start, stop=start + 1000)) == content[start : start + 1000]
    assert read(Range(start=0, stop=len(content))) == content
    asked = sorted(
        tuple(map(int, request.headers["range"].removeprefix("bytes=").split("-"))) for request in index.requests
    )
    assert all(one[1] < other[0] for one, other in pairwise(asked))


def test_compressed_bytes_are_not_kept(index: IndexServer, http: IndexHttp) -> None:
    wheel = RemoteWheel.open(http, serve(index), keep=2_100_000)
    assert whole(wheel, "demo/first.so") == MEMBERS["demo/first.so"]
    assert whole(wheel, "demo/stored.so") == MEMBERS["demo/stored.so"], "both together are more than may be kept"


@given(st.data())
@settings(deadline=None, max_examples=25)
def test_ranges_in_any_order_are_those_of_the_content(data: st.DataObject) -> None:
    with IndexServer() as index, IndexHttp(HASTY) as http:
        wheel = RemoteWheel.open(http, serve(index))
        readers = {each.name: wheel.opened(each) for each in wheel.members}
        for _ in range(data.draw(st.integers(min_value=1, max_value=6))):
            name = data.draw(st.sampled_from(sorted(MEMBERS)))
            start = data.draw(st.integers(min_value=0, max_value=len(MEMBERS[name])))
            stop = data.draw(st.integers(min_value=start, max_value=len(MEMBERS[name])))
            assert readers[name](Range(start=start, stop=stop)) == MEMBERS[name][start:stop]


def test_a_zip64_wheel_is_read(index: IndexServer, http: IndexHttp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 0)
    content = zip_bytes(MEMBERS, stored={"demo/stored.so", "demo/empty.py"})
    assert b"PK\6\6" in content[-200:]
    wheel = RemoteWheel.open(http, serve(index, content))
    assert {each.name: whole(wheel, each.name) for each in wheel.members} == MEMBERS


def test_a_wheel_smaller_than_the_first_range_costs_one_request(index: IndexServer, http: IndexHttp) -> None:
    content = wheel_bytes("demo", "1.0", members={"demo/a.so": b"\x7fELF" * 100})
    wheel = RemoteWheel.open(http, serve(index, content))
    assert whole(wheel, "demo/a.so") == b"\x7fELF" * 100
    assert (wheel.requests, wheel.bytes_read) == (1, len(content))


def test_more_stored_bytes_than_are_kept_are_told_and_not_fetched(index: IndexServer, http: IndexHttp) -> None:
    wheel = RemoteWheel.open(http, serve(index), keep=1_000_000)
    read = wheel.opened(member(wheel, "demo/stored.so"))
    read(Range(start=0, stop=100))
    with pytest.raises(InputUnreadable) as caught:
        read(Range(start=100, stop=1_500_000))
    assert caught.value.what == "more of the wheel is asked for than is kept"
    assert caught.value.where == f"{index.root}/files/{NAME}, demo/stored.so"
    assert caught.value.expected == "at most 1000000 bytes"
    assert wheel.requests == 2


def test_more_inflated_bytes_than_are_kept_are_told_with_the_size(index: IndexServer, http: IndexHttp) -> None:
    wheel = RemoteWheel.open(http, serve(index), keep=1_000_000)
    with pytest.raises(InputUnreadable) as caught:
        whole(wheel, "demo/text.txt")
    assert (caught.value.got, caught.value.expected) == ("byte 1400000 of 1400000", "at most 1000000 bytes")
    assert wheel.requests == 1
