"""The libraries that a shared object is linked with, as the reader of the whole file gives them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.support.elf_files import Recipe, Symbol, elf_bytes

from stackpin.errors import InputUnreadable
from stackpin.parse.elf import drive, read_elf
from stackpin.parse.elf_needed import read_needed

if TYPE_CHECKING:
    from stackpin.parse.wheel_directory import Range

__all__: list[str] = []

FILES = sorted((Path(__file__).resolve().parents[2] / "data" / "elf").glob("*.so"))


class Counted:
    """A file that counts the bytes which it gives."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.given = 0

    def __call__(self, wanted: Range) -> bytes:
        self.given += wanted.stop - wanted.start
        return self.content[wanted.start : wanted.stop]


def needed(content: bytes) -> tuple[str, ...]:
    return drive(read_needed(len(content)), Counted(content))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_library_made_by_a_linker_needs_what_the_whole_reader_says(path: Path) -> None:
    content = path.read_bytes()
    assert needed(content) == drive(read_elf(len(content)), Counted(content)).needed


@pytest.mark.parametrize(
    "moved", [(), ("dynstr",), ("dynstr", "dynamic")], ids=["in place", "strings moved", "both moved"]
)
@pytest.mark.parametrize("bits", [32, 64])
def test_names_are_found_wherever_they_lie(moved: tuple[str, ...], bits: int) -> None:
    names = tuple(f"lib{number}.so.{number}" for number in range(40))
    symbols = tuple(Symbol(f"symbol_{number}" * 40, defined=False) for number in range(300))
    content = elf_bytes(Recipe(symbols=symbols, needed=names, moved=moved, bits=bits))
    assert needed(content) == names


def test_little_of_a_large_file_is_read() -> None:
    content = elf_bytes(Recipe(needed=("libtorch.so", "libc10.so"))) + bytes(10_000_000)
    file = Counted(content)
    assert drive(read_needed(len(content)), file) == ("libtorch.so", "libc10.so")
    assert file.given < 10_000


@pytest.mark.parametrize("keep", [0, 3, 60, 64, 150, 200])
def test_a_cut_file_is_unreadable(keep: int) -> None:
    content = elf_bytes(Recipe(symbols=(Symbol("a"),), needed=("libc10.so",)))
    with pytest.raises(InputUnreadable):
        needed(content[:keep])


def test_any_changed_byte_is_read_or_unreadable() -> None:
    content = bytearray(elf_bytes(Recipe(symbols=(Symbol("a"),), needed=("libc10.so",))))
    read = 0
    for place in range(len(content)):
        kept, content[place] = content[place], content[place] ^ 0xFF
        with suppress(InputUnreadable):
            read += bool(needed(bytes(content)))
        content[place] = kept
    assert read > 100
