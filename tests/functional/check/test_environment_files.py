"""Whose CUDA a kernel is built for, and whose files lie there: what is told, and what is silent because it harms nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.support.environments import PYTHON, LaidOut, linked_with, sglang_stack

from stackpin.app.check.environments import EnvironmentJob, Looked, look_at
from stackpin.catalog.facts import Facts
from stackpin.catalog.loader import Catalog
from stackpin.effects.environments import read_environment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__: list[str] = []

FACTS = Facts(Catalog.open())


def looked_at(place: LaidOut) -> Looked:
    return look_at(read_environment(place.prefix), FACTS)


def other_triton(place: LaidOut) -> None:
    place.put("pytorch-triton", "3.2.0", files={"triton/__init__.py": b"# another's\n"})


def overwriting(place: LaidOut) -> None:
    place.put("intruder", "1.0", files={"torchvision/__init__.py": b"# an intruder's\n"})


def cuda_kernel(place: LaidOut, name: str, version: str, *libraries: str) -> None:
    """A kernel whose one shared object is linked with these libraries."""
    library = linked_with("abort", libraries=libraries)
    place.put(name, version, files={f"{name.replace('-', '_')}/ops.so": library})


#: What sgl-kernel 0.3.21 of PyPI is, says the catalog: built with CUDA 12. Of torchao it says that it can do without.
BY_BINARIES = {
    "a fact on PyPI's wheel": (lambda place: place.put("sgl-kernel", "0.3.21"), ["CUDA 12"]),
    "its binaries agree": (lambda place: cuda_kernel(place, "sgl-kernel", "0.3.21", "libcudart.so.12"), ["CUDA 12"]),
    "its binaries are another build": (lambda place: cuda_kernel(place, "sgl-kernel", "0.3.21", "libcudart.so.13"), []),
    "its binaries need no CUDA": (lambda place: cuda_kernel(place, "sgl-kernel", "0.3.21", "libc.so.6"), []),
    "two majors": (
        lambda place: cuda_kernel(place, "sgl-kernel", "0.3.21", "libcudart.so.12", "libcublas.so.13"),
        [],
    ),
    "one that is linked with torch": (
        lambda place: cuda_kernel(place, "stranger", "1.0", "libc10.so", "libcudart.so.12"),
        [],
    ),
    "an optional library": (lambda place: cuda_kernel(place, "torchao", "0.9.0", "libc10.so", "libcudart.so.12"), []),
    "tools that a compiler bundles": (
        lambda place: cuda_kernel(place, "triton", "3.6.0", "libcupti.so.12"),
        [],
    ),
    "libraries of another major alone": (lambda place: place.put("nvidia-cuda-runtime-cu12", "12.9.79"), []),
    "a member named after its major": (lambda place: place.put("cupy-cuda12x", "13.6.0"), ["CUDA 12"]),
}


@pytest.mark.parametrize(("plant", "found"), BY_BINARIES.values(), ids=BY_BINARIES)
def test_whose_cuda_a_kernel_is_built_for(tmp_path: Path, plant: Callable[[LaidOut], object], found: list[str]) -> None:
    """Beside torch 2.11.0, which is cu130 on PyPI."""
    place = LaidOut(tmp_path / "env", PYTHON)
    place.torch("2.11.0", "13.0", label="cu130")
    place.member("triton", "3.6.0")
    plant(place)
    assert [(each.rule.id, each.found) for each in looked_at(place).findings] == [("SP202", each) for each in found]


def test_a_look_alike_that_came_first_has_overwritten_nothing(tmp_path: Path) -> None:
    place = sglang_stack(tmp_path / "env")
    other_triton(place)
    place.member("triton", "3.2.0")
    (finding,) = looked_at(place).findings
    assert finding.message == "pytorch-triton 3.2.0 writes into triton/, which is triton 3.2.0's"


def test_look_alikes_without_the_member_are_told_where_they_write_the_same(tmp_path: Path) -> None:
    place = LaidOut(tmp_path / "env", PYTHON)
    place.put("pytorch-triton", "3.2.0", files={"triton/__init__.py": b"# one\n"})
    assert looked_at(place).findings == ()
    place.put("triton-windows", "3.2.0", files={"triton/__init__.py": b"# two\n"})
    assert [each.rule.id for each in looked_at(place).findings] == ["SP301"]


def test_a_look_alike_in_another_folder_overwrites_nothing(tmp_path: Path) -> None:
    place, other = sglang_stack(tmp_path / "env"), LaidOut(tmp_path / "system", PYTHON)
    other_triton(other)
    environment = read_environment(place.prefix)
    both = environment.__replace__(packages=(*environment.packages, other.packages))
    assert look_at(both, FACTS, EnvironmentJob()).findings == ()


def test_nccl_for_two_majors_is_one_library_for_both(tmp_path: Path) -> None:
    """Both write ``nvidia/nccl/lib/libnccl.so.2`` (57 of 57 files have the same paths)."""
    place = sglang_stack(tmp_path / "env")
    for name, version in (("nvidia-nccl-cu12", "2.21.5"), ("nvidia-nccl-cu13", "2.27.7")):
        content = f"{name} {version}".encode() + bytes(100)
        place.put(name, version, files={"nvidia/nccl/lib/libnccl.so.2": content, "nvidia/__init__.py": b""})
    (finding,) = looked_at(place).findings
    assert (finding.rule.id, finding.package) == ("SP302", "nvidia-nccl-cu12")
    assert (
        finding.message == "1 file of nvidia-nccl-cu12 is nvidia-nccl-cu13 2.27.7's now, nvidia/nccl/lib/libnccl.so.2"
    )


SILENT = {
    "the same bytes": {"torchvision/__init__.py": b"# torchvision 0.21.0\n"},
    "folders that are nobody's": {"tests/__init__.py": b"# theirs\n", "include/a.h": b"// theirs\n"},
    "another file of the package": {"torchvision/plugin.py": b"# a plug-in\n"},
}


@pytest.mark.parametrize("files", SILENT.values(), ids=SILENT)
def test_files_that_harm_nobody_are_silent(tmp_path: Path, files: dict[str, bytes]) -> None:
    place = sglang_stack(tmp_path / "env")
    place.put("torchaudio", "2.6.0", files={"tests/__init__.py": b"# ours\n", "include/a.h": b"// ours\n"})
    place.put("neighbour", "1.0", files=files)
    assert looked_at(place).findings == ()


def test_a_file_that_was_changed_by_hand_is_nobody_else_s(tmp_path: Path) -> None:
    place = sglang_stack(tmp_path / "env")
    overwriting(place)
    (place.packages / "torchvision" / "__init__.py").write_bytes(b"# somebody's patch, of some other length\n")
    assert looked_at(place).findings == ()


def test_files_of_one_size_are_told_apart_by_their_hash(tmp_path: Path) -> None:
    place = sglang_stack(tmp_path / "env")
    own = (place.packages / "torchvision" / "__init__.py").read_bytes()
    place.put("intruder", "1.0", files={"torchvision/__init__.py": own.swapcase()})
    assert [each.rule.id for each in looked_at(place).findings] == ["SP302"]
    (place.packages / "torchvision" / "__init__.py").write_bytes(own)
    assert looked_at(place).findings == ()
