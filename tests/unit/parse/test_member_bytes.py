"""Ranges of what is inside a member: the right bytes, no more read than they need, and every lie told."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
import zlib
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.wheels import noise, zip_bytes

from stackpin.errors import IndexFailed, InputUnreadable
from stackpin.parse.member_bytes import opened
from stackpin.parse.wheel_directory import Piece, Range
from stackpin.parse.wheel_members import Member, members_or_range

MEGABYTE = 1024 * 1024
NOISE = noise(3 * MEGABYTE)
TEXT = b"".join(b"%d\n" % number for number in range(300_000))
MEMBERS = {"noise": NOISE, "text": TEXT, "stored": NOISE[:700_000], "empty": b"", "zeros": bytes(40 * MEGABYTE)}
WHEEL = zip_bytes(MEMBERS, stored={"stored"})


@dataclass
class Wheel:
    """A wheel whose ranges are counted; ``failures`` are the numbers of the reads that fail."""

    content: bytes = WHEEL
    asked: list[Range] = field(default_factory=list)
    failures: tuple[int, ...] = ()

    def __call__(self, wanted: Range) -> bytes:
        self.asked.append(wanted)
        if len(self.asked) in self.failures:
            raise IndexFailed("no network")
        return self.content[wanted.start : wanted.stop]

    def member(self, name: str) -> Member:
        found = members_or_range(len(self.content), [Piece(start=0, content=self.content)])
        assert isinstance(found, tuple)
        return next(member for member in found if member.name == name)

    @property
    def read(self) -> int:
        return sum(each.stop - each.start for each in self.asked)


def span(start: int, stop: int) -> Range:
    return Range(start=start, stop=stop)


def fault(wheel: Wheel, member: Member, *, stop: int | None = None, keep: int = 64 * MEGABYTE) -> InputUnreadable:
    """The error of reading a member up to a byte, or whole."""
    with pytest.raises(InputUnreadable) as caught:
        opened(member, wheel, keep=keep)(span(0, member.size if stop is None else stop))
    assert caught.value.exit_code == 15
    return caught.value


@pytest.mark.parametrize("name", list(MEMBERS))
def test_a_whole_member_is_what_was_packed(name: str) -> None:
    wheel = Wheel()
    assert opened(wheel.member(name), wheel)(span(0, len(MEMBERS[name]))) == MEMBERS[name]


@given(st.data())
@settings(deadline=None, max_examples=50)
def test_ranges_in_any_order_are_those_of_the_content(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["noise", "text", "stored"]))
    wheel = Wheel()
    read = opened(wheel.member(name), wheel)
    for _ in range(data.draw(st.integers(min_value=1, max_value=5))):
        start = data.draw(st.integers(min_value=0, max_value=len(MEMBERS[name])))
        stop = data.draw(st.integers(min_value=start, max_value=len(MEMBERS[name])))
        assert read(span(start, stop)) == MEMBERS[name][start:stop]


def test_nothing_is_read_before_the_first_range() -> None:
    wheel = Wheel()
    opened(wheel.member("noise"), wheel)
    assert wheel.asked == []


def test_a_deflated_member_is_read_in_growing_chunks_only_as_far_as_needed() -> None:
    wheel = Wheel()
    read = opened(wheel.member("noise"), wheel)
    read(span(0, 100))
    assert [each.stop - each.start for each in wheel.asked] == [64 * 1024]
    read(span(0, 1_000_000))
    assert [(each.stop - each.start) // 1024 for each in wheel.asked] == [64, 128, 256, 512, 1024]
    assert all(one.stop == other.start for one, other in zip(wheel.asked, wheel.asked[1:], strict=False))


def test_what_was_inflated_costs_nothing_again() -> None:
    wheel = Wheel()
    read = opened(wheel.member("text"), wheel)
    read(span(0, len(TEXT)))
    before = list(wheel.asked)
    assert read(span(1000, 2000)) == TEXT[1000:2000]
    assert wheel.asked == before


def test_chunks_grow_to_four_megabytes_and_no_further() -> None:
    content = noise(20 * MEGABYTE)
    wheel = Wheel(zip_bytes({"large": content}))
    assert opened(wheel.member("large"), wheel)(span(len(content) - 5, len(content))) == content[-5:]
    assert max(each.stop - each.start for each in wheel.asked) == 4 * MEGABYTE


def test_a_stored_member_is_read_directly() -> None:
    wheel = Wheel()
    member = wheel.member("stored")
    assert opened(member, wheel)(span(600_000, 600_010)) == NOISE[600_000:600_010]
    assert wheel.read == 64 * 1024 + 10


@pytest.mark.parametrize("name", ["text", "stored", "empty"])
@pytest.mark.parametrize("bounds", [(0, 10_000_000), (-1, 5), (5, 3), (10_000_000, 10_000_001)], ids=str)
def test_a_range_outside_of_the_content_is_told(name: str, bounds: tuple[int, int]) -> None:
    wheel = Wheel()
    member = wheel.member(name)
    with pytest.raises(InputUnreadable) as caught:
        opened(member, wheel, where="demo.whl")(span(*bounds))
    assert str(caught.value) == (
        "what is asked for lies outside of the file\n"
        f"  where:    demo.whl, {name}\n"
        f"  found:    bytes {bounds[0]} to {bounds[1]}\n"
        f"  expected: bytes within 0 to {member.size}"
    )
    assert wheel.asked == []


def test_more_than_the_caller_wants_to_inflate_is_told_with_the_size_and_not_read() -> None:
    wheel = Wheel()
    member = wheel.member("zeros")
    read = opened(member, wheel, keep=MEGABYTE)
    assert read(span(MEGABYTE - 5, MEGABYTE)) == bytes(5)
    before = list(wheel.asked)
    with pytest.raises(InputUnreadable) as caught:
        read(span(0, MEGABYTE + 1))
    assert str(caught.value) == (
        "the member is too large to be inflated as far as it is asked for\n"
        "  where:    zeros\n"
        "  found:    byte 1048577 of 41943040\n"
        "  expected: at most 1048576 bytes"
    )
    assert wheel.asked == before


def test_a_few_compressed_bytes_do_not_fill_the_memory() -> None:
    wheel = Wheel()
    read = opened(wheel.member("zeros"), wheel)
    tracemalloc.start()
    try:
        read(span(0, 10))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 * MEGABYTE < len(MEMBERS["zeros"])


@pytest.mark.parametrize(("method", "encrypted", "got"), [(14, False, "method 14"), (8, True, "method 8, encrypted")])
def test_a_member_that_cannot_be_read_is_told_when_it_is_opened(method: int, encrypted: bool, got: str) -> None:
    member = replace(Wheel().member("text"), method=method, encrypted=encrypted)
    with pytest.raises(InputUnreadable) as caught:
        opened(member, Wheel(), where="demo.whl")
    assert str(caught.value) == (
        "the member is packed in a way that is not read here\n"
        "  where:    demo.whl, text\n"
        f"  found:    {got}\n"
        "  expected: stored (0) or deflated (8), not encrypted"
    )


def lying(
    content: bytes, *, size: int | None = None, crc: int | None = None, keep: int | None = None, hide: int = 0
) -> Wheel:
    """A wheel whose one deflated member ``lie`` claims another size or CRC.

    It has but ``keep`` of its compressed bytes, or its directory does not tell of so many of the last ones.
    """
    packed = zlib.compress(content, 9)[2:-4][:keep]
    told = (crc if crc is not None else zlib.crc32(content), len(packed) - hide, len(content) if size is None else size)
    local = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 8, 0, 33, *told, 3, 0) + b"lie" + packed
    entry = struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 8, 0, 33, *told, 3, 0, 0, 0, 0, 0, 0) + b"lie"
    return Wheel(local + entry + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, len(entry), len(local), 0))


def test_the_lies_below_are_true_where_nothing_is_changed() -> None:
    wheel = lying(TEXT)
    with zipfile.ZipFile(io.BytesIO(wheel.content)) as archive:
        assert archive.read("lie") == TEXT
    assert opened(wheel.member("lie"), wheel)(span(0, len(TEXT))) == TEXT


@pytest.mark.parametrize(
    ("wheel", "got"),
    [
        pytest.param(lying(b"x" * 100, size=99), "99 bytes that inflates to more", id="one byte more"),
        pytest.param(lying(bytes(9 * MEGABYTE), size=100), "100 bytes that inflates to more", id="a bomb"),
        pytest.param(lying(b"x" * 100, size=101), "101 bytes that inflates to 100 bytes", id="one byte less"),
        pytest.param(lying(b"", size=7), "7 bytes that inflates to 0 bytes", id="nothing"),
        pytest.param(lying(TEXT, keep=5000), "that inflates to a stream that is cut", id="cut"),
        pytest.param(lying(b"x", hide=2), "that inflates to a stream that is cut", id="more than is told"),
        pytest.param(lying(TEXT, keep=0), "that inflates to a stream that is cut", id="no compressed byte"),
        pytest.param(lying(TEXT, crc=5), f"has CRC {zlib.crc32(TEXT):08x}, not 00000005: lie", id="another CRC"),
        pytest.param(lying(b"", crc=5), "has CRC 00000000, not 00000005: lie", id="an empty one with a CRC"),
    ],
)
def test_a_member_that_is_not_what_the_directory_says_is_told_each_time(wheel: Wheel, got: str) -> None:
    read = opened(wheel.member("lie"), wheel, where="demo.whl")
    for _ in range(3):
        with pytest.raises(InputUnreadable) as caught:
            read(span(0, wheel.member("lie").size))
        assert caught.value.where == "demo.whl, lie"
        assert got in caught.value.got


def test_bytes_that_are_no_deflate_stream_are_told() -> None:
    wheel = lying(TEXT)
    wheel.content = wheel.content[:33] + b"\xff" * 50 + wheel.content[83:]
    assert "a member that cannot be inflated (Error -3 " in fault(wheel, wheel.member("lie")).got


def test_a_stored_member_with_a_bit_turned_is_told_once_it_was_read_whole() -> None:
    content = bytearray(WHEEL)
    content[Wheel().member("stored").place.start + 5000] ^= 1
    wheel = Wheel(bytes(content))
    read = opened(wheel.member("stored"), wheel)
    read(span(0, 300_000))
    read(span(200_000, 500_000))
    with pytest.raises(InputUnreadable) as caught:
        read(span(500_000, 700_000))
    assert "a member whose content has CRC " in caught.value.got


@pytest.mark.parametrize("failure", [1, 2, 3, 4, 5, 6])
@pytest.mark.parametrize("name", ["noise", "stored"])
def test_a_read_that_failed_can_be_made_again(name: str, failure: int) -> None:
    wheel = Wheel(failures=(failure,))
    read = opened(wheel.member(name), wheel)
    parts, position = [], 0
    while position < len(MEMBERS[name]):
        stop = min(len(MEMBERS[name]), position + 200_000)
        try:
            parts.append(read(span(position, stop)))
        except IndexFailed:
            continue
        position = stop
    assert b"".join(parts) == MEMBERS[name]


@pytest.mark.parametrize("size", [1, 257, 258, 259, 64 * 1024, MEGABYTE, MEGABYTE + 1, 3 * MEGABYTE])
def test_a_member_of_any_size_ends_where_it_ends(size: int) -> None:
    wheel = Wheel(zip_bytes({"zeros": bytes(size)}))
    read = opened(wheel.member("zeros"), wheel)
    assert read(span(size - 1, size)) == b"\0"
    assert read(span(0, size)) == bytes(size)


def test_what_the_inflater_held_back_is_not_missed() -> None:
    for size in range(MEGABYTE + 1, MEGABYTE + 600, 11):
        wheel = Wheel(zip_bytes({"zeros": bytes(size)}))
        read = opened(wheel.member("zeros"), wheel)
        assert read(span(0, 1)) == b"\0"
        assert read(span(0, size)) == bytes(size)


def test_a_read_that_failed_at_the_very_end_of_the_stream_can_be_made_again() -> None:
    failed = 0
    for size in range(65_460, 65_530):
        content = noise(size)
        wheel = Wheel(zip_bytes({"member": content}), failures=(2,))
        read = opened(wheel.member("member"), wheel)
        try:
            read(span(0, size))
        except IndexFailed:
            failed += 1
        assert read(span(0, size)) == content
    assert failed > 20
