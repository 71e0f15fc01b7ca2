"""The directory of a wheel: what Python's zipfile finds in it, and what it is refused for."""

from __future__ import annotations

import contextlib
import io
import re
import struct
import zipfile
from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.wheels import cut, noise, streamed_zip, wheel_bytes, zip64_bytes, zip_bytes

from stackpin.errors import InputUnreadable
from stackpin.parse.member_bytes import opened
from stackpin.parse.wheel_directory import Piece, Range
from stackpin.parse.wheel_members import DEFLATED, HEAD, STORED, Member, content_range, members_or_range

MEMBERS = {
    "demo/__init__.py": b"",
    "demo/lib.so": b"\x7fELF" + bytes(3000) + noise(500),
    "demo/größe.txt": b"text",
    "demo/stored.bin": noise(700, seed=1),
    "demo-1.0.dist-info/RECORD": b"demo/lib.so,,\n",
}
WHEEL = zip_bytes(MEMBERS, stored={"demo/stored.bin", "demo/__init__.py"})
END = len(WHEEL) - 22
DIRECTORY = struct.unpack_from("<L", WHEEL, END + 16)[0]


def members_of(content: bytes) -> tuple[Member, ...]:
    """The members of a wheel that is there as a whole."""
    found = members_or_range(len(content), [Piece(start=0, content=content)])
    assert isinstance(found, tuple)
    return found


def refusal(content: bytes) -> str:
    """What is wrong with a wheel that must be refused."""
    with pytest.raises(InputUnreadable) as caught:
        members_of(content)
    assert (caught.value.what, caught.value.exit_code) == ("the wheel is no zip file, or a cut one", 15)
    return caught.value.got


def by_zipfile(content: bytes) -> list[tuple[str, int, int, int, int, int]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return [
            (info.filename, info.file_size, info.compress_size, info.compress_type, info.CRC, info.header_offset)
            for info in archive.infolist()
        ]


def by_us(content: bytes) -> list[tuple[str, int, int, int, int, int]]:
    return [
        (each.name, each.size, each.compressed_size, each.method, each.crc, each.place.start)
        for each in members_of(content)
    ]


def zip64(limit: int) -> bytes:
    """The members in a zip whose sizes and offsets are in zip64 fields from a small limit on."""
    return zip64_bytes(MEMBERS, limit, stored={"demo/stored.bin", "demo/__init__.py"})


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(WHEEL, id="plain"),
        pytest.param(zip_bytes({}), id="no member"),
        pytest.param(zip_bytes(MEMBERS, comment=b"a comment"), id="a comment"),
        pytest.param(zip_bytes(MEMBERS, comment=b"x" * 0xFFFF), id="the longest comment"),
        pytest.param(wheel_bytes("demo", "1.0", padding=100_000), id="a wheel"),
        pytest.param(streamed_zip(MEMBERS), id="sizes after the members"),
        pytest.param(zip_bytes({f"m/{number}.py": b"" for number in range(3000)}), id="many members"),
    ],
)
def test_the_members_are_those_that_zipfile_finds(content: bytes) -> None:
    assert by_us(content) == by_zipfile(content)


@pytest.mark.parametrize("limit", [0, 100, 600, 1500], ids=lambda limit: f"zip64 from {limit} on")
def test_the_members_of_a_zip64_file_are_those_that_zipfile_finds(limit: int) -> None:
    content = zip64(limit)
    assert b"PK\6\6" in content
    assert by_us(content) == by_zipfile(content)
    assert {each.name: whole(content, each) for each in members_of(content)} == MEMBERS


def whole(content: bytes, member: Member) -> bytes:
    return opened(member, lambda wanted: content[wanted.start : wanted.stop])(Range(start=0, stop=member.size))


def test_places_lie_side_by_side_up_to_the_directory() -> None:
    places = [member.place for member in members_of(WHEEL)]
    assert places[0].start == 0
    assert [place.stop for place in places] == [place.start for place in places[1:]] + [DIRECTORY]


