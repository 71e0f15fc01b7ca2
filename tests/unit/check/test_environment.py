"""What breaks a tuple in an environment, and how it is said."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.utils import canonicalize_name
from tests.support.locked import pin, sglang_cu124, sglang_cu126

from stackpin.check.environment import accepted_versions, describe, faults
from stackpin.model.build import Build, Channel
from stackpin.model.cuda import CudaTag
from stackpin.model.environment import Fault, FaultKind, Installed

if TYPE_CHECKING:
    from stackpin.model.locked import LockedTuple

__all__: list[str] = []

SITE = Path("env/lib/python3.11/site-packages")


def installed(*lines: str, site: Path = SITE) -> list[Installed]:
    """Distributions from ``name==version`` lines."""
    pairs = [line.split("==") for line in lines]
    return [
        Installed(canonicalize_name(name), version, site / f"{name}-{version}.dist-info") for name, version in pairs
    ]


def told(lines: list[Installed], locked: LockedTuple | None = None, **options: object) -> list[str]:
    """The faults as people read them."""
    return [describe(each) for each in faults(lines, locked or sglang_cu124(), **options)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "build", "versions"),
    [
        pytest.param("torch", Build(tag=CudaTag("cu124")), {"2.6.0", "2.6.0+cu124"}, id="PyPI's torch"),
        pytest.param("torchaudio", Build(tag=CudaTag("cu124")), {"2.6.0", "2.6.0+cu124"}, id="PyPI's torchaudio"),
        pytest.param("torch", Build(channel=Channel.FIND_LINKS, local="cu126"), {"2.6.0+cu126"}, id="labelled torch"),
        pytest.param("kern", Build(), {"2.6.0", "2.6.0+cu124", "2.6.0+cu124torch2.5"}, id="kernel"),
        pytest.param("kern", Build(local="cu124torch2.5"), {"2.6.0+cu124torch2.5"}, id="labelled kernel"),
    ],
)
def test_a_build_goes_by_these_versions(name: str, build: Build, versions: set[str]) -> None:
    assert accepted_versions(pin(name, "2.6.0", build=build), CudaTag("cu124"), torch="2.5.1") == versions


def test_the_tuple_itself_is_no_fault() -> None:
    assert told(installed("torch==2.6.0", "triton==3.2.0", "sgl-kernel==0.1.4", "cuda-python==12.4.0")) == []


@pytest.mark.parametrize(
    "line",
    ["torch==2.6.0+cu124", "torchvision==0.21+cu124", "flashinfer-python==0.2.5+cu124torch2.6", "triton==3.2"],
)
def test_an_equal_build_is_no_fault(line: str) -> None:
    assert told(installed(line)) == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        pytest.param("triton==3.3.1", "triton 3.3.1 is installed; torch 2.6.0 needs triton 3.2.0", id="wrong version"),
        pytest.param(
            "torch==2.7.1+cu124",
            "torch 2.7.1+cu124 is installed; sglang 0.4.6.post5 needs torch 2.6.0",
            id="wrong version with the right label",
        ),
        pytest.param(
            "torchaudio==2.7.1",
            "torchaudio 2.7.1 is installed; the tuple has torchaudio 2.6.0",
            id="evidence that speaks of itself",
        ),
        pytest.param(
            "sglang==0.5.0", "sglang 0.5.0 is installed; the tuple has sglang 0.4.6.post5", id="another anchor"
        ),
        pytest.param(
            "torch==2.6.0+cu126",
            "torch 2.6.0+cu126 is installed; the tuple has torch 2.6.0, the build for cu124",
            id="wrong build",
        ),
        pytest.param(
            "flashinfer-python==0.2.5+cu124torch2.5",
            "flashinfer-python 0.2.5+cu124torch2.5 is installed; "
            "the tuple has flashinfer-python 0.2.5, the build for cu124",
            id="built for another torch",
        ),
        pytest.param(
            "pytorch-triton==3.2.0",
            "pytorch-triton 3.2.0 is installed and writes triton/; the tuple has triton 3.2.0",
            id="look-alike",
        ),
        pytest.param(
            "cuda-python==13.0.1",
            "cuda-python 13.0.1 is installed; the tuple has cuda-python<13,>=12 "
            "(sglang 0.4.6.post5 asks for cuda-python; cu124 is CUDA 12)",
            id="bound",
        ),
        pytest.param(
            "triton==none", "triton none is installed; torch 2.6.0 needs triton 3.2.0", id="no version at all"
        ),
    ],
)
def test_a_fault_is_told_in_one_line(line: str, words: str) -> None:
    assert told(installed("numpy==1.26.4", line)) == [words]


@pytest.mark.parametrize(
    ("version", "inside"),
    [("12", True), ("12.9.1", True), ("13.0.0", False), ("11.8", False), ("12.6rc1", True), ("13.0rc1", False), ("?", False)],
)  # fmt: skip
def test_a_bound_is_what_its_specifier_says(version: str, inside: bool) -> None:
    assert (faults(installed(f"cuda-python=={version}"), sglang_cu124()) == ()) is inside


def test_only_the_labelled_build_will_do_where_the_tuple_has_one() -> None:
    assert told(installed("torch==2.6.0+cu126"), sglang_cu126()) == []
    assert told(installed("torch==2.6.0"), sglang_cu126()) == [
        "torch 2.6.0 is installed; the tuple has torch 2.6.0+cu126, the build for cu126"
    ]


def test_a_member_without_a_build_for_the_tag_must_not_be_there() -> None:
    assert told(installed("torchaudio==2.6.0"), sglang_cu126()) == [
        "torchaudio 2.6.0 is installed; no release is built for cu126"
    ]


def test_torchs_own_files_are_believed_before_its_version() -> None:
    assert told(installed("torch==2.6.0"), torch_tag="cu124") == []
    assert told(installed("torch==2.6.0"), torch_tag="cpu") == [
        "torch 2.6.0 built for cpu is installed; the tuple has torch 2.6.0, the build for cu124"
    ]


def test_a_member_in_one_folder_twice_is_one_fault() -> None:
    found = faults(installed("torch==2.6.0", "torch==2.5.1", "numpy==1", "numpy==2"), sglang_cu124())
    assert [(each.kind, each.found) for each in found] == [(FaultKind.TWICE, "2.5.1 and 2.6.0")]
    assert describe(found[0]) == "torch is installed more than once, as 2.5.1 and 2.6.0; the tuple has torch 2.6.0"


def test_of_two_folders_the_first_is_what_python_imports() -> None:
    system = installed("torch==2.5.1", site=Path("usr/lib/python3/dist-packages"))
    assert told(installed("torch==2.6.0") + system) == []
    assert told(system + installed("torch==2.6.0")) == [
        "torch 2.5.1 is installed; sglang 0.4.6.post5 needs torch 2.6.0"
    ]


def test_a_member_that_is_set_free_is_no_fault() -> None:
    lines = installed("triton==3.3.1", "pytorch-triton==1", "cuda-python==13", "torch==2.5.1")
    found = faults(lines, sglang_cu124(), allow=["triton", "pytorch-triton", "cuda-python"])
    assert [each.name for each in found] == ["torch"]


def test_faults_do_not_depend_on_the_order_of_folders() -> None:
    lines = installed("triton==3.3.1", "torch==2.6.0+cu126", "pytorch-triton==1", "cuda-python==13")
    first = faults(lines, sglang_cu124())
    assert [each.name for each in first] == ["cuda-python", "pytorch-triton", "torch", "triton"]
    random.Random(4).shuffle(lines)
    assert faults(lines, sglang_cu124()) == first


def test_a_fault_in_a_lock_file_is_said_to_be_locked() -> None:
    fault = Fault(kind=FaultKind.WRONG_VERSION, name="torch", found="2.5.1", wanted="2.6.0")
    assert describe(fault, state="locked") == "torch 2.5.1 is locked; the tuple has torch 2.6.0"
