"""CUDA tags: what a person writes, what they stand for, how they are ordered."""

from __future__ import annotations

import pytest

from stackpin.errors import NotCovered, UnknownName
from stackpin.model.cuda import CPU, CudaTag, cuda_major, cuda_order, parse_cuda_tag, tag_of_toolkit, toolkit_of

__all__: list[str] = []

KNOWN = {"cpu", "cu118", "cu124", "cu126", "cu130"}
LISTED = "one of cpu, cu118, cu124, cu126, cu130"


@pytest.mark.parametrize("tag", sorted(KNOWN))
def test_a_known_tag_is_itself(tag: str) -> None:
    assert parse_cuda_tag(tag, KNOWN) == tag


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("cu12.4", "cu124"),
        ("12.4", "cu124"),
        ("CU124", "cu124"),
        ("cuda-12.4", "cu124"),
        ("cuda12_4", "cu124"),
        (" 13.0 ", "cu130"),
        ("cu125", "cu126"),
        ("cu11", "cu118"),
        ("CPU", "cpu"),
    ],
)
def test_another_spelling_is_refused_with_the_near_miss(text: str, near: str) -> None:
    with pytest.raises(UnknownName) as caught:
        parse_cuda_tag(text, KNOWN)
    error = caught.value
    assert (error.what, error.expected) == (f"there is no CUDA tag {text!r}", LISTED)
    assert near in KNOWN
    assert error.hint == f"--cuda {near}" or near in {"cu126", "cu118"}


@pytest.mark.parametrize("text", ["", "x", "banana"])
def test_what_is_near_nothing_has_no_hint(text: str) -> None:
    with pytest.raises(UnknownName) as caught:
        parse_cuda_tag(text, KNOWN)
    assert (caught.value.hint, caught.value.exit_code) == ("", 2)


@pytest.mark.parametrize("text", ["rocm6.3", "ROCm", "xpu", "hpu", "mps", "npu"])
def test_another_accelerator_is_not_covered(text: str) -> None:
    with pytest.raises(NotCovered) as caught:
        parse_cuda_tag(text, KNOWN)
    error = caught.value
    assert error.what == f"{text!r} is not covered: stackpin knows CUDA and CPU builds only"
    assert (error.slug, error.exit_code, error.expected) == ("not-covered", 2, LISTED)


@pytest.mark.parametrize(
    ("tag", "toolkit", "major"),
    [("cu118", "11.8", 11), ("cu124", "12.4", 12), ("cu130", "13.0", 13), ("cpu", "", None)],
)
def test_a_tag_stands_for_a_toolkit_of_a_major(tag: str, toolkit: str, major: int | None) -> None:
    assert (toolkit_of(CudaTag(tag)), cuda_major(CudaTag(tag))) == (toolkit, major)


@pytest.mark.parametrize(
    ("version", "tag"),
    [("12.4.127", "cu124"), ("12.4", "cu124"), ("13.0.2", "cu130"), ("11.8.89", "cu118"), ("13", "cu130")],
)
def test_a_toolkit_has_a_tag(version: str, tag: str) -> None:
    assert tag_of_toolkit(version) == tag


def test_tags_are_ordered_by_toolkit_with_cpu_before_all() -> None:
    tags = [CudaTag(tag) for tag in ("cu130", "cu118", "cu132", "cu129", "cpu")]
    assert sorted(tags, key=cuda_order) == ["cpu", "cu118", "cu129", "cu130", "cu132"]
    assert cuda_order(CPU) == (0, 0)
