"""What a local version label says of a build."""

from __future__ import annotations

import pytest

from stackpin.parse.build_label import is_tag, parse_label

__all__: list[str] = []


@pytest.mark.parametrize(
    ("local", "expected"),
    [
        ("cu126", ("cu126", "")),
        ("cpu", ("cpu", "")),
        ("cpu.cxx11.abi", ("cpu", "")),
        ("cu124torch2.5", ("cu124", "2.5")),
        ("cu.12.8.torch.2.11", ("cu128", "2.11")),
        ("g9ea3a4015.cu129", ("cu129", "")),
        ("cu12torch2.4cxx11abifalse", (None, "2.4")),
        ("cu12", (None, "")),
        ("rocm6.3", (None, "")),
        ("xpu", (None, "")),
        ("cu124.cu126", (None, "")),
        ("abcu124", (None, "")),
        ("20260101", (None, "")),
        ("", (None, "")),
    ],
)
def test_a_label_names_a_tag_and_a_series_or_none(local: str, expected: tuple[str | None, str]) -> None:
    assert tuple(parse_label(local)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("cu118", True), ("cu132", True), ("cpu", True), ("cu12", False), ("rocm6.3", False), ("cu126x", False)],
)
def test_a_tag_has_the_toolkit_to_the_minor(text: str, expected: bool) -> None:
    assert is_tag(text) is expected
