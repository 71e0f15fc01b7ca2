"""The GPU architectures in a shared object, read from fat binaries that nvcc made."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackpin.errors import InputUnreadable
from stackpin.parse import fatbin
from stackpin.parse.elf import drive
from stackpin.parse.fatbin import read_architectures

if TYPE_CHECKING:
    from stackpin.parse.wheel_directory import Range

__all__: list[str] = []

FIVE = (Path(__file__).resolve().parents[2] / "data" / "fatbin" / "five.fatbin").read_bytes()
#: What nvcc was told to make code for; see the file beside it.
MADE = ("compute_120", "sm_80", "sm_90a", "sm_100f", "sm_120")
MAGIC = b"\x50\xed\x55\xba"


def architectures(content: bytes) -> tuple[str, ...]:
    return drive(read_architectures(len(content)), lambda wanted: content[wanted.start : wanted.stop])


def one(kind: int = 2, number: int = 75, *, code: bytes = b"code" * 4, flags: int = 0) -> bytes:
    """A container with one entry."""
    entry = struct.pack("<HHIQIIHHIIIQ16x", kind, 0x101, 64, len(code), 0, 0, 1, 8, number, 0, 0, flags) + code
    return MAGIC + struct.pack("<HHQ", 1, 16, len(entry)) + entry


def test_what_nvcc_was_told_to_make_is_found() -> None:
    assert architectures(FIVE) == MADE


@pytest.mark.parametrize("before", [0, 1, 3, 4096, 100_003])
def test_it_is_found_wherever_it_lies(before: int) -> None:
    assert architectures(b"\x7fELF" + b"x" * before + FIVE + b"y" * 77) == MADE


def test_containers_add_up_beside_each_other_and_apart() -> None:
    assert architectures(one(number=75) + one(number=86) + b"data" * 9 + one(1, 90)) == ("compute_90", "sm_75", "sm_86")


def test_a_magic_across_two_reads_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    for step in range(16, 60):
        monkeypatch.setattr(fatbin, "_STEP", step)
        assert architectures(b"x" * 41 + one() + b"x" * 41) == ("sm_75",), step


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(MAGIC + b"\2" + one()[5:], id="another version"),
        pytest.param(MAGIC + struct.pack("<HHQ", 1, 16, 1 << 40) + b"x" * 99, id="longer than the file"),
        pytest.param(MAGIC + struct.pack("<HHQ", 1, 16, 64) + b"\xff" * 64, id="an entry longer than its container"),
        pytest.param(one()[:40], id="cut in an entry"),
        pytest.param(MAGIC, id="cut in the head"),
    ],
)
def test_bytes_that_look_like_one_and_are_none_are_passed_over(content: bytes) -> None:
    assert architectures(content) == ()
    assert architectures(content + b"x" * 200 + one()) == ("sm_75",)


def test_an_entry_of_another_kind_is_passed_over() -> None:
    """NVVM's intermediate code for link-time optimisation, for one."""
    assert architectures(one(16, 80) + one(number=75)) == ("sm_75",)


def test_the_suffixes_tell_who_else_runs_it() -> None:
    assert architectures(one(number=90, flags=0x100011) + one(number=100, flags=0x1200011)) == ("sm_90a", "sm_100f")


def test_a_short_answer_is_told() -> None:
    with pytest.raises(InputUnreadable, match="came back short"):
        drive(read_architectures(len(FIVE)), lambda wanted: FIVE[wanted.start : wanted.stop - 1])


def test_more_entries_than_any_real_file_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fatbin, "MOST_ENTRIES", 3)
    with pytest.raises(InputUnreadable, match="too many"):
        architectures(one() * 4)


@given(st.binary(max_size=300), st.lists(st.tuples(st.integers(0, len(FIVE) - 1), st.integers(0, 255)), max_size=8))
def test_any_bytes_are_read_or_passed_over(noise: bytes, changes: list[tuple[int, int]]) -> None:
    content = bytearray(noise + FIVE)
    for place, value in changes:
        content[len(noise) + place] = value
    asked: list[Range] = []

    def read(wanted: Range) -> bytes:
        asked.append(wanted)
        return bytes(content[wanted.start : wanted.stop])

    found = drive(read_architectures(len(content)), read)
    assert all(name.startswith(("sm_", "compute_")) for name in found)
    assert len(asked) < 2000, "each question goes on in the file"
