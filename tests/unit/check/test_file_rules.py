"""SP501 and SP502: what is found where, and that the fix makes it go away."""

from __future__ import annotations

import pytest
from packaging.requirements import Requirement

from stackpin.check.file_rules import MarkedIndex, local_in_range, marker_on_index
from stackpin.model.finding import Edit
from stackpin.model.mention import Place

__all__: list[str] = []


def place_of(text: str, column: int = 5) -> Place:
    return Place(path="r.txt", line=3, column=column, end_column=column + len(text))


@pytest.mark.parametrize(
    ("text", "clause", "column", "right"),
    [
        ("torch>=2.6.0+cu126", ">=2.6.0+cu126", 10, ">=2.6.0"),
        ("torch >= 2.6.0+cu126 , < 3", ">= 2.6.0+cu126", 11, ">= 2.6.0"),
        ("torch[x]<3,~=2.6.0+cu126 ; python_version < '3.12'", "~=2.6.0+cu126", 16, "~=2.6.0"),
        ("torch==2.6.*+cu126", "==2.6.*+cu126", 10, "==2.6.*"),
        ("torch (<=2.6.0+cu126)", "<=2.6.0+cu126", 12, "<=2.6.0"),
        ("torch>2.6.0+cu126", ">2.6.0+cu126", 10, ">2.6.0"),
    ],
)
def test_a_range_with_a_local_version_is_found_at_its_column(text: str, clause: str, column: int, right: str) -> None:
    (found,) = local_in_range(text, place_of(text))
    assert (found.rule.id, found.package, found.found, found.wanted) == ("SP501", "torch", clause, right)
    assert (found.place.line, found.place.column, found.place.end_column) == (3, column, column + len(clause))
    assert found.fix.edits == (Edit(place=found.place, old=clause, new=right),)
    assert Requirement(text.replace(clause, right)).name == "torch"


def test_each_range_of_a_requirement_is_told() -> None:
    text = "torch>=2.6+cu126,<2.8+cu126"
    assert [each.place.column for each in local_in_range(text, place_of(text, 1))] == [6, 18]


@pytest.mark.parametrize(
    "text",
    [
        "torch==2.6.0+cu126",
        "torch===2.6.0+cu126",
        "torch!=2.6.0+cu126",
        "torch>=2.6.0",
        "torch",
        "torch==2.6.0 ; platform_release >= '5+1'",
        "torch>=2.6.0+cu126 what",
        "torch>=2.6.0+cu126,<",
        "+cu126>=2.6.0+cu126",
        "<<<<<<< HEAD>=1+a",
        "https://x.example/torch>=2.6.0+cu126",
        "",
    ],
)
def test_anything_else_is_not_told(text: str) -> None:
    assert local_in_range(text, place_of(text)) == ()


def test_a_requirement_over_several_lines_is_told_at_its_beginning_and_not_edited() -> None:
    (found,) = local_in_range("torch  >=2.6.0+cu126", Place(path="r.txt", line=3, column=5))
    assert (found.place.column, found.fix.edits) == (5, ())
    assert found.fix.text == "torch>=2.6.0, or one build: torch==2.6.0+cu126"


@pytest.mark.parametrize(
    ("glued", "doing"), [(False, "pip takes the index everywhere"), (True, "pip and uv take it for")]
)
def test_a_marker_on_an_index_is_told_with_what_the_tools_do(glued: bool, doing: str) -> None:
    place = Place(path="r.txt", line=2, column=19, end_column=38)
    tail_place = Place(path="r.txt", line=2, column=38, end_column=62)
    index = MarkedIndex(
        option="--extra-index-url",
        address="https://x.example",
        place=place,
        marker="sys_platform == 'linux'",
        tail=" ; sys_platform == 'linux'",
        tail_place=tail_place,
        glued=glued,
    )
    found = marker_on_index(index)
    assert (found.rule.id, found.place, found.found) == ("SP502", place, "sys_platform == 'linux'")
    assert doing in found.message
    assert found.fix.edits == (Edit(place=tail_place, old=index.tail, new=""),)
