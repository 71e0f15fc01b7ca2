"""Sound files that the fuzzers change: the checked-in libraries, libraries made in memory, and wheels of them."""

from __future__ import annotations

import io
import zipfile
from functools import cache

from tests.support.elf_files import Recipe, Symbol, elf_bytes, front_bytes
from tests.support.elf_reading import FILES, MADE, file_bytes
from tests.support.wheels import metadata_text, noise, streamed_zip, wheel_bytes, zip64_bytes, zip_bytes

__all__ = ["NAMES", "elf_seeds", "front_seeds", "symbol_seeds", "wheel_seeds"]

#: Names as kernels have them: of torch with either C++ ABI, of its stable ABI, and of others.
NAMES = (
    *("_ZNK3c1010TensorImpl4sizeEl", "_ZN3c105ErrorC2ENS_14SourceLocationESs", "aoti_torch_get_dtype"),
    *("_ZN2at4_ops5addmm4callERKNSt7__cxx1112basic_stringIcEE", "THPVariableClass", "cudaMalloc", "memcpy"),
)
#: What a bomb says of its size, and what it should have said.
_SIZES = (20_000_000).to_bytes(4, "little"), (100).to_bytes(4, "little")
METADATA = {"demo-1.0.dist-info/METADATA": metadata_text("demo", "1.0").encode()}


@cache
def elf_seeds() -> tuple[bytes, ...]:
    """ELF files of every class, byte order and kind of hash table, and some that are none."""
    return (*map(file_bytes, FILES), *MADE.values(), _kernel(), b"", b"\x7fELF", bytes(64))


@cache
def front_seeds() -> tuple[bytes, ...]:
    """Shared objects for x86_64, most of them laid out as GNU ld does."""
    return (*map(file_bytes, FILES), _kernel_front(), _kernel_front("memcpy"), _kernel(), b"\x7fELF")


@cache
def wheel_seeds() -> tuple[bytes, ...]:
    """Zip files in every form that the readers know, zip64 too, and methods of packing that they do not take."""
    members = {"demo/größe.txt": b"text", "demo/a.so": file_bytes("needs.so"), "demo/b.bin": noise(300), **METADATA}
    small = {"a": b"", "b.so": b"\x7fELF", **METADATA}
    return (
        zip_bytes({}),
        zip_bytes(small),
        zip_bytes(small, comment=b"PK\5\6 a comment"),
        zip_bytes(members, stored={"demo/a.so", "demo/b.bin"}),
        zip_bytes({"zeros": bytes(300_000), **small}),
        wheel_bytes("demo", "1.0", members=members),
        streamed_zip(small),
        *(zip64_bytes(small, limit, stored={"a"}) for limit in (0, 60)),
        zip_bytes({name: bytes(20_000_000) for name in METADATA}).replace(*_SIZES),
        *(_packed(small, method) for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)),
    )


@cache
def symbol_seeds() -> tuple[bytes, ...]:
    """ELF files, wheels with a kernel inside and wheels with torch's libraries inside."""
    kernel, torch = _kernel(), elf_bytes(Recipe(symbols=tuple(map(Symbol, NAMES)), needed=("libcudart.so.13",)))
    choice = {"demo/cu12.so": kernel, "demo/x_torch24-cpu.so": kernel, "demo/y_torch210.so": file_bytes("needs.so")}
    libraries = {"torch/lib/libtorch_cpu.so": torch, "torch/lib/libc10.so": kernel}
    return (
        *elf_seeds(),
        _kernel_front(),
        zip_bytes({"demo/a.so": kernel}),
        zip_bytes({"demo/a.so": _kernel_front()}, stored={"demo/a.so"}),
        zip_bytes(choice, stored=choice),
        zip_bytes(libraries),
        zip64_bytes({"demo/a.abi3.so": file_bytes("names_new.so")}, 0),
    )


def _kernel() -> bytes:
    """A library that needs symbols of torch."""
    needed = tuple(Symbol(name, defined=False, weak=name == "memcpy") for name in NAMES)
    libraries = ("libtorch_cpu.so", "libcudart.so.12")
    return elf_bytes(Recipe(symbols=(*needed, Symbol("PyInit_demo")), soname="demo.so", needed=libraries))


def _kernel_front(*names: str) -> bytes:
    """The front of a library that needs symbols of torch, or those of these names."""
    strings, offsets = "\0libtorch_cpu.so\0libcudart.so.13\0", []
    for name in (*(names or NAMES), "PyInit_demo"):
        offsets.append(len(strings))
        strings += f"{name}\0"
    return front_bytes(strings.encode(), offsets[:-1], offsets[-1])


def _packed(members: dict[str, bytes], method: int) -> bytes:
    """A zip file whose members are packed by another method."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()
