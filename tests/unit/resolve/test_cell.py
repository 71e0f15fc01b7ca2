"""One release on one tag: the answer, or the reasons, whatever was asked before."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

from tests.support.small_catalog import row
from tests.support.small_matrix import SmallWorkshop, small_demo

from stackpin.app.compile import Job
from stackpin.resolve.answers import Answer
from stackpin.resolve.cell import Cells

if TYPE_CHECKING:
    from pathlib import Path

__all__: list[str] = []


def test_what_was_found_before_changes_nothing(tmp_path: Path) -> None:
    catalog, _ = small_demo(tmp_path).open()
    workshop = SmallWorkshop(catalog)
    request = workshop.request(Job(requirements=("demo",), cuda="cu124"))
    for order in permutations(("1.0", "1.1", "1.2")):
        cells = Cells(workshop.solver)
        found = {version: cells.find(request, {"demo": version}) for version in order}
        assert {version: isinstance(each, Answer) for version, each in found.items()} == {
            "1.0": True,
            "1.1": False,
            "1.2": False,
        }
        for version in ("1.1", "1.2"):
            reasons = found[version]
            assert isinstance(reasons, tuple)
            assert reasons[0].text.startswith(f"demo {version} needs ")


def test_the_reasons_are_those_of_the_python_that_comes_furthest(tmp_path: Path) -> None:
    small = small_demo(tmp_path)
    only = {"tags": ("cp312-cp312-manylinux_2_28_x86_64",), "requires_python": ">=3.12"}
    small.release("demo", row("demo", "2.0", "torch==2.7.0", **only))
    catalog, _ = small.open()
    workshop = SmallWorkshop(catalog)
    request = workshop.request(Job(requirements=("demo",), cuda="cu124"))
    found = Cells(workshop.solver).find(request, {"demo": "2.0"})
    assert isinstance(found, tuple)
    assert [reason.text for reason in found] == [
        "demo 2.0 needs torch 2.7.0",
        "torch 2.7.0 is built for cu118 and cu126",
    ]
