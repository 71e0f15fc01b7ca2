"""The file of ABI facts: what is written is read again, and a damaged one is told."""

from __future__ import annotations

import zlib

import pytest

from stackpin.catalog.abi_rows import Unread, dump_abi, load_abi
from stackpin.errors import CatalogDamaged
from stackpin.model.abi import KernelSymbols, TorchSymbols, WheelRead

__all__: list[str] = []


def wheel(name: str, version: str, machine: str = "x86_64") -> WheelRead:
    return WheelRead(name=name, version=version, file=f"{name}-{version}.whl", sha256="ab" * 32, machine=machine)


KERNELS = (
    KernelSymbols(
        read=wheel("a-kernel", "1.0"),
        needs=(frozenset({"_ZN3c101aEv", "_ZN2at1bEv"}),),
        cuda_majors=(12,),
        cxx11_abi=False,
        architectures=("sm_80", "sm_90"),
    ),
    KernelSymbols(read=wheel("b-kernel", "2.0", "aarch64"), needs=(frozenset({"torch_c"}), frozenset()), stable=True),
)
TORCHES = (
    TorchSymbols(
        read=wheel("torch", "9.0"),
        exports=frozenset({"_ZN2at1bEv"}),
        asked=frozenset({"_ZN3c101aEv", "_ZN2at1bEv", "torch_c"}),
        cxx11_abi=True,
        cuda_major=13,
    ),
    TorchSymbols(read=wheel("torch", "9.1"), exports=frozenset(), asked=frozenset({"torch_c"})),
)


def test_what_is_written_is_read_again() -> None:
    unread = (Unread("c-kernel", "3.0", "x86_64", "no wheel"),)
    raw = dump_abi(TORCHES, KERNELS, unread)
    tables = load_abi(raw)
    assert (tables.torches(), tables.kernels(), tables.unread()) == (TORCHES, KERNELS, unread)
    assert tables.symbols == ("_ZN2at1bEv", "_ZN3c101aEv", "torch_c")
    assert dump_abi(tables.torches(), tables.kernels(), tables.unread()) == raw


def test_rows_are_found_by_name_version_and_machine() -> None:
    tables = load_abi(dump_abi(TORCHES, KERNELS, ()))
    assert tables.kernels("a-kernel") == KERNELS[:1]
    assert tables.kernels("a-kernel", machine="aarch64") == ()
    assert tables.kernels(version="2.0") == KERNELS[1:]
    assert tables.torches(version="9.1", machine="x86_64") == TORCHES[1:]


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"", id="empty"),
        pytest.param(dump_abi(TORCHES, KERNELS, ())[:-9], id="cut"),
        pytest.param(b"\x00" * 40, id="not compressed"),
        pytest.param(zlib.compress(b"{}"), id="no tables"),
        pytest.param(zlib.compress(b"[1]"), id="no document"),
    ],
)
def test_a_damaged_file_is_told(raw: bytes) -> None:
    with pytest.raises(CatalogDamaged) as caught:
        load_abi(raw)
    assert caught.value.where == "abi.json.z"
