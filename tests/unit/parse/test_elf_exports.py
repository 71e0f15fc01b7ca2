"""What a library may define, by its GNU hash table alone."""

from __future__ import annotations

import random

import pytest
from tests.support.elf_files import Recipe, Symbol, elf_bytes
from tests.support.elf_files import gnu as other_gnu_hash
from tests.support.elf_reading import FILES, File, exports_of, file_bytes, object_of

from stackpin.errors import InputUnreadable
from stackpin.parse.elf import ElfExports, drive, read_exports
from stackpin.parse.elf_exports import gnu_hash

HASHED = tuple(name for name in FILES if name not in {"static", "sysv.so"})
NAMES = tuple(f"_ZN3c10{index}Error{index * 7919}Ev" for index in range(500))


def library(*names: str, **changes: object) -> bytes:
    symbols = (Symbol("needed", defined=False), *map(Symbol, names))
    return elf_bytes(Recipe(**{"symbols": symbols, **changes}))  # type: ignore[arg-type]  # parts of a recipe, by name


@pytest.mark.parametrize("name", HASHED)
def test_every_symbol_that_a_compiled_library_defines_may_be_there(name: str) -> None:
    content = file_bytes(name)
    exports = exports_of(content)
    assert [symbol.name for symbol in object_of(content).defined if not exports.may_define(symbol.name)] == []


@pytest.mark.parametrize("name", HASHED)
def test_what_a_compiled_library_only_needs_is_not_there(name: str) -> None:
    content = file_bytes(name)
    found, exports = object_of(content), exports_of(content)
    assert found.undefined
    assert [symbol.name for symbol in found.undefined if exports.may_define(symbol.name)] == []


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("little", [True, False])
@pytest.mark.parametrize("moved", [(), ("dynstr",), ("gnu_hash", "dynamic", "dynstr")])
def test_all_names_are_found_and_ten_thousand_others_are_not(bits: int, little: bool, moved: tuple[str, ...]) -> None:
    exports = exports_of(library(*NAMES, bits=bits, little=little, moved=moved))
    assert all(exports.may_define(name) for name in NAMES)
    chance = random.Random(20)
    assert not any(exports.may_define(f"_ZN2at{chance.getrandbits(80):020x}Ev") for _ in range(10_000))
    assert not exports.may_define("needed")


@pytest.mark.parametrize("name", [*HASHED, "static"])
def test_ten_thousand_random_names_are_in_no_compiled_file(name: str) -> None:
    exports, chance = exports_of(file_bytes(name)), random.Random(4)
    assert not any(exports.may_define(f"_Z{chance.getrandbits(60)}") for _ in range(10_000))


def test_two_names_of_the_same_hash_cannot_be_told() -> None:
    exports = exports_of(library("_Z1bv"))
    assert exports.may_define("_Z2Av")
    assert not exports.may_define("_Z2Bv")


def test_a_program_without_a_dynamic_section_defines_nothing() -> None:
    assert exports_of(file_bytes("static")) == ElfExports(machine="x86_64", bits=64, little_endian=True)


def test_a_library_that_exports_nothing_defines_nothing() -> None:
    exports = exports_of(library())
    assert exports.table == b""
    assert not exports.may_define("")


def test_a_library_with_the_old_hash_table_only_is_refused_with_a_way_on() -> None:
    with pytest.raises(InputUnreadable) as caught:
        exports_of(file_bytes("sysv.so"))
    assert caught.value.as_dict() == {
        "slug": "input-unreadable",
        "exit_code": 15,
        "what": "the file has no GNU hash table",
        "where": ".gnu.hash",
        "expected": "an entry DT_GNU_HASH in the dynamic section",
        "hint": "read all its symbols (read_elf)",
    }


def test_neither_symbols_nor_strings_are_asked_for() -> None:
    names = [f"_ZN2at6native{index:030}Ev" for index in range(5000)]
    file = File(library(*names))
    exports = drive(read_exports(len(file.content), head=64), file)
    assert exports.may_define(names[0])
    places = [file.content.find(name.encode()) for name in (names[0], names[-1])]
    assert [asked for asked in file.asked if asked[0] < places[1] and places[0] < asked[1]] == []
    assert sum(stop - start for start, stop in file.asked) < 20 * len(names)


def test_with_a_head_that_holds_the_table_the_file_is_read_once_from_low_to_high() -> None:
    file = File(library(*NAMES, *(f"{name}x" for name in NAMES * 3)))
    drive(read_exports(len(file.content), head=65536), file)
    assert [start for start, _ in file.asked] == sorted(start for start, _ in file.asked)
    assert len(file.asked) <= 2


@pytest.mark.parametrize(("name", "code"), [("", 5381), ("printf", 0x156B2BB8), ("exit", 0x7C967E3F), ("é", None)])
def test_the_hash_is_that_of_the_description(name: str, code: int | None) -> None:
    assert gnu_hash(name) == (other_gnu_hash(name) if code is None else code)


def test_the_exports_hold_the_table_as_it_stands_in_the_file() -> None:
    content = library("one", "two")
    exports = exports_of(content)
    assert exports.table in content
    assert (exports.machine, exports.bits, exports.little_endian) == ("x86_64", 64, True)