@given(st.integers(min_value=1, max_value=len(WHEEL) + 10))
@settings(deadline=None)
def test_any_tail_leads_to_the_members_in_few_steps(tail: int) -> None:
    start = max(0, len(WHEEL) - tail)
    pieces = [Piece(start=start, content=WHEEL[start:])]
    while isinstance(found := members_or_range(len(WHEEL), pieces), Range):
        assert DIRECTORY <= found.start < found.stop <= len(WHEEL)
        pieces.append(Piece(start=found.start, content=WHEEL[found.start : found.stop]))
        assert len(pieces) < 5
    assert found == members_of(WHEEL)


@pytest.mark.parametrize("keep", [0.0, 0.1, 0.5, 0.9, 0.99])
def test_a_cut_wheel_has_no_end_record(keep: float) -> None:
    assert refusal(cut(WHEEL, keep)) == "no end of central directory record"


def with_field(at: int, layout: str, value: int, *, wheel: bytes = WHEEL) -> bytes:
    """The wheel with one number changed."""
    changed = bytearray(wheel)
    struct.pack_into(layout, changed, at, value)
    return bytes(changed)


@pytest.mark.parametrize(
    ("content", "got"),
    [
        pytest.param(WHEEL + b"\0", "no end of central directory record", id="a byte behind the end"),
        pytest.param(with_field(END + 4, "<H", 1), "a zip file of several parts", id="a second disk"),
        pytest.param(with_field(END + 8, "<H", 4), "a zip file of several parts", id="entries elsewhere"),
        pytest.param(with_field(END + 12, "<L", 5), "whose end record is at byte", id="a directory of another size"),
        pytest.param(b"#!/bin/sh\n" + WHEEL, "whose end record is at byte", id="something before the first member"),
        pytest.param(
            with_field(END + 8, "<L", 4 << 16 | 4),
            "a directory of 4 members with 71 bytes too many",
            id="fewer entries",
        ),
        pytest.param(with_field(END + 8, "<L", 6 << 16 | 6), "no entry at byte", id="more entries"),
        pytest.param(
            with_field(END + 12, "<L", 70_000_000), "70000000 bytes; the most is 250000 and 67108864", id="huge"
        ),
        pytest.param(with_field(DIRECTORY, "<L", 0), "no entry at byte 0 of the directory", id="no entry"),
        pytest.param(with_field(DIRECTORY + 28, "<H", 60_000), "whose last entry is cut", id="a name that is too long"),
        pytest.param(with_field(DIRECTORY + 34, "<H", 7), "a member in another part", id="a member on another disk"),
        pytest.param(with_field(DIRECTORY + 42, "<L", len(WHEEL)), "lies over another one or beyond", id="outside"),
        pytest.param(with_field(DIRECTORY + 42, "<L", DIRECTORY - 20), "lies over another one or beyond", id="over it"),
        pytest.param(with_field(DIRECTORY + 42, "<L", 50), "lies over another one or beyond", id="one over another"),
        pytest.param(with_field(DIRECTORY + 24, "<L", 9), "a stored member with two sizes", id="two sizes"),
        pytest.param(with_field(DIRECTORY + 20, "<L", 0xFFFFFFFF), "64 bits that is not there", id="no zip64 field"),
        pytest.param(with_field(DIRECTORY + 46, "<B", 0), "a member's name of 16 bytes with a NUL", id="a NUL"),
    ],
)
def test_a_malformed_directory_is_told(content: bytes, got: str) -> None:
    assert got in refusal(content)


def two_members(first: bytes, second: bytes) -> bytes:
    """A zip of two members whose names, of the same length as these, are put in afterwards."""
    content = zip_bytes({"1" * len(first): b"", "2" * len(second): b""})
    return content.replace(b"1" * len(first), first).replace(b"2" * len(second), second)


