"""Which files stay on a page, and why the others do not: the versions come from METADATA lines of the releases."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tests.support.hollow import HollowIndex, rows_of
from tests.support.locked import sglang_cu124
from tests.support.serving import rules_of

from stackpin.check.rules import accepted_by_name
from stackpin.model.locked import Anchor
from stackpin.model.value import replace
from stackpin.serve.rules import TupleRules, left_out_of

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__: list[str] = []

#: What people type, the tag, and the release that it comes to (the newest 0.4 whose torch has a cu124 build).
SGLANG = ("sglang==0.4.*", "cu124", "0.4.6.post5")
TORCH_CU126 = ("torch==2.10.*", "cu126")


def lines(project: str, version: str) -> Iterator[Requirement]:
    """The Requires-Dist lines of a release's METADATA."""
    row = next(row for row in rows_of(project) if row["version"] == version and row["index"] == "pypi")
    yield from map(Requirement, row["requires"] or ())


def pinned(project: str, version: str) -> dict[str, str]:
    """What the METADATA of a release pins exactly, by normalized name."""
    found: dict[str, str] = {}
    for line in lines(project, version):
        for specifier in line.specifier:
            if specifier.operator == "==" and "*" not in specifier.version:
                found[canonicalize_name(line.name)] = specifier.version
    return found


def page(project: str) -> list[str]:
    """The files of a project on PyPI, as the catalog's rows list them."""
    return [file.name for file in HollowIndex.shelf(f"pypi/simple/{project}")]


def versions_that_stay(rules: TupleRules, project: str, files: list[str]) -> set[str]:
    return {file.split("-")[1] for file in files if rules.reason(project, file) is None}


@pytest.mark.parametrize("member", ["torch", "sgl-kernel", "torchvision", "flashinfer-python", "xgrammar", "torchao"])
def test_of_a_member_the_release_stays_that_the_anchors_metadata_pins(member: str) -> None:
    request, tag, anchor = SGLANG
    expected = pinned("sglang", anchor)[member]
    files = page(member)
    assert versions_that_stay(rules_of(request, tag), member, files) == {expected}
    assert len({file.split("-")[1] for file in files}) > 1


def test_of_triton_the_release_stays_that_torchs_metadata_pins() -> None:
    request, tag, anchor = SGLANG
    torch = pinned("sglang", anchor)["torch"]
    assert versions_that_stay(rules_of(request, tag), "triton", page("triton")) == {pinned("torch", torch)["triton"]}


def test_of_the_anchor_its_own_release_stays() -> None:
    request, tag, anchor = SGLANG
    assert versions_that_stay(rules_of(request, tag), "sglang", page("sglang")) == {anchor}


def test_of_a_cuda_member_the_releases_of_the_tags_major_stay() -> None:
    """cu124 is CUDA 12: cuda-python 12.x."""
    request, tag, _ = SGLANG
    files = page("cuda-python")
    stay = versions_that_stay(rules_of(request, tag), "cuda-python", files)
    assert stay
    assert {version.split(".")[0] for version in stay} == {"12"}
    assert {"11", "13"} <= {file.split("-")[1].split(".")[0] for file in files}


def test_of_a_look_alike_nothing_stays() -> None:
    request, tag, _ = SGLANG
    left_out = left_out_of(rules_of(request, tag), "pytorch-triton", ["pytorch_triton-0.0.1-py3-none-any.whl"])
    assert [str(row) for row in left_out] == [
        "pytorch-triton 0.0.1: writes triton/, as triton 3.2.0 of the tuple does  (seen: in the wheel)"
    ]


@pytest.mark.parametrize("project", ["requests", "numpy", "nvidia-nccl-cu12"])
def test_a_project_that_the_tuple_does_not_speak_of_keeps_everything(project: str) -> None:
    rules = rules_of(*SGLANG[:2])
    files = [f"{project.replace('-', '_')}-{version}.tar.gz" for version in ("1.0", "2.0rc1")] + ["no file name at all"]
    assert not rules.speaks_of(project)
    assert [rules.reason(project, file) for file in files] == [None] * 3


WHEEL = "torch-{}-cp312-cp312-{}.whl"
LINUX = "manylinux1_x86_64"


@pytest.mark.parametrize(
    ("version", "reason"),
    [
        ("2.6.0", ""),
        ("2.6.0+cu124", ""),  # facts say that PyPI's 2.6.0 is the cu124 build
        ("2.6.0+cu126", "another build than the tuple's 2.6.0, the cu124 build of the index itself"),
        ("2.6.0+cpu", "another build than the tuple's 2.6.0, the cu124 build of the index itself"),
        ("2.6", ""),
        ("2.6.0rc1", "the tuple has torch 2.6.0"),
        ("2.6.0.post1", "the tuple has torch 2.6.0"),
        ("2.7.1", "the tuple has torch 2.6.0"),
    ],
)
def test_of_the_tuples_version_the_builds_stay_that_equal_pypis_own(version: str, reason: str) -> None:
    found = rules_of(*SGLANG[:2]).reason("torch", WHEEL.format(version, LINUX))
    assert (found.text if found else "") == reason


