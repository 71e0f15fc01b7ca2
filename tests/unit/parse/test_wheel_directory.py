"""Which ranges of a wheel are needed for its METADATA."""

from __future__ import annotations

import contextlib
import io
import struct
import tracemalloc
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.wheels import cut, metadata_text, wheel_bytes, zip_bytes

from stackpin.errors import InputUnreadable
from stackpin.parse.wheel_directory import Piece, Range, metadata_or_range

TEXT = metadata_text("demo", "1.0", requires=("torch==2.6.0",))
WHEEL = wheel_bytes("demo", "1.0", TEXT, padding=4000)
NAME = "demo-1.0.dist-info/METADATA"
WHEEL_OF_ONE = zip_bytes({NAME: TEXT.encode()})


def read_in_steps(wheel: bytes, tail: int) -> tuple[bytes, list[Range]]:
    """Fetch exactly what is asked for, from a tail of so many bytes on."""
    start = max(0, len(wheel) - tail)
    pieces = [Piece(start=start, content=wheel[start:])]
    asked: list[Range] = []
    while True:
        found = metadata_or_range(len(wheel), pieces)
        if isinstance(found, bytes):
            return found, asked
        asked.append(found)
        assert len(asked) < 10
        pieces.append(Piece(start=found.start, content=wheel[found.start : found.stop]))


def test_the_whole_wheel_needs_no_further_range() -> None:
    assert metadata_or_range(len(WHEEL), [Piece(start=0, content=WHEEL)]) == TEXT.encode()


@given(st.integers(min_value=1, max_value=len(WHEEL) + 10))
def test_any_tail_leads_to_the_metadata_in_few_steps(tail: int) -> None:
    found, asked = read_in_steps(WHEEL, tail)
    assert found == TEXT.encode()
    assert all(0 <= gap.start < gap.stop <= len(WHEEL) for gap in asked)


def test_the_ballast_is_never_asked_for() -> None:
    _, asked = read_in_steps(WHEEL, 22)
    assert min(gap.start for gap in asked) >= 4000


@pytest.mark.parametrize("keep", [0.0, 0.1, 0.5, 0.9, 0.99])
def test_a_cut_wheel_is_unreadable(keep: float) -> None:
    content = cut(WHEEL, keep)
    with pytest.raises(InputUnreadable) as caught:
        metadata_or_range(len(content), [Piece(start=0, content=content)])
    assert caught.value.what == "the wheel is no zip file, or a cut one"
    assert caught.value.exit_code == 15


@pytest.mark.parametrize(("count", "what"), [(0, "the wheel has no METADATA"), (2, "the wheel has 2 METADATA files")])
def test_not_exactly_one_metadata_is_unreadable(count: int, what: str) -> None:
    content = wheel_bytes("demo", "1.0", metadata_files=count)
    with pytest.raises(InputUnreadable) as caught:
        metadata_or_range(len(content), [Piece(start=0, content=content)])
    assert caught.value.what == what


def test_metadata_deeper_down_does_not_count() -> None:
    members = {"demo/vendored-1.dist-info/METADATA": b"Name: vendored\n"}
    content = wheel_bytes("demo", "1.0", TEXT, members=members)
    assert metadata_or_range(len(content), [Piece(start=0, content=content)]) == TEXT.encode()


def fault(content: bytes) -> InputUnreadable:
    """The error of a wheel that is there as a whole."""
    with pytest.raises(InputUnreadable) as caught:
        metadata_or_range(len(content), [Piece(start=0, content=content)])
    return caught.value


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_metadata_that_no_wheel_packs_like_that_is_refused(method: int) -> None:
    """Each of these would come with errors of its own, and LZMA with a memory of the size that the file says."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as wheel:
        wheel.writestr(NAME, TEXT)
    error = fault(buffer.getvalue())
    assert (error.what, error.got) == ("the METADATA is packed in a way that is not read here", f"method {method}")


def with_size(content: bytes, size: int) -> bytes:
    """A wheel whose last member is said to be of another size."""
    changed = bytearray(content)
    struct.pack_into("<L", changed, content.rindex(b"PK\1\2") + 24, size)
    struct.pack_into("<L", changed, content.rindex(b"PK\3\4") + 22, size)
    return bytes(changed)


def test_metadata_that_is_too_large_is_refused() -> None:
    error = fault(with_size(WHEEL_OF_ONE, 9_000_000))
    assert (error.what, error.got) == ("the METADATA is too large", "9000000 bytes")


def test_metadata_that_inflates_to_more_than_it_says_does_not_fill_the_memory() -> None:
    content = with_size(zip_bytes({NAME: bytes(60_000_000)}), 100)
    tracemalloc.start()
    try:
        error = fault(content)
        assert tracemalloc.get_traced_memory()[1] < 4 * 1024 * 1024
    finally:
        tracemalloc.stop()
    assert error.got == f"Bad CRC-32 for file '{NAME}'"


@given(st.data())
def test_a_wheel_with_one_byte_changed_is_read_or_unreadable(data: st.DataObject) -> None:
    wheel = bytearray(wheel_bytes("demo", "1.0", TEXT))
    place = data.draw(st.integers(min_value=0, max_value=len(wheel) - 1))
    wheel[place] ^= data.draw(st.integers(min_value=1, max_value=255))
    found: object = None
    with contextlib.suppress(InputUnreadable):
        found = metadata_or_range(len(wheel), [Piece(start=0, content=bytes(wheel))])
    assert found is None or isinstance(found, (bytes, Range))


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_unreadable(content: bytes) -> None:
    with pytest.raises(InputUnreadable):
        metadata_or_range(len(content), [Piece(start=0, content=content)])
