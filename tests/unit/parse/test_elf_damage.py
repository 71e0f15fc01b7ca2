"""A damaged ELF file is read or unreadable: never another error, a hang, or more bytes than it has."""

from __future__ import annotations

import struct
import time
import tracemalloc
from dataclasses import replace
from itertools import repeat
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.elf_files import EXTREME, Recipe, Symbol, elf_bytes
from tests.support.elf_oracle import place_of
from tests.support.elf_reading import FILES, MADE, PARTS, SYMBOLS, File, exports_of, file_bytes, object_of

from stackpin.errors import InputUnreadable
from stackpin.parse.elf import ElfExports, drive, read_elf, read_exports

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from stackpin.parse.wheel_directory import Range

CONTENT = elf_bytes(Recipe(**PARTS))  # type: ignore[arg-type]  # parts of a recipe, by name
ALL = {**{name: file_bytes(name) for name in FILES}, **MADE}


def read_all(content: bytes) -> tuple[str, ...]:
    """Read it in every way there is; how each ended. Any error but the one allowed gets out."""
    size = len(content)
    readers = (read_elf(size, head=64), read_elf(size, comment=True), read_exports(size, head=64))
    return tuple(map(ending, readers, repeat(content)))


def ending(reader: Generator[Range, bytes, object], content: bytes) -> str:
    """How a reader ended: what was wrong, or nothing."""
    try:
        found = drive(reader, File(content))
    except InputUnreadable as error:
        return error.what if all((error.what, error.where, error.expected)) else repr(error.as_dict())
    return "may define mine" if isinstance(found, ElfExports) and found.may_define("mine") else ""


def in_time(content: bytes) -> None:
    """It is read or unreadable, with less than a second of computing."""
    start = time.process_time()
    read_all(content)
    assert time.process_time() - start < 20  # a hang, not a slow machine


@st.composite
def mutations(draw: st.DrawFn) -> bytes:
    """A file after one to four changes: bytes flipped, words set to extremes, pieces cut out, taken twice or put in."""
    content = bytearray(ALL[draw(st.sampled_from(sorted(ALL)))])
    for _ in range(draw(st.integers(min_value=1, max_value=4))):
        place = draw(st.integers(min_value=0, max_value=max(0, len(content) - 1)))
        match draw(st.sampled_from(("flip", "word", "cut", "drop", "insert"))):
            case "flip":
                content[place : place + 1] = bytes((content[place] ^ draw(st.integers(1, 255)),)) if content else b""
            case "word":
                width, order = draw(st.sampled_from((2, 4, 8))), draw(st.sampled_from(("little", "big")))
                place -= place % width
                word = (draw(st.sampled_from(EXTREME)) % 2 ** (8 * width)).to_bytes(width, order)
                content[place : place + width] = word
            case "cut":
                del content[place:]
            case "drop":
                del content[place : place + draw(st.integers(1, 64))]
            case _:
                content[place:place] = draw(st.binary(min_size=1, max_size=64))
    return bytes(content)


@settings(deadline=None, max_examples=300)
@given(mutations())
def test_a_changed_file_is_read_or_unreadable_in_time(content: bytes) -> None:
    in_time(content)


@settings(deadline=None)
@given(st.binary(max_size=300), st.sampled_from((b"", CONTENT[:16], CONTENT[:64], MADE["32 big hash"][:52])))
def test_any_bytes_are_read_or_unreadable(tail: bytes, start: bytes) -> None:
    in_time(start + tail)