@pytest.mark.parametrize(
    ("version", "reason"),
    [
        ("2.10.0+cu126", ""),
        ("2.10.0", "another build than the tuple's 2.10.0+cu126"),
        ("2.10.0+cu128", "another build than the tuple's 2.10.0+cu126"),
        ("2.9.1+cu126", "the tuple has torch 2.10.0+cu126"),
    ],
)
def test_where_the_tuple_has_a_labelled_build_pypis_own_is_left_out(version: str, reason: str) -> None:
    rules = rules_of(*TORCH_CU126)
    found = rules.reason("torch", WHEEL.format(version, "manylinux_2_28_x86_64"))
    assert (found.text if found else "") == reason
    assert re.fullmatch(r"https://[^/]+/whl/cu126/torch/", rules.page_of("torch"))
    assert rules.page_of("triton") == ""


@pytest.mark.parametrize(
    ("platform", "reason"),
    [
        ("manylinux_2_17_x86_64.manylinux2014_x86_64", ""),
        ("linux_x86_64", ""),
        ("manylinux2014_aarch64", "a wheel for manylinux2014_aarch64; the tuple is for linux x86_64"),
        ("win_amd64", "a wheel for win_amd64; the tuple is for linux x86_64"),
        ("macosx_11_0_arm64", "a wheel for macosx_11_0_arm64; the tuple is for linux x86_64"),
    ],
)
def test_torch_for_another_platform_is_another_build(platform: str, reason: str) -> None:
    """As the guard line of a constraints file closes torch outside the target."""
    found = rules_of(*SGLANG[:2]).reason("torch", WHEEL.format("2.6.0", platform))
    assert (found.text if found else "") == reason


def test_with_a_python_asked_torch_for_another_one_is_left_out() -> None:
    locked = replace(sglang_cu124(), python_asked="3.11")
    rules = TupleRules(locked, accepted_by_name(locked))
    files = {python: f"torch-2.6.0-{python}-{python}-{LINUX}.whl" for python in ("cp310", "cp311", "cp312")}
    found = {python: rules.reason("torch", file) for python, file in files.items()}
    assert {python: reason.text if reason else "" for python, reason in found.items()} == {
        "cp310": "a wheel for cp310; the tuple is for Python 3.11",
        "cp311": "",
        "cp312": "a wheel for cp312; the tuple is for Python 3.11",
    }


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ("torch-2.6.0.tar.gz", ""),
        ("torch-2.5.1.zip", "the tuple has torch 2.6.0"),
        ("torch-latest.whl", "its name does not tell which release it is of"),
        ("torch-2.6.0-py3.11.egg", "its name does not tell which release it is of"),
        ("triton-3.2.0-cp312-cp312-linux_x86_64.whl", "it is a file of triton"),
    ],
)
def test_a_member_keeps_what_its_name_tells_to_be_the_tuples(file: str, reason: str) -> None:
    found = rules_of(*SGLANG[:2]).reason("torch", file)
    assert (found.text if found else "") == reason


def test_the_reason_has_the_line_that_forced_the_pin() -> None:
    reason = rules_of(*SGLANG[:2]).reason("torch", WHEEL.format("2.7.1", LINUX))
    expected = next(str(line) for line in lines("sglang", SGLANG[2]) if line.name == "torch")
    assert reason is not None
    assert str(reason.evidence[0]).replace("'", '"') == f"sglang {SGLANG[2]}: {expected}"


def test_an_anchor_that_a_source_tree_stands_for_has_no_release() -> None:
    anchor = Anchor(name=canonicalize_name("sglang"), version="", request="./sglang", chosen="", tree="./sglang")
    locked = replace(sglang_cu124(), anchors=(anchor,))
    found = TupleRules(locked, accepted_by_name(locked)).reason("sglang", "sglang-0.4.6.post5-py3-none-any.whl")
    assert found is not None
    assert found.text == "the tuple is that of a source tree, ./sglang"


def test_what_is_left_out_is_told_a_release_at_a_time_newest_first() -> None:
    files = [WHEEL.format(version, LINUX) for version in ("2.5.1", "2.6.0", "2.10.0", "2.5.1")]
    files.append("torch-2.5.1.tar.gz")
    rows = left_out_of(rules_of(*SGLANG[:2]), "torch", files)
    assert [(row.version, len(row.files)) for row in rows] == [("2.10.0", 1), ("2.5.1", 3)]
    assert {row.reason.text for row in rows} == {"the tuple has torch 2.6.0"}
