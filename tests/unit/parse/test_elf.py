"""What ELF files need and offer, as compilers, linkers and patchelf leave them."""

from __future__ import annotations

import itertools
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from tests.support.elf_files import Recipe, Symbol, elf_bytes
from tests.support.elf_reading import FILES, SUMS, File, file_bytes, object_of

from stackpin.errors import InputUnreadable
from stackpin.parse.elf import ElfObject, ElfSymbol, drive, read_elf

if TYPE_CHECKING:
    from collections.abc import Generator

    from stackpin.parse.wheel_directory import Range

SYMBOLS = (
    Symbol("memcpy", defined=False, version="GLIBC_2.14", library="libc.so.6"),
    Symbol("printf", defined=False, version="GLIBC_2.2.5", library="libc.so.6"),
    Symbol("sqrt", defined=False, version="GLIBC_2.2.5", library="libm.so.6"),
    Symbol("_ZN3c105ErrorE", defined=False),
    Symbol("maybe", defined=False, weak=True),
    Symbol("mine", version="MINE_1"),
    Symbol("plain"),
    Symbol("spare", weak=True),
    Symbol("static", bind=0),
    Symbol("inner", visibility=2),
)
RECIPE = Recipe(
    symbols=SYMBOLS, soname="libmine.so.2", needed=("libc.so.6", "libm.so.6"), runpath="$ORIGIN", comment=("demo 1",)
)


def made(**changes: object) -> bytes:
    return elf_bytes(Recipe(**{**vars(RECIPE), **changes}))


def names(symbols: tuple[ElfSymbol, ...]) -> set[str]:
    return {symbol.name for symbol in symbols}


def test_a_compiled_library_is_read_whole() -> None:
    found = object_of(file_bytes("needs.so"))
    assert (found.machine, found.bits, found.little_endian) == ("x86_64", 64, True)
    assert (found.soname, found.needed, found.rpath, found.runpath) == ("libdemo.so.1", ("libc.so.6",), "", "")
    assert names(found.defined) == {"exported", "exported_weakly", "calls"}
    assert found.needed_versions == (("libc.so.6", "GLIBC_2.14"), ("libc.so.6", "GLIBC_2.2.5"))


def test_a_symbol_that_no_needed_library_has_is_undefined_without_a_version() -> None:
    assert ElfSymbol("missing_symbol") in object_of(file_bytes("needs.so")).undefined


def test_a_weak_symbol_is_told_from_one_that_must_be_there() -> None:
    found = object_of(file_bytes("needs.so"))
    assert ElfSymbol("maybe_there", weak=True) in found.undefined
    assert ElfSymbol("exported_weakly", weak=True) in found.defined


def test_a_versioned_symbol_has_its_version_and_the_library_that_it_is_asked_of() -> None:
    found = object_of(file_bytes("needs.so"))
    assert ElfSymbol("memcpy", version="GLIBC_2.14", library="libc.so.6") in found.undefined


def test_a_hidden_symbol_is_not_offered() -> None:
    assert "hidden" not in names(object_of(file_bytes("needs.so")).defined)


def test_both_versions_of_a_defined_symbol_are_there() -> None:
    defined = object_of(file_bytes("versions.so")).defined
    assert {(symbol.name, symbol.version, symbol.library) for symbol in defined} >= {
        ("first", "DEMO_1", ""),
        ("second", "DEMO_1", ""),
        ("second", "DEMO_2", ""),
    }


@pytest.mark.parametrize(
    ("name", "given", "taken"), [("names_old.so", "RKSs", "v"), ("names_new.so", "cxx11", "B5cxx11Ev")]
)
def test_the_two_string_types_of_cxx_can_be_told_by_the_names(name: str, given: str, taken: str) -> None:
    found = object_of(file_bytes(name))
    assert [given in symbol.name for symbol in found.defined] == [True]
    assert [symbol.name.endswith(taken) for symbol in found.undefined if "taken" in symbol.name] == [True]
    assert any("__cxx11" in symbol.name for symbol in found.undefined) == (name == "names_new.so")


def test_a_stripped_library_says_the_same_save_for_its_comment() -> None:
    whole, stripped = (object_of(file_bytes(name), comment=True) for name in ("needs.so", "stripped.so"))
    assert whole.comment
    assert not stripped.comment
    assert stripped == whole.__replace__(comment=())


def test_a_library_without_section_headers_says_the_same_and_has_no_comment() -> None:
    assert object_of(made(sections=False), comment=True) == object_of(made())


def test_the_comment_is_read_only_when_it_is_asked_for() -> None:
    content = file_bytes("needs.so")
    assert object_of(content).comment == ()
    assert [text.startswith("GCC: ") for text in object_of(content, comment=True).comment] == [True]


def test_a_static_program_needs_and_offers_nothing() -> None:
    assert object_of(file_bytes("static")) == ElfObject(machine="x86_64", bits=64, little_endian=True)


def test_a_patched_library_is_read_through_its_further_segment() -> None:
    patched = object_of(file_bytes("patched.so"))
    assert patched.runpath == "$ORIGIN:$ORIGIN/../lib:$ORIGIN/../../demo.libs"
    assert patched.__replace__(runpath="") == object_of(file_bytes("stripped.so"))