@pytest.mark.parametrize("name", sorted(ALL))
def test_every_part_of_the_tables_may_be_extreme(name: str) -> None:
    content, ends = ALL[name], set()
    for place in (*range(0, 320, 4), *range(320, len(content) - 8, 4 + len(content) // 100 * 4)):
        for word in (b"\xff" * 8, b"\1\0"):
            ends.add(read_all(content[:place] + word + content[place + len(word) :]))
    assert len(ends) > 5
    assert not [what for end in ends for what in end if what.startswith("{")]


@pytest.mark.parametrize("name", sorted(ALL))
def test_a_cut_file_is_unreadable_wherever_it_is_cut(name: str) -> None:
    content = ALL[name]
    loaded = max(_ends_of_segments(content))
    for length in (0, 1, 3, 4, 15, 16, 30, 51, 63, 64, 100, loaded // 2, loaded - 1):
        with pytest.raises(InputUnreadable):
            object_of(content[:length])


def _ends_of_segments(content: bytes) -> list[int]:
    order, wide = "<>"[content[5] - 1], content[4] == 2
    at, count = struct.unpack_from(order + ("Q16xH" if wide else "I12xH"), content, 32 if wide else 28)[0], 0
    (count,) = struct.unpack_from(order + "H", content, 56 if wide else 44)
    layout, step = (order + "8xQ16xQ", 56) if wide else (order + "4xI8xI", 32)
    return [sum(struct.unpack_from(layout, content, at + index * step)) for index in range(count)]


def test_a_file_whose_section_headers_are_cut_off_is_read_unless_they_are_needed() -> None:
    content = CONTENT[:-1]
    assert object_of(content) == object_of(CONTENT)
    with pytest.raises(InputUnreadable) as caught:
        object_of(content, comment=True)
    assert caught.value.what == "the file is cut, or no sound ELF file"
    assert caught.value.where == "section headers"


@pytest.mark.parametrize("reader", [read_elf, read_exports])
def test_a_driver_that_gives_fewer_bytes_is_told_so(reader: Callable[..., object]) -> None:
    def short(wanted: Range) -> bytes:
        return CONTENT[wanted.start : wanted.stop - 1]

    with pytest.raises(InputUnreadable) as caught:
        drive(reader(len(CONTENT)), short)  # type: ignore[arg-type]  # one of the two readers
    assert caught.value.what == "the file is cut: a range came back short"
    assert (caught.value.got, caught.value.expected) == (str(len(CONTENT) - 1), f"{len(CONTENT)} bytes")


def test_an_error_of_the_driver_gets_out_as_it_is() -> None:
    def broken(wanted: Range) -> bytes:
        raise StopIteration(wanted)

    with pytest.raises(StopIteration):
        drive(read_elf(len(CONTENT)), broken)


def test_no_more_is_asked_for_than_the_limit_allows() -> None:
    file = File(CONTENT)
    with pytest.raises(InputUnreadable) as caught:
        drive(read_elf(len(CONTENT), head=64, limit=500), file)
    assert caught.value.what == "more of the file is needed than may be read"
    assert caught.value.expected == "at most 500"
    assert sum(stop - start for start, stop in file.asked) <= 500


def test_a_count_of_symbols_that_has_no_room_is_refused() -> None:
    content = bytearray(elf_bytes(Recipe(symbols=SYMBOLS, hashes=("hash",))))
    at, _ = place_of(content, ".hash")
    struct.pack_into("<I", content, at + 4, 0x7FFFFFFF)
    with pytest.raises(InputUnreadable) as caught:
        object_of(bytes(content))
    assert (caught.value.what, caught.value.where) == ("the hash table is larger than its place", ".hash")


def test_a_chain_without_an_end_is_refused_at_the_end_of_its_segment() -> None:
    content = bytearray(elf_bytes(Recipe(symbols=SYMBOLS, moved=("gnu_hash",))))
    at, size = place_of(content, ".gnu.hash")
    struct.pack_into("<I", content, at + size - 4, 2)
    with pytest.raises(InputUnreadable) as caught:
        exports_of(bytes(content))
    assert (caught.value.what, caught.value.where) == ("the last chain of the hash table has no end", ".gnu.hash")


@pytest.mark.parametrize(("place", "word"), [(8, 3), (8, 0), (12, 32), (4, 0x7FFFFFFF)])
def test_a_hash_table_that_would_lead_astray_is_refused(place: int, word: int) -> None:
    content = bytearray(CONTENT)
    struct.pack_into("<I", content, place_of(CONTENT, ".gnu.hash")[0] + place, word)
    with pytest.raises(InputUnreadable) as caught:
        exports_of(bytes(content))
    assert caught.value.where == ".gnu.hash"


def test_versions_that_hang_on_one_list_a_thousand_times_are_refused() -> None:
    symbols = tuple(Symbol(f"n{n}", defined=False, version=f"V_{n}", library="libx.so") for n in range(500))
    content = bytearray(elf_bytes(Recipe(symbols=symbols)))
    at, size = place_of(content, ".gnu.version_r")
    dynamic = content.index(struct.pack("<QQ", 0x6FFFFFFF, 1))
    struct.pack_into("<QQ", content, dynamic, 0x6FFFFFFF, 500)
    for entry in range(0, size - 16, 16):  # every entry a library that has the same five hundred versions
        struct.pack_into("<HHIII", content, at + entry, 1, 500, 1, 16, 16)
    in_time(bytes(content))
    with pytest.raises(InputUnreadable) as caught:
        object_of(bytes(content))
    assert (caught.value.what, caught.value.where) == ("more versions than have room", ".gnu.version_r")


def test_names_that_share_their_ends_cannot_fill_the_memory() -> None:
    long = "x" * 40_000
    content = bytearray(elf_bytes(Recipe(symbols=(*(Symbol(f"n{index}") for index in range(4000)), Symbol(long)))))
    table, (strings, size) = place_of(content, ".dynsym")[0], place_of(content, ".dynstr")
    begin = content.index(long.encode()) - strings
    for index in range(1, 4000):  # the long name from its second, third, … character on
        struct.pack_into("<I", content, table + 24 * index, begin + index)
    tracemalloc.start()
    try:
        with pytest.raises(InputUnreadable) as caught:
            object_of(bytes(content))
        assert tracemalloc.get_traced_memory()[1] < 8 * 1024 * 1024
    finally:
        tracemalloc.stop()
    assert caught.value.what == "the names of the file are too long"
    assert caught.value.expected == f"at most {65536 + 16 * size} bytes out of {size}"


@pytest.mark.parametrize(
    ("table", "place", "what"),
    [("hash", 4, "the file has too many symbols"), ("gnu_hash", 0, "the hash table has too many buckets")],
)
def test_a_million_symbols_are_enough_even_if_they_have_room(table: str, place: int, what: str) -> None:
    recipe = Recipe(symbols=SYMBOLS, hashes=(table,))
    content, room = bytearray(elf_bytes(replace(recipe, sections=False))), 5_000_000
    at, _ = place_of(elf_bytes(recipe), ".gnu.hash" if table == "gnu_hash" else ".hash")
    struct.pack_into("<I", content, at + place, 1_000_001)
    struct.pack_into("<Q", content, 64 + 32, len(content) + room)  # the size of the first segment in the file
    with pytest.raises(InputUnreadable) as caught:
        object_of(bytes(content) + bytes(room))
    assert (caught.value.what, caught.value.expected) == (what, "at most 1000000")


def test_a_core_dump_with_uncounted_segments_is_refused() -> None:
    content = bytearray(CONTENT)
    struct.pack_into("<H", content, 56, 0xFFFF)
    with pytest.raises(InputUnreadable) as caught:
        object_of(bytes(content))
    assert caught.value.what == "the file has too many program headers"
