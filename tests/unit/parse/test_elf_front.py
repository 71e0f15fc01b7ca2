"""What the first pages of a shared object tell is what the whole file tells, or nothing."""

from __future__ import annotations

import struct
import sys
import sysconfig
import tracemalloc
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.elf_files import front_bytes, front_header
from tests.support.elf_reading import File, file_bytes, object_of

from stackpin.errors import InputUnreadable
from stackpin.parse import elf_front
from stackpin.parse.elf import drive
from stackpin.parse.elf_front import ElfFront, read_front

__all__: list[str] = []

#: Laid out as GNU ld does, and not: strings moved to the end, no GNU hash table, nothing dynamic.
PLAIN, OTHER = (
    ("names_new.so", "names_old.so", "needs.so", "stripped.so", "versions.so"),
    ("patched.so", "sysv.so", "static"),
)
#: Extension modules of this Python, of which every machine has some.
REAL = sorted(Path(str(sysconfig.get_config_var("DESTSHARED"))).glob("*.so"))[:40]


def front_of(content: bytes) -> ElfFront | None:
    return drive(read_front(len(content)), File(content))


def agrees(content: bytes) -> bool:
    """Whether the front tells what the whole file tells; it may tell of hidden definitions as well."""
    front, whole = front_of(content), object_of(content)
    assert front is not None
    names = {(symbol.name, symbol.weak) for symbol in front.undefined}
    return (
        names == {(symbol.name, symbol.weak) for symbol in whole.undefined}
        and set(front.defined) >= {symbol.name for symbol in whole.defined}
        and set(front.libraries) >= set(whole.needed)
    )


@pytest.mark.parametrize("name", PLAIN)
def test_the_front_of_a_plain_file_tells_what_the_file_tells(name: str) -> None:
    assert agrees(file_bytes(name))


@pytest.mark.parametrize("name", OTHER)
def test_the_front_of_another_file_tells_nothing(name: str) -> None:
    assert front_of(file_bytes(name)) is None


@pytest.mark.skipif(
    sys.platform != "linux" or not REAL, reason="the modules of this Python are no ELF files of their own"
)
def test_the_front_of_real_modules_agrees_or_tells_nothing() -> None:
    contents = [path.read_bytes() for path in REAL]
    told = [content for content in contents if front_of(content) is not None]
    assert [agrees(content) for content in told] == [True] * len(told)


def test_only_the_front_of_a_large_file_is_read() -> None:
    content = file_bytes("needs.so") + bytes(8 * 1024 * 1024)
    read = File(content)
    assert drive(read_front(len(content)), read) == front_of(file_bytes("needs.so"))
    assert max(stop for _, stop in read.asked) <= 256 * 1024


@given(st.sampled_from(PLAIN), st.integers(0, 4000), st.binary(min_size=1, max_size=9), st.booleans())
@settings(max_examples=150, deadline=None)
def test_a_damaged_front_tells_something_or_nothing(name: str, at: int, what: bytes, cut: bool) -> None:
    content = bytearray(file_bytes(name))
    content[at : at + len(what)] = what
    damaged = bytes(content[:at]) if cut else bytes(content)
    found: object = None
    with suppress(InputUnreadable):
        found = front_of(damaged)
    assert found is None or isinstance(found, ElfFront)


def test_a_file_without_any_of_the_marks_is_not_taken_apart() -> None:
    content = file_bytes("needs.so")
    whole = front_of(content)
    assert whole is not None
    for marks, told in (((b"issing_sym",), True), ((b"other", b"memcpy"), True), ((b"other",), False)):
        found = drive(read_front(len(content), marks=marks), lambda wanted: content[wanted.start : wanted.stop])
        assert found is not None
        assert found.libraries == whole.libraries
        assert (found == whole) is told
        assert bool(found.undefined) is told


def sharing(symbols: int, name: bytes) -> bytes:
    """A front of so many undefined symbols, whose names are this one from its first, second, third, … character on."""
    return front_bytes(b"\0" + name + b"\0", range(1, symbols + 1), 1)


def test_names_may_share_their_ends() -> None:
    found = front_of(sharing(4, b"memset"))
    assert found is not None
    assert [symbol.name for symbol in found.undefined] == ["memset", "emset", "mset", "set"]
    assert found.defined == ("memset",)


def test_names_that_share_their_ends_cannot_fill_the_memory() -> None:
    content = sharing(4000, b"x" * 40_000)
    tracemalloc.start()
    try:
        assert front_of(content) is None
        assert tracemalloc.get_traced_memory()[1] < 8 * 1024 * 1024
    finally:
        tracemalloc.stop()


def test_a_file_that_looks_like_a_table_everywhere_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    segments = 1000
    notes = b"".join(struct.pack("<IIQQQQQQ", 4, 4, 57_000 + 64 * number, 0, 0, 0, 0, 8) for number in range(segments))
    content = front_header(segments) + notes + struct.pack("<II", 8192, 3) * 24_000
    looked: list[int] = []
    tables = elf_front._tables

    def counted(content: bytes, start: int) -> object:
        looked.append(start)
        return tables(content, start)

    monkeypatch.setattr(elf_front, "_tables", counted)
    assert front_of(content) is None
    assert 0 < len(looked) <= 4 * 8, "a few places at most, each time that more of the front came"
