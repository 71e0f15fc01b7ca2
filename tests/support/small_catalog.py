"""Tiny catalogs on disk: a handful of releases and facts, laid out as the embedded one is, for tests of the solve."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from stackpin.catalog.abi_rows import dump_abi
from stackpin.catalog.facts import Facts
from stackpin.catalog.listed_rows import ListedRow, dump_lists
from stackpin.catalog.loader import Catalog, Layer
from stackpin.catalog.manifest import ABI_FILE, LISTS_FILE
from stackpin.model.abi import KernelSymbols, TorchSymbols, WheelRead

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["RUNTIME", "SmallCatalog", "row", "torch_row", "wheel"]

#: What torch's METADATA says of the toolkit that its PyPI build has, to be filled with ``12.4``.
RUNTIME = 'nvidia-cuda-runtime-cu12 (=={}.127) ; platform_system == "Linux" and platform_machine == "x86_64"'
_UPLOADED = "2025-01-01T00:00:00Z"


def wheel(name: str, version: str, tags: str = "py3-none-any") -> str:
    """The name of a wheel."""
    return f"{name.replace('-', '_')}-{version}-{tags}.whl"


def row(name: str, version: str, *requires: str, **more: Any) -> dict[str, Any]:
    """A release row; ``tags`` names the wheels' tags, any other keyword replaces a value of the row."""
    tags = more.pop("tags", ("py3-none-any",))
    uploaded = more.get("uploaded", _UPLOADED)
    files = [[wheel(name, version, tag), 1, "0" * 64, uploaded] for tag in tags]
    entry = {
        "version": version,
        "index": "pypi",
        "uploaded": uploaded,
        "yanked": False,
        "requires_python": ">=3.9",
        "metadata": files[0][0] if files else None,
        "metadata_sha256": "0" * 64,
        "requires": list(requires),
        "extras": [],
        "files": files,
    }
    return {**entry, **more}


def torch_row(version: str, toolkit: str, triton: str = "", **more: Any) -> dict[str, Any]:
    """A torch release whose PyPI build has a toolkit (``12.4``; empty for a CPU build), with its triton."""
    requires = [RUNTIME.format(toolkit)] if toolkit else []
    requires += [f'triton (=={triton}) ; platform_system == "Linux"'] if triton else []
    tags = more.pop("tags", tuple(f"cp3{minor}-cp3{minor}-manylinux_2_28_x86_64" for minor in (10, 11, 12)))
    return row("torch", version, *requires, tags=tags, **more)


@dataclass
class SmallCatalog:
    """A catalog folder in the making: releases by package, and fact tables by name."""

    folder: Path
    releases: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    facts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    exports: dict[str, set[str]] = field(default_factory=dict)
    needs: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    code: dict[str, tuple[str, ...]] = field(default_factory=dict)
    lists: dict[str, list[ListedRow]] = field(default_factory=dict)

    def release(self, name: str, *rows: dict[str, Any]) -> None:
        """Add releases of a package, oldest first."""
        self.releases.setdefault(name, []).extend(rows)

    def fact(self, table: str, **values: Any) -> None:
        """Add a row to a table of facts."""
        self.facts.setdefault(table, []).append(values)

    def torch_build(self, torch: str, tag: str, **more: Any) -> None:
        """Add a build of torch on the index of its tag."""
        index = f"https://index.example/whl/{tag}"
        values = {"torch": torch, "tag": tag, "pypi": False, "arches": ["x86_64"], "index": index, "source": "matrix"}
        self.fact("torch_builds", **{**values, **more})

    def symbols(self, torch: dict[str, set[str]], kernels: dict[str, set[str]]) -> None:
        """What torch releases export, and what kernels need (``demo==1.0``)."""
        self.exports.update(torch)
        self.needs.update({(name, version): names for (name, _, version), names in _split(kernels)})

    def gpu_code(self, release: str, *architectures: str) -> None:
        """The GPUs that a release with symbols has code for (``torch==2.8.0``)."""
        self.code[release] = architectures

    def two_torches(self) -> None:
        """Torch 2.8.0 and 2.9.0 as PyPI has them, for cu124, each with a triton of its own."""
        self.release("torch", torch_row("2.8.0", "12.4", "3.4.0"), torch_row("2.9.0", "12.4", "3.5.0"))
        self.release("triton", row("triton", "3.4.0"), row("triton", "3.5.0"))
        for version in ("2.8.0", "2.9.0"):
            self.torch_build(version, "cu124", pypi=True, cxx11_abi=True)

    def usual_facts(self) -> None:
        """Add what every solve asks for: a stack around torch, CUDA members, drivers."""
        members = ["triton", "torchvision", "torchaudio"]
        self.fact("stacks", name="torch", anchor="torch", members=members, always=["torch", "triton", "torchvision"])
        self.fact("cuda_members", name="cuda-python", major="version")
        self.fact("cuda_members", name="nvidia-cuda-runtime-cu12", major=12, runtime=True)
        self.fact("drivers", cuda="12.4", min_driver="525.60.13", source="vendor")
        self.fact("drivers", cuda="11.8", min_driver="450.80.02", source="vendor")

    def write(self) -> Path:
        """Lay the folder out with its manifest."""
        contents = {f"releases/{name}.jsonl": _lines(rows) for name, rows in self.releases.items()}
        contents["facts.json"] = json.dumps(self.facts).encode()
        if self.needs:
            contents[ABI_FILE] = self._abi()
        if self.lists:
            contents[LISTS_FILE] = dump_lists(self.lists, seen="2026-01-02")
        entries = {name: {"sha256": sha256(raw).hexdigest()} for name, raw in contents.items()}
        manifest = {"schema": 1, "date": "2026-01-02", "digest": "sha256:small", "files": entries}
        for name, raw in {**contents, "manifest.json": json.dumps(manifest).encode()}.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(raw)
        return self.folder

    def _abi(self) -> bytes:
        asked = frozenset().union(*self.needs.values())
        torches = [
            TorchSymbols(
                read=_read("torch", version),
                exports=frozenset(names),
                asked=asked,
                cuda_major=12,
                architectures=self.code.get(f"torch=={version}"),
            )
            for version, names in self.exports.items()
        ]
        kernels = [
            KernelSymbols(read=_read(*key), needs=(frozenset(names),), architectures=self.code.get("==".join(key)))
            for key, names in self.needs.items()
        ]
        return dump_abi(torches, kernels, ())

    def open(self) -> tuple[Catalog, Facts]:
        """Write the folder and open it alone, without the embedded catalog."""
        catalog = Catalog(Layer(self.write()))
        return catalog, Facts(catalog)


def _split(kernels: dict[str, set[str]]) -> list[tuple[tuple[str, str, str], set[str]]]:
    return [(release.partition("=="), names) for release, names in kernels.items()]


def _read(name: str, version: str) -> WheelRead:
    return WheelRead(name=name, version=version, file=wheel(name, version), sha256="ab" * 32, machine="x86_64")


def _lines(rows: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(entry, separators=(",", ":")).encode() + b"\n" for entry in rows)
