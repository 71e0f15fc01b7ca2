"""Questions to the ABI facts: what a kernel wheel needs, what a torch wheel exports."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from packaging.version import Version

from stackpin.catalog.abi_rows import AbiTables, dump_abi, load_abi
from stackpin.catalog.manifest import ABI_FILE
from stackpin.errors import CatalogGap

if TYPE_CHECKING:
    from stackpin.catalog.loader import Catalog
    from stackpin.model.abi import KernelSymbols, TorchSymbols

__all__ = ["AbiFacts"]


class AbiFacts:
    """The symbols in a catalog; the file is read when the first question comes."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._exports: dict[tuple[str, str], TorchSymbols | None] = {}
        self._needs: dict[tuple[str, str, str], KernelSymbols | None] = {}
        self._torches: dict[str, tuple[TorchSymbols, ...]] = {}
        self._kernels: dict[tuple[str, str], tuple[KernelSymbols, ...]] = {}

    @cached_property
    def _tables(self) -> AbiTables:
        raw = self._catalog.file(ABI_FILE)
        return load_abi(raw if raw is not None else dump_abi((), (), ()))

    def kernel(self, name: str, version: str, machine: str) -> KernelSymbols | None:
        """What the wheel of a release needs; None where none was read. Read once."""
        key = (name, version, machine)
        if key not in self._needs:
            found = self._tables.kernels(name, machine=machine, version=version) if self.follows(name) else ()
            self._needs[key] = next(iter(found), None)
        return self._needs[key]

    def exports(self, version: str, machine: str) -> TorchSymbols | None:
        """What a torch release exports; None where no wheel of it was read. Read once."""
        key = (version, machine)
        if key not in self._exports:
            self._exports[key] = next(iter(self._tables.torches(machine=machine, version=version)), None)
        return self._exports[key]

    def kernels(self, name: str, machine: str) -> tuple[KernelSymbols, ...]:
        """All wheels of a package that were read, oldest release first; of every package where no name is given. Read once."""
        key = (name, machine)
        if key not in self._kernels:
            found = self._tables.kernels(name, machine=machine)
            self._kernels[key] = tuple(sorted(found, key=lambda each: (each.read.name, Version(each.read.version))))
        return self._kernels[key]

    def torch(self, version: str, machine: str) -> TorchSymbols:
        """What a torch release exports.

        :raises CatalogGap: when no wheel of it was read.
        """
        found = self.exports(version, machine)
        if found is None:
            known = [each.read.version for each in self.torches(machine)]
            raise CatalogGap(
                f"the catalog has no symbols of torch {version} for {machine}",
                expected=f"{known[0]} to {known[-1]}" if known else "some release of torch",
                hint="stackpin catalog update --abi",
            )
        return found

    def torches(self, machine: str) -> tuple[TorchSymbols, ...]:
        """All torch wheels that were read, oldest release first. Read once."""
        if machine not in self._torches:
            found = self._tables.torches(machine=machine)
            self._torches[machine] = tuple(sorted(found, key=lambda each: Version(each.read.version)))
        return self._torches[machine]

    def why_unread(self, name: str, version: str, machine: str) -> str:
        """Why no wheel of a release was read; empty where nothing is known of that."""
        key = (name, version, machine)
        return next((each.why for each in self._tables.unread() if each[:3] == key), "")

    def follows(self, name: str) -> bool:
        """Whether the binaries of a package are looked at."""
        return name in self._followed

    @cached_property
    def _followed(self) -> frozenset[str]:
        return self._tables.names()
