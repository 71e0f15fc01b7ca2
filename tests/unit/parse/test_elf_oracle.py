"""Our reader, which goes by segments, agrees with pyelftools, which goes by section headers."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

import pytest
from tests.support.elf_files import Recipe, Symbol, elf_bytes
from tests.support.elf_oracle import what_pyelftools_reads
from tests.support.elf_reading import FILES, exports_of, file_bytes, object_of

from stackpin.model.value import as_dict

#: Real libraries are taken up to this size (bytes): pyelftools is thorough, not fast.
LARGEST = 400_000


def real_libraries() -> list[Path]:
    """A dozen shared libraries of this machine: of the environment, of its Python, and of the system."""
    folders = [Path(sys.prefix), Path(sysconfig.get_path("platstdlib")) / "lib-dynload"]
    found = [sorted(path for path in folder.rglob("*.so") if path.is_file()) for folder in folders]
    found.append(sorted(path for path in Path("/usr/lib").glob("*/*.so.*") if path.is_file()))
    chosen = []
    for paths in found:
        small = [path for path in paths if 1000 < path.stat().st_size < LARGEST]
        chosen += [path for path in small[:: max(1, len(small) // 5)] if path.read_bytes()[:4] == b"\x7fELF"][:6]
    return chosen


def agreed(content: bytes) -> dict[str, object]:
    """What we read, after it was compared with what pyelftools reads."""
    found = as_dict(object_of(content, comment=True))
    wanted = what_pyelftools_reads(content)
    assert {name: found[name] for name in wanted} == wanted
    return found


@pytest.mark.parametrize("name", FILES)
def test_both_read_the_same_in_the_checked_in_files(name: str) -> None:
    found = agreed(file_bytes(name))
    assert bool(found["undefined"]) == (name != "static")


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("little", [True, False])
@pytest.mark.parametrize("moved", [(), ("dynstr",), ("dynamic", "dynstr")])
@pytest.mark.parametrize("hashes", [("gnu_hash",), ("hash",), ()])
def test_both_read_the_same_in_files_that_no_compiler_here_makes(
    bits: int, little: bool, moved: tuple[str, ...], hashes: tuple[str, ...]
) -> None:
    symbols = (
        Symbol("getenv", defined=False, version="GLIBC_2.17", library="libc.so.6"),
        Symbol("maybe", defined=False, weak=True),
        Symbol("mine", version="MINE_1"),
        Symbol("plain", weak=True),
        Symbol("inner", visibility=2),
    )
    shape = {"bits": bits, "little": little, "moved": moved, "hashes": hashes}
    recipe = Recipe(symbols=symbols, soname="libmine.so", needed=("libc.so.6",), comment=("demo",), **shape)  # type: ignore[arg-type]  # parts by name
    assert len(agreed(elf_bytes(recipe))["undefined"]) == 2  # type: ignore[arg-type]  # a tuple


def test_both_read_the_same_in_real_libraries() -> None:
    paths = real_libraries()
    assert len(paths) >= 5
    assert all(agreed(path.read_bytes())["defined"] for path in paths)


def test_real_libraries_may_define_what_they_define() -> None:
    for path in real_libraries():
        content = path.read_bytes()
        exports = exports_of(content)
        assert [symbol.name for symbol in object_of(content).defined if not exports.may_define(symbol.name)] == []