def test_two_members_of_one_name_are_told() -> None:
    assert refusal(two_members(b"same.py", b"same.py")) == "a directory with two members of the same name"


def test_a_name_that_is_not_in_its_encoding_is_told() -> None:
    content = zip_bytes({"größe": b""}).replace("ö".encode(), b"\xff\xfe")
    assert refusal(content) == r"a member's name that is not UTF-8: b'gr\xff\xfe\xc3\x9fe'"


def test_a_name_longer_than_any_path_is_told() -> None:
    assert refusal(zip_bytes({"a" * 5000: b""})) == "a member's name of 5000 bytes"


def test_more_members_than_any_wheel_has_are_told_before_they_are_read() -> None:
    content = bytearray(zip64(0))
    at = content.rindex(b"PK\6\6")
    struct.pack_into("<2Q", content, at + 24, 300_000, 300_000)
    struct.pack_into("<2H", content, len(content) - 14, 0xFFFF, 0xFFFF)
    assert refusal(bytes(content)).startswith("a directory of 300000 members and ")


@pytest.mark.parametrize(
    ("back", "layout", "value", "got"),
    [
        pytest.param(42 - 8, "<Q", 2**60, "a zip64 locator that leads nowhere", id="out of the file"),
        pytest.param(42 - 8, "<Q", 3, "a zip64 locator that leads to no zip64 end record", id="to something else"),
        pytest.param(42 - 16, "<L", 2, "a zip64 locator that leads nowhere", id="several parts"),
        pytest.param(98, "<L", 0, "a zip64 locator that leads to no zip64 end record", id="to no record"),
        pytest.param(98 - 4, "<Q", 45, "a zip64 locator that leads to no zip64 end record", id="to a longer record"),
        pytest.param(22 - 10, "<H", 3, "two end records that contradict each other", id="another count"),
    ],
)
def test_a_malformed_zip64_end_is_told(back: int, layout: str, value: int, got: str) -> None:
    content = zip64(100)
    assert refusal(with_field(len(content) - back, layout, value, wheel=content)) == got


@pytest.mark.parametrize(
    ("change", "got"),
    [
        pytest.param(b"\1\0\xff\0", "an extra field that is cut or there twice", id="cut"),
        pytest.param(b"\1\0\0\0\1\0\4\0", "an extra field that is cut or there twice", id="twice"),
        pytest.param(b"\2\0", "a value of 64 bits that is not there", id="of another kind"),
    ],
)
def test_a_malformed_zip64_field_is_told(change: bytes, got: str) -> None:
    content = zip64(600)
    at = list(re.finditer(rb"\x01\x00[\x08\x10\x18]\x00", content))[-1].start()
    assert refusal(content[:at] + change + content[at + len(change) :]) == got


def test_a_comment_full_of_end_records_hides_no_member() -> None:
    assert by_us(zip_bytes(MEMBERS, comment=b"PK\5\6" * 9)) == by_zipfile(zip_bytes(MEMBERS))


@dataclass(frozen=True)
class Local:
    """The member whose local header is changed."""

    member: Member

    def range(self, content: bytes = WHEEL) -> Range:
        place = self.member.place
        return content_range(self.member, content[place.start : min(place.stop, place.start + HEAD)])


LIBRARY = Local(next(member for member in members_of(WHEEL) if member.name == "demo/lib.so"))
START = LIBRARY.member.place.start


def test_a_members_bytes_are_where_zipfile_reads_them() -> None:
    with zipfile.ZipFile(io.BytesIO(WHEEL)) as archive, archive.open("demo/lib.so") as member:
        start = member._orig_compress_start  # type: ignore[attr-defined]  # zipfile tells it nowhere else
    found = LIBRARY.range()
    assert (found.start, found.stop - found.start) == (start, LIBRARY.member.compressed_size)


