"""The file of ABI facts: which symbols of torch each kernel wheel needs, and which of them each torch wheel exports.

One JSON document, compressed (zlib). ``symbols`` lists all names that any kernel needs, sorted; a row holds a set of them as
one hexadecimal number, bit n for the n-th name, so that a thousand wheels fit into a hundred kilobytes. Each row names the
wheel and its sha256: the evidence.
"""

from __future__ import annotations

import json
import zlib
from itertools import compress
from typing import TYPE_CHECKING, Any, NamedTuple

from stackpin.catalog.manifest import ABI_FILE
from stackpin.catalog.packed import read_packed
from stackpin.model.abi import KernelSymbols, TorchSymbols, WheelRead

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["AbiTables", "Unread", "dump_abi", "load_abi"]

#: The digits of a binary number as bytes that are true or false.
_TRUTH = bytes.maketrans(b"01", b"\0\1")


class Unread(NamedTuple):
    """A release of which no wheel could be read, and why."""

    name: str
    version: str
    machine: str
    why: str


class AbiTables:
    """The rows, each made into a value when it is asked for."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._symbols: list[str] = document["symbols"]
        self._torches: list[dict[str, Any]] = document["torch"]
        self._kernels: list[dict[str, Any]] = document["kernels"]
        self._unread: list[list[str]] = document["unread"]

    @property
    def symbols(self) -> tuple[str, ...]:
        """Every name that any kernel needs, sorted."""
        return tuple(self._symbols)

    def torches(self, *, machine: str = "", version: str = "") -> tuple[TorchSymbols, ...]:
        """What torch wheels export, oldest release first; of one machine or version where that is given."""
        asked = frozenset(self._symbols)
        rows = (row for row in self._torches if _meant(row, machine, version))
        return tuple(
            TorchSymbols(
                read=_wheel(row, "torch"),
                exports=self._set(row["exports"]),
                asked=asked if "asked" not in row else self._set(row["asked"]),
                cxx11_abi=row.get("cxx11_abi"),
                cuda_major=row.get("cuda"),
                architectures=_names(row.get("sm")),
            )
            for row in rows
        )

    def kernels(self, name: str = "", *, machine: str = "", version: str = "") -> tuple[KernelSymbols, ...]:
        """What kernel wheels need, sorted by name, oldest release first."""
        rows = (row for row in self._kernels if name in {"", row["name"]} and _meant(row, machine, version))
        return tuple(
            KernelSymbols(
                read=_wheel(row, row["name"]),
                needs=tuple(map(self._set, row["needs"])),
                cuda_majors=tuple(row.get("cuda", ())),
                cxx11_abi=row.get("cxx11_abi"),
                stable=row.get("stable", False),
                architectures=_names(row.get("sm")),
                series=tuple(row.get("series", ())),
                writes=tuple(row.get("writes", ())),
            )
            for row in rows
        )

    def names(self) -> frozenset[str]:
        """The kernel packages of which any wheel was read, or could not be."""
        return frozenset([row["name"] for row in self._kernels] + [row[0] for row in self._unread])

    def unread(self) -> tuple[Unread, ...]:
        """The releases that could not be read."""
        return tuple(Unread(*row) for row in self._unread)

    def _set(self, mask: str) -> frozenset[str]:
        bits = bin(int(mask, 16))[:1:-1].encode().translate(_TRUTH)
        return frozenset(compress(self._symbols, bits))


def load_abi(raw: bytes, where: str = ABI_FILE) -> AbiTables:
    """Read the file.

    :raises CatalogDamaged: when it is cut or altered.
    """
    return read_packed(raw, AbiTables, what="ABI facts", where=where, command="stackpin catalog update --abi")


def dump_abi(torches: Iterable[TorchSymbols], kernels: Iterable[KernelSymbols], unread: Iterable[Unread]) -> bytes:
    """Write the file; the same rows give the same text. Rows keep their order, names are sorted."""
    kernels, torches = list(kernels), list(torches)
    symbols = sorted({name for kernel in kernels for needs in kernel.needs for name in needs})
    place = {name: number for number, name in enumerate(symbols)}
    document = {
        "symbols": symbols,
        "torch": [_torch_row(torch, place, symbols) for torch in torches],
        "kernels": [_kernel_row(kernel, place) for kernel in kernels],
        "unread": [list(row) for row in unread],
    }
    return zlib.compress(json.dumps(document, separators=(",", ":")).encode(), 9)


def _torch_row(torch: TorchSymbols, place: Mapping[str, int], symbols: Sequence[str]) -> dict[str, Any]:
    row = {**_read_row(torch.read), "exports": _mask(torch.exports, place)}
    if not torch.asked.issuperset(symbols):
        row["asked"] = _mask(torch.asked, place)
    row |= {} if torch.cxx11_abi is None else {"cxx11_abi": torch.cxx11_abi}
    row |= {} if torch.cuda_major is None else {"cuda": torch.cuda_major}
    return row | ({} if torch.architectures is None else {"sm": list(torch.architectures)})


def _kernel_row(kernel: KernelSymbols, place: Mapping[str, int]) -> dict[str, Any]:
    row = {"name": kernel.read.name, **_read_row(kernel.read), "needs": [_mask(needs, place) for needs in kernel.needs]}
    row |= {"cuda": list(kernel.cuda_majors)} if kernel.cuda_majors else {}
    row |= {} if kernel.cxx11_abi is None else {"cxx11_abi": kernel.cxx11_abi}
    row |= {"stable": True} if kernel.stable else {}
    row |= {"series": list(kernel.series)} if kernel.series else {}
    row |= {"writes": list(kernel.writes)} if kernel.writes else {}
    return row | ({} if kernel.architectures is None else {"sm": list(kernel.architectures)})


def _names(found: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if found is None else tuple(found)


def _read_row(read: WheelRead) -> dict[str, Any]:
    return {"version": read.version, "file": read.file, "sha256": read.sha256, "machine": read.machine}


def _mask(names: Iterable[str], place: Mapping[str, int]) -> str:
    return f"{sum(1 << place[name] for name in names if name in place):x}"


def _wheel(row: Mapping[str, Any], name: str) -> WheelRead:
    return WheelRead(name=name, version=row["version"], file=row["file"], sha256=row["sha256"], machine=row["machine"])


def _meant(row: Mapping[str, Any], machine: str, version: str) -> bool:
    return machine in {"", row["machine"]} and version in {"", row["version"]}
