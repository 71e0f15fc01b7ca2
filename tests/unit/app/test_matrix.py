"""The matrix: each cell is what the solver says of that release on that tag, with a mark for how well it is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.support.small_matrix import SmallWorkshop, small_demo, small_matrix

from stackpin.app.compile import Job
from stackpin.app.matrix import matrix, page_parts
from stackpin.errors import CatalogGap, NotCovered, UnknownName, UsageError
from stackpin.model.explanation import Explanation

if TYPE_CHECKING:
    from pathlib import Path

    from stackpin.model.matrix import Matrix

__all__: list[str] = []


def marks(found: Matrix) -> dict[str, str]:
    """Version → first letters of the marks, in the order of the tags."""
    return {row.version: "".join(cell.mark.value[0] for cell in row.cells) for row in found.rows}


def test_each_release_has_a_mark_on_each_tag_newest_first(tmp_path: Path) -> None:
    found = small_matrix(tmp_path)
    assert found.tags == ("cu126", "cu124", "cu118")
    assert marks(found) == {"1.3": "ppi", "1.2": "iii", "1.1": "uid", "1.1rc1": "uid", "1.0": "ppi"}


def test_a_row_says_what_its_release_is(tmp_path: Path) -> None:
    rows = {row.version: row for row in small_matrix(tmp_path).rows}
    assert [name for name, row in rows.items() if row.yanked] == ["1.3"]
    assert [name for name, row in rows.items() if row.prerelease] == ["1.1rc1"]
    assert (rows["1.0"].uploaded, rows["1.0"].torches, rows["1.2"].torches) == ("2025-01-02", ("2.6.0",), ())


def test_pypis_own_torch_is_told_apart(tmp_path: Path) -> None:
    rows = small_matrix(tmp_path).rows
    own = {(row.version, cell.tag) for row in rows for cell in row.cells if cell.is_pypis}
    assert own == {("1.3", "cu124"), ("1.1", "cu126"), ("1.1rc1", "cu126"), ("1.0", "cu124")}


def test_a_cell_is_the_solvers_own_answer(tmp_path: Path) -> None:
    catalog, _ = small_demo(tmp_path).open()
    workshop = SmallWorkshop(catalog)
    for row in matrix(Job(requirements=("demo",)), workshop).rows:
        for cell in row.cells:
            request = workshop.request(Job(requirements=(f"demo=={row.version}",), cuda=cell.tag))
            answer = workshop.solver.answer(request)
            assert (answer.locked.pins if answer else None) == (cell.locked.pins if cell.locked else None)
            assert bool(cell.reasons) == (answer is None)


def test_a_refused_cell_has_the_reasons_of_the_refusal(tmp_path: Path) -> None:
    catalog, _ = small_demo(tmp_path).open()
    workshop = SmallWorkshop(catalog)
    for row in matrix(Job(requirements=("demo",)), workshop).rows:
        for cell in row.cells:
            if cell.locked is None:
                request = workshop.request(Job(requirements=(f"demo=={row.version}",), cuda=cell.tag))
                with pytest.raises(Exception, match="does not exist") as caught:
                    workshop.solver.solve(request)
                explanation = getattr(caught.value, "explanation", None)
                assert isinstance(explanation, Explanation)
                assert cell.reasons == explanation.refusals[0].reasons


def test_a_requirement_narrows_the_releases_and_a_tag_the_columns(tmp_path: Path) -> None:
    found = small_matrix(tmp_path, "demo>=1.1,<1.3", cuda="cu124")
    assert (found.tags, marks(found)) == (("cu124",), {"1.2": "i", "1.1": "i"})


def test_the_command_asks_for_the_cell(tmp_path: Path) -> None:
    found = small_matrix(tmp_path, "demo==1.0", python="3.11", platform="manylinux_2_28_x86_64", gpu="sm_90")
    (cell,) = [cell for cell in found.rows[0].cells if cell.tag == "cu124"]
    assert cell.command == (
        "stackpin compile demo==1.0 --cuda cu124 --python 3.11 --platform manylinux_2_28_x86_64 --gpu sm_90"
    )
    assert cell.locked is not None
    assert cell.locked.pythons == ("3.11",)


def test_a_driver_rules_out_the_tags_that_it_does_not_run(tmp_path: Path) -> None:
    found = small_matrix(tmp_path, "demo==1.0", driver="470.10")
    assert marks(found) == {"1.0": "iii"}
    assert [reason.text for reason in found.rows[0].cells[0].reasons] == [
        "cu126 needs NVIDIA driver 525.60.13 or newer; this one is 470.10"
    ]
    assert found.rows[0].cells[0].reasons[0].evidence == "vendor"
    assert found.rows[0].cells[2].reasons[0].text.startswith("demo 1.0 needs kernel 1.0")


@pytest.mark.parametrize(
    ("requirement", "options", "error"),
    [
        pytest.param("demo", {"cuda": "auto"}, UsageError, id="auto"),
        pytest.param("demo", {"cuda": "pypi"}, UsageError, id="pypi"),
        pytest.param("demo", {"cuda": "rocm6.3"}, NotCovered, id="another accelerator"),
        pytest.param("demo", {"cuda": "cu999"}, UnknownName, id="no such tag"),
        pytest.param("kernel", {}, UnknownName, id="a member"),
        pytest.param("nonesuch", {}, UnknownName, id="no such stack"),
        pytest.param("demo=1.0", {}, UsageError, id="no requirement"),
        pytest.param("demo==7", {}, CatalogGap, id="no such release"),
    ],
)
def test_what_is_no_matrix_is_refused(
    tmp_path: Path, requirement: str, options: dict[str, str], error: type[Exception]
) -> None:
    with pytest.raises(error):
        small_matrix(tmp_path, requirement, **options)


class Told:
    """A reporter that keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def begin(self, label: str, total: int) -> None:
        self.lines.append(f"{label} {total}")

    def advance(self, label: str) -> None:
        self.lines.append(label)

    def note(self, text: str) -> None:
        self.lines.append(text)

    def end(self) -> None:
        self.lines.append("end")


def test_progress_is_told_release_by_release(tmp_path: Path) -> None:
    catalog, _ = small_demo(tmp_path).open()
    told = Told()
    matrix(Job(requirements=("demo>=1.2",)), SmallWorkshop(catalog), told)
    assert told.lines == ["releases 2", "releases", "releases"]


def test_the_parts_of_the_page_are_in_the_package() -> None:
    parts = page_parts()
    assert (parts.frame[:15], ":root" in parts.style, '"use strict"' in parts.script) == ("<!DOCTYPE html>", True, True)
