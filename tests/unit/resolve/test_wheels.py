"""Which wheels fit: names of real wheels against Pythons and platforms."""

from __future__ import annotations

import json

import pytest
from packaging.utils import canonicalize_name

from stackpin.model.release import Release
from stackpin.model.target import Platform
from stackpin.resolve.wheels import Fit, fit, pythons_of

__all__: list[str] = []

ANY = Platform(machine="x86_64")
ARM = Platform(machine="aarch64")


def release(*files: str) -> Release:
    row = {"version": "1.0", "files": [[name, 1, "", "2025-01-01T00:00:00Z"] for name in files]}
    return Release(canonicalize_name("some"), "1.0", json.dumps(row))


TORCH = release(
    "torch-2.6.0-cp39-cp39-manylinux1_x86_64.whl",
    "torch-2.6.0-cp313-cp313-manylinux1_x86_64.whl",
    "torch-2.6.0-cp313-cp313t-manylinux_2_28_x86_64.whl",
    "torch-2.6.0-cp310-cp310-manylinux_2_28_aarch64.whl",
    "torch-2.6.0-cp311-none-macosx_11_0_arm64.whl",
    "torch-2.6.0-cp312-cp312-win_amd64.whl",
)
KERNEL = release("sgl_kernel-0.1.4-cp39-abi3-manylinux2014_x86_64.whl")
SGLANG = release(
    "sglang-0.5.23-cp311-cp311-manylinux_2_34_x86_64.whl", "sglang-0.5.23-cp311-cp311-manylinux_2_34_aarch64.whl"
)
PURE = release("sglang-0.4.7-py3-none-any.whl", "sglang-0.4.7.tar.gz")
LEGACY = release("bitsandbytes-0.1-py2.py3-none-manylinux1_x86_64.whl")
SOURCE = release("flash_attn-2.8.3.tar.gz")


@pytest.mark.parametrize(
    ("what", "python", "platform", "expected"),
    [
        pytest.param(TORCH, "3.9", ANY, Fit(wheel=True, glibc=(2, 5), python_fits=True), id="a wheel for this Python"),
        pytest.param(TORCH, "3.10", ANY, Fit(wheel=False, python_fits=True), id="for this Python, but another machine"),
        pytest.param(TORCH, "3.12", ANY, Fit(wheel=False, python_fits=True), id="for this Python, but Windows"),
        pytest.param(TORCH, "3.14", ANY, Fit(wheel=False), id="too new a Python"),
        pytest.param(
            TORCH, "3.13", ANY, Fit(wheel=True, glibc=(2, 5), python_fits=True), id="free-threaded is not ours"
        ),
        pytest.param(TORCH, "3.10", ARM, Fit(wheel=True, glibc=(2, 28), python_fits=True), id="aarch64"),
        pytest.param(KERNEL, "3.12", ANY, Fit(wheel=True, glibc=(2, 17), python_fits=True), id="abi3 serves later"),
        pytest.param(KERNEL, "3.8", ANY, Fit(wheel=False), id="abi3 does not serve earlier"),
        pytest.param(PURE, "3.14", ANY, Fit(wheel=True, glibc=(0, 0), python_fits=True), id="pure Python"),
        pytest.param(LEGACY, "3.11", ANY, Fit(wheel=True, glibc=(2, 5), python_fits=True), id="py2.py3"),
        pytest.param(SOURCE, "3.11", ANY, Fit(wheel=False, source_only=True), id="source only"),
        pytest.param(
            SGLANG,
            "3.11",
            Platform(machine="x86_64", glibc=(2, 28)),
            Fit(wheel=False, python_fits=True, needs_glibc=(2, 34)),
            id="too old a glibc",
        ),
        pytest.param(
            SGLANG,
            "3.11",
            Platform(machine="x86_64", glibc=(2, 35)),
            Fit(wheel=True, glibc=(2, 34), python_fits=True),
            id="a newer glibc",
        ),
    ],
)
def test_how_a_release_meets_a_target(what: Release, python: str, platform: Platform, expected: Fit) -> None:
    assert fit(what, python, platform) == expected


def test_the_least_glibc_of_the_wheels_that_fit_counts() -> None:
    both = release(
        "some-1-cp311-cp311-manylinux_2_34_x86_64.whl",
        "some-1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.manylinux_2_28_x86_64.whl",
    )
    assert fit(both, "3.11", ANY).glibc == (2, 17)


def test_the_pythons_of_a_release_are_those_of_its_version_specific_wheels() -> None:
    assert pythons_of(TORCH, ANY) == ("3.9", "3.13")
    assert pythons_of(TORCH, ARM) == ("3.10",)


@pytest.mark.parametrize("what", [KERNEL, PURE, SOURCE])
def test_wheels_for_many_pythons_name_none(what: Release) -> None:
    assert pythons_of(what, ANY) == ()
