"""The matrix in a terminal: whole text, folded and not, narrow, without colours, in ASCII."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import pytest
from tests.support.small_matrix import small_matrix

from stackpin.cli.matrix_text import matrix_text

if TYPE_CHECKING:
    from pathlib import Path

    from stackpin.model.matrix import Matrix

__all__: list[str] = []

WIDE = """\
demo          torch  cu126 cu124 cu118
1.3 (yanked)  2.6.0    ●     ●*    ·
1.2           {none}        ·     ·     ·
1.1           2.7.0    ○*    ·     ◐
1.0           2.6.0    ●     ●*    ·
""".replace("{none}", "\N{EN DASH}")
LEGEND = """\
● proven (4): every CUDA build in the tuple is known to be this tag's: torch's by its index, a kernel's by the CUDA that
  its binary loads
◐ declared only (1): a kernel's build is what its index says it is; nobody has read that binary
○ unproven (1): a kernel was built with a newer CUDA of the same major, which usually works
· impossible (6): there is no tuple, and the reasons say why
* torch is the very build that PyPI carries"""


@pytest.fixture
def found(tmp_path: Path) -> Matrix:
    return small_matrix(tmp_path)


def shown(found: Matrix, **options: object) -> str:
    return click.unstyle(matrix_text(found, **options))  # type: ignore[arg-type]  # width, plain or folded


def test_a_wide_terminal_shows_one_table_and_its_legend(found: Matrix) -> None:
    assert shown(found) == f"{WIDE}\n{LEGEND}"


def test_colours_carry_nothing_that_the_text_lacks(found: Matrix) -> None:
    coloured = matrix_text(found)
    assert click.unstyle(coloured) == shown(found)
    assert coloured != shown(found)


def test_a_line_for_each_release_shows_pre_releases_too(found: Matrix) -> None:
    lines = shown(found, folded=False).splitlines()
    assert [line.split("  ")[0] for line in lines[:6]] == [
        "demo",
        "1.3 (yanked)",
        "1.2",
        "1.1",
        "1.1rc1 (pre-release)",
        "1.0",
    ]


def test_releases_that_differ_in_nothing_shown_share_a_line(found: Matrix) -> None:
    first = found.rows[-1]
    rows = tuple(first.__replace__(version=version) for version in ("1.9.3", "1.9.2", "1.9.1", "1.8"))
    lines = shown(found.__replace__(rows=(*rows, found.rows[1], first))).splitlines()
    assert [line.split("  ")[0] for line in lines[:5]] == ["demo", "1.9.1 to 1.9.3", "1.8", "1.2", "1.0"]


def test_tags_lose_their_prefix_before_the_table_is_broken(found: Matrix) -> None:
    assert shown(found, width=35).splitlines()[0] == "demo          torch  126 124 118"
    assert [line for line in shown(found, width=29).splitlines() if line.startswith("demo")] == [
        "demo          torch  126 124",
        "demo          torch  118",
    ]


@pytest.mark.parametrize("width", [24, 30, 40, 60, 80])
def test_no_line_is_wider_than_the_terminal(found: Matrix, width: int) -> None:
    assert [line for line in shown(found, width=width).splitlines() if len(line) > max(width, 25)] == []


def test_an_output_without_the_signs_gets_letters(found: Matrix) -> None:
    text = shown(found, plain=True)
    assert text.isascii()
    assert text.splitlines()[3] == "1.1           2.7.0    U*    -     D"


def test_a_matrix_of_torch_has_no_column_of_torch(tmp_path: Path) -> None:
    assert shown(small_matrix(tmp_path, "torch")).splitlines()[0] == "torch  cu126 cu124 cu118"