def test_an_rpath_of_the_old_kind_is_told_from_a_runpath() -> None:
    found = object_of(file_bytes("both.so"))
    assert (found.rpath, found.runpath) == ("$ORIGIN", "")


@pytest.mark.parametrize("name", ["sysv.so", "both.so", "stripped.so"])
def test_any_hash_table_leads_to_the_same_symbols(name: str) -> None:
    found, other = object_of(file_bytes(name)), object_of(file_bytes("needs.so"))
    assert set(found.undefined) == set(other.undefined)
    assert set(found.defined) == set(other.defined)


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("little", [True, False])
@pytest.mark.parametrize("moved", [(), ("dynstr",), ("dynamic", "dynstr")])
@pytest.mark.parametrize("hashes", [("gnu_hash",), ("hash",), ("hash", "gnu_hash"), ()])
def test_classes_byte_orders_and_hash_tables_make_no_difference(
    bits: int, little: bool, moved: tuple[str, ...], hashes: tuple[str, ...]
) -> None:
    found = object_of(made(bits=bits, little=little, moved=moved, hashes=hashes), comment=True)
    plain = object_of(made(), comment=True)
    assert (found.bits, found.little_endian) == (bits, little)
    assert found.__replace__(bits=64, little_endian=True) == plain
    assert [symbol.name for symbol in plain.undefined] == ["memcpy", "printf", "sqrt", "_ZN3c105ErrorE", "maybe"]
    assert sorted(plain.defined) == [
        ElfSymbol("mine", version="MINE_1"),
        ElfSymbol("plain"),
        ElfSymbol("spare", weak=True),
    ]
    assert plain.comment == ("demo 1",)


@pytest.mark.parametrize("bits", [32, 64])
def test_with_neither_hash_table_nor_section_headers_the_table_behind_tells(bits: int) -> None:
    assert object_of(made(bits=bits, hashes=(), sections=False)) == object_of(made(bits=bits))


def test_a_library_that_exports_nothing_is_counted_without_its_hash_table() -> None:
    needed = tuple(symbol for symbol in SYMBOLS if not symbol.defined)
    found = object_of(made(symbols=needed)).undefined
    assert [symbol.name for symbol in found] == [symbol.name for symbol in needed]


def test_nothing_that_tells_the_number_of_symbols_is_an_error() -> None:
    needed = (Symbol("needed", defined=False),)
    with pytest.raises(InputUnreadable) as caught:  # the strings lie in another segment, so they do not tell either
        object_of(made(symbols=needed, hashes=(), sections=False, moved=("dynstr",)))
    assert caught.value.what == "nothing tells how many symbols there are"


@pytest.mark.parametrize(("number", "name"), [(62, "x86_64"), (183, "aarch64"), (3, "i386"), (4711, "EM_4711")])
def test_a_machine_has_a_name_or_a_number(number: int, name: str) -> None:
    assert object_of(made(machine=number)).machine == name


def test_64_bit_s390_has_a_hash_table_of_64_bit_words() -> None:
    with pytest.raises(InputUnreadable) as caught:
        object_of(made(machine=22, little=False, hashes=("hash",)))
    assert caught.value.what == "the hash table is larger than its place"


def test_a_name_that_is_no_utf8_is_escaped() -> None:
    content = made().replace(b"\0plain\0", b"\0pl\xffin\0")
    assert "pl\\xffin" in names(object_of(content).defined)


def test_a_reader_that_asks_for_nothing_is_driven_too() -> None:
    def reader() -> Generator[Range, bytes, str]:
        yield from ()
        return "read"

    assert drive(reader(), File(b"")) == "read"


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("head", [1, 64, 1000, 65536])
def test_no_byte_is_asked_for_twice_however_much_comes_first(name: str, head: int) -> None:
    file = File(file_bytes(name))  # which refuses a second request
    found = drive(read_elf(len(file.content), comment=True, head=head), file)
    assert found == object_of(file.content, comment=True)
    assert file.asked[0] == (0, min(max(head, 64), len(file.content)))
    assert len(file.asked) <= 9


def test_a_large_library_is_read_in_few_ranges_from_low_to_high() -> None:
    file = File(large(20_000))
    assert len(drive(read_elf(len(file.content)), file).defined) == 20_000
    head, _dynamic, *tables = file.asked
    assert head == (0, 65536)
    assert len(tables) <= 3
    assert tables == sorted(tables)


def test_the_end_of_the_file_is_not_asked_for_without_need() -> None:
    file = File(large(3000))
    drive(read_elf(len(file.content), head=64), file)
    assert max(stop for _, stop in file.asked) < len(file.content) - 64 * 10


def test_fifty_thousand_symbols_are_all_read() -> None:
    assert len(object_of(large(50_000)).defined) == 50_000


def large(count: int) -> bytes:
    symbols = (Symbol(f"_ZN2at6native{index:010}ERKNS_6TensorEb") for index in range(count))
    return made(symbols=(*itertools.islice(SYMBOLS, 5), *symbols))


@pytest.mark.parametrize("name", FILES)
def test_the_checked_in_files_are_small_and_those_that_were_built(name: str) -> None:
    content = file_bytes(name)
    assert f"{sha256(content).hexdigest()}  {name}\n" in SUMS
    assert len(content) < 20_000
