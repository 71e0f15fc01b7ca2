"""Requirements with another version in them."""

from __future__ import annotations

import pytest

from stackpin.check.rewriting import rewritten
from stackpin.model.mention import Mention, Place, Role
from stackpin.model.names import normalized_name

__all__: list[str] = []

PLACE = Place(path="r.txt", line=1, column=1, end_column=9)


def mention(text: str, **parts: object) -> Mention:
    given = {"place": PLACE, "role": Role.REQUIRED, "specifier": "==1", **parts}
    return Mention(name=normalized_name("torch"), text=text, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("torch==2.6.0", "torch===2.7.1"),
        ("Torch [a, b] >= 2 , < 3 ; python_version > '3'", "Torch [a, b]===2.7.1 ; python_version > '3'"),
        ("torch (>=2,<3)", "torch===2.7.1"),
        ("torch", "torch===2.7.1"),
        ("torch;extra == 'a'", "torch===2.7.1;extra == 'a'"),
        ("torch @ https://x.example/torch-2-py3-none-any.whl", ""),
        ("./torch-2-py3-none-any.whl", ""),
        ("", ""),
    ],
)
def test_name_extras_and_marker_stay(text: str, expected: str) -> None:
    assert rewritten(mention(text), "===2.7.1") == expected


def test_a_constraint_without_its_name_is_replaced_alone() -> None:
    assert rewritten(mention("^2.6", bare=True), "===2.7.1") == "==2.7.1"
    assert rewritten(mention("2.6.0", bare=True), "==2.7.1") == "==2.7.1"
    assert rewritten(mention("./wheels/torch.whl", bare=True, specifier=""), "==2.7.1") == ""


def test_what_no_edit_alone_puts_right_is_left() -> None:
    assert rewritten(mention("torch==1", hashed=True), "==2") == ""
    assert rewritten(mention("torch  ==1", place=Place(path="r.txt", line=1, column=1)), "==2") == ""
