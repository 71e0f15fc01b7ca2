"""Every cell of the matrices of sglang, vllm and torch against the solver, which is asked afresh for each."""

from __future__ import annotations

import pytest

from stackpin.app.compile import Job, Workshop
from stackpin.app.matrix import matrix
from stackpin.model.matrix import Mark, Row
from stackpin.resolve.assemble import sureness_of
from stackpin.resolve.cell import Cells

__all__: list[str] = []


def faults(row: Row, anchor: str, workshop: Workshop) -> list[str]:
    """Where a row is not what the solver says of its release."""
    found = []
    for cell in row.cells:
        request = workshop.request(Job(requirements=(f"{anchor}=={row.version}",), cuda=cell.tag))
        answer = workshop.solver.answer(request)
        if answer is None:
            reasons = Cells(workshop.solver).find(request, {anchor: row.version})
            found += [] if cell.reasons == reasons and cell.mark is Mark.IMPOSSIBLE else [f"{cell.tag}: {reasons}"]
        elif cell.locked is None or cell.locked.pins != answer.locked.pins:
            found.append(f"{cell.tag}: {answer.locked.pins}")
        else:
            proven = sureness_of(answer.locked.pins).value
            found += [] if (cell.mark is Mark.UNPROVEN) == (proven == "unproven") else [f"{cell.tag}: {proven}"]
    return found


@pytest.mark.slow
@pytest.mark.parametrize("anchor", ["sglang", "vllm", "torch"])
def test_every_cell_is_what_the_solver_says(anchor: str) -> None:
    workshop = Workshop()
    rows = matrix(Job(requirements=(anchor,)), workshop).rows
    releases = workshop.catalog.releases(anchor) or ()
    assert [row.version for row in rows] == [release.text for release in releases]
    found = {row.version: wrong for row in rows if (wrong := faults(row, anchor, workshop))}
    assert found == {}