@pytest.mark.parametrize(
    ("at", "layout", "value", "got"),
    [
        pytest.param(0, "<L", 0, "no local header at byte", id="no header"),
        pytest.param(26, "<H", 0xFFFF, "no local header at byte", id="a name that does not end"),
        pytest.param(6, "<H", 1, "a local header that contradicts the directory: demo/lib.so", id="encrypted"),
        pytest.param(8, "<H", STORED, "a local header that contradicts the directory: demo/lib.so", id="method"),
        pytest.param(14, "<L", 5, "a local header that contradicts the directory: demo/lib.so", id="CRC"),
        pytest.param(18, "<L", 5, "a local header that contradicts the directory: demo/lib.so", id="compressed size"),
        pytest.param(22, "<L", 5, "a local header that contradicts the directory: demo/lib.so", id="size"),
        pytest.param(28, "<H", 99, "an extra field that is cut or there twice", id="an extra field that is none"),
        pytest.param(30, "<B", 65, "a local header that contradicts the directory: demo/lib.so", id="name"),
    ],
)
def test_a_local_header_that_says_something_else_is_told(at: int, layout: str, value: int, got: str) -> None:
    with pytest.raises(InputUnreadable) as caught:
        LIBRARY.range(with_field(START + at, layout, value))
    assert caught.value.got.startswith(got)


def test_a_member_that_reaches_into_the_next_one_is_told() -> None:
    place = LIBRARY.member.place
    narrow = replace(LIBRARY.member, place=Range(start=place.start, stop=place.stop - 1))
    with pytest.raises(InputUnreadable) as caught:
        Local(narrow).range()
    assert caught.value.got == "a local header that contradicts the directory: demo/lib.so"


def test_methods_and_encryption_are_no_fault_of_the_directory() -> None:
    content = with_field(DIRECTORY + 8, "<H", 1, wheel=with_field(DIRECTORY + 10, "<H", 14))
    first, second, *_ = members_of(content)
    assert (first.method, first.encrypted) == (14, True)
    assert (second.method, second.encrypted) == (DEFLATED, False)


def read_all(content: bytes) -> dict[str, bytes]:
    """All members that can be read."""
    found: dict[str, bytes] = {}
    with contextlib.suppress(InputUnreadable):
        for member in members_of(content):
            with contextlib.suppress(InputUnreadable):
                found[member.name] = whole(content, member)
    return found


@given(st.data())
@settings(deadline=None)
def test_a_wheel_with_bytes_changed_is_unreadable_or_as_zipfile_reads_it(data: st.DataObject) -> None:
    content = bytearray(WHEEL)
    for _ in range(data.draw(st.integers(min_value=1, max_value=3))):
        place = data.draw(st.integers(min_value=DIRECTORY, max_value=len(WHEEL) - 1))
        content[place] = data.draw(st.integers(min_value=0, max_value=255))
    for name, member in read_all(bytes(content)).items():
        # a version or a feature that zipfile has never heard of it does not try
        with contextlib.suppress(NotImplementedError), zipfile.ZipFile(io.BytesIO(bytes(content))) as archive:
            assert archive.read(name) == member


@given(st.data())
@settings(deadline=None)
def test_a_directory_with_a_run_of_bytes_replaced_is_read_or_unreadable(data: st.DataObject) -> None:
    start = data.draw(st.integers(min_value=DIRECTORY, max_value=len(WHEEL)))
    stop = data.draw(st.integers(min_value=start, max_value=len(WHEEL)))
    content = WHEEL[:start] + data.draw(st.binary(max_size=60)) + WHEEL[stop:]
    found: object = None
    with contextlib.suppress(InputUnreadable):
        found = members_or_range(len(content), [Piece(start=0, content=content)])
    assert found is None or isinstance(found, tuple)


@given(st.binary(max_size=300))
@settings(deadline=None)
def test_any_bytes_are_unreadable(content: bytes) -> None:
    assert refusal(content)
