"""Which ranges of a wheel are needed for its METADATA."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.wheels import cut, metadata_text, wheel_bytes

from stackpin.errors import InputUnreadable
from stackpin.parse.wheel_directory import Piece, Range, metadata_or_range

TEXT = metadata_text("demo", "1.0", requires=("torch==2.6.0",))
WHEEL = wheel_bytes("demo", "1.0", TEXT, padding=4000)


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
