"""A source tree in the place of its anchor's releases, in a catalog of a handful of releases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tests.support.small_catalog import SmallCatalog, row, torch_row

from stackpin.errors import NoTuple
from stackpin.model.request import AUTO, Ask, Request
from stackpin.model.source_tree import ProjectMetadata, Revision, SourceTree
from stackpin.model.stack import Stack
from stackpin.resolve.solve import Solver

if TYPE_CHECKING:
    from pathlib import Path

    from stackpin.model.locked import LockedTuple

__all__: list[str] = []

NAME = canonicalize_name("engine")
MEMBERS = tuple(map(canonicalize_name, ("torch", "triton", "kernel")))
STACK = Stack(name="engine", anchor=NAME, extra="gpu", members=MEMBERS, always=MEMBERS[:2])


@pytest.fixture
def solver(tmp_path: Path) -> Solver:
    small = SmallCatalog(tmp_path)
    small.usual_facts()
    small.release("torch", torch_row("2.6.0", "12.4", "3.2.0"), torch_row("2.7.0", "12.6", "3.3.0"))
    small.torch_build("2.6.0", "cu124", pypi=True)
    small.torch_build("2.7.0", "cu126", pypi=True)
    small.release("triton", row("triton", "3.2.0"), row("triton", "3.3.0"))
    days = {"1.0": "2025-01-01", "1.1": "2025-03-01", "1.2": "2025-06-01"}
    small.release("kernel", *(row("kernel", version, uploaded=f"{day}T00:00:00Z") for version, day in days.items()))
    small.release("engine", row("engine", "0.9", "torch==2.7.0"), row("engine", "1.0", "torch==2.7.0"))
    return Solver(*small.open())


def tree(*requires: str, version: str = "", **more: object) -> SourceTree:
    metadata = ProjectMetadata(name=NAME, version=version, requires=requires, extras=("gpu",))
    return SourceTree(address="./engine", file="pyproject.toml", sha256="0" * 64, metadata=metadata, **more)  # type: ignore[arg-type]


def request(found: SourceTree, cuda: str = "pypi", *, python: str = "", driver: str = "") -> Request:
    ask = Ask(stack=STACK, requirement=Requirement("engine"), text="./engine", tree=found)
    return Request(asks=(ask,), cuda=cuda, python=python, driver=driver)


def pinned(locked: LockedTuple) -> dict[str, str]:
    return {str(pin.name): pin.version for pin in locked.pins}


@pytest.mark.parametrize("version", ["", "1.1rc1", "0.5.dev3"])
def test_a_tree_stands_for_its_anchor_whatever_its_version(solver: Solver, version: str) -> None:
    locked = solver.solve(request(tree("torch==2.6.0", version=version)))
    assert pinned(locked) == {"torch": "2.6.0", "triton": "3.2.0"}
    assert [pin.evidence[0].subject for pin in locked.pins] == ["engine tree", "torch 2.6.0"]


def test_the_releases_of_the_anchor_are_there_again_for_the_next_request(solver: Solver) -> None:
    solver.solve(request(tree("torch==2.6.0")))
    ask = Ask(stack=STACK, requirement=Requirement("engine"), text="engine")
    assert pinned(solver.solve(Request(asks=(ask,)))) == {"engine": "1.0", "torch": "2.7.0", "triton": "3.3.0"}


def test_the_extra_that_brings_the_kernels_counts(solver: Solver) -> None:
    locked = solver.solve(request(tree('torch==2.6.0; extra == "gpu"', 'torch==2.7.0; extra == "other"')))
    assert pinned(locked)["torch"] == "2.6.0"
    assert locked.anchors[0].extra == "gpu"


@pytest.mark.parametrize(
    ("day", "kernel"), [("2025-01-03T00:00:00+00:00", "1.0"), ("2025-03-02T00:00:00+00:00", "1.1"), ("", "1.2")]
)
def test_what_is_open_is_of_the_day_of_the_tree(solver: Solver, day: str, kernel: str) -> None:
    assert pinned(solver.solve(request(tree("torch==2.6.0", "kernel", as_of=day))))["kernel"] == kernel


def test_an_anchor_tells_the_tree_and_its_revision(solver: Solver) -> None:
    revision = Revision(commit="1a2b3c4d5e6f7a8b", committed="2025-05-24T10:00:00+00:00", tags=("v1.1",))
    (anchor,) = solver.solve(request(tree("torch==2.6.0", revision=revision))).anchors
    assert (anchor.version, anchor.tree, anchor.revision) == ("", "./engine", "1a2b3c4d5e6f7a8b")
    assert anchor.chosen == "the source tree at 1a2b3c4d5e6f (v1.1) of 2025-05-24"


def test_a_tag_is_taken_by_the_driver_for_a_tree_too(solver: Solver) -> None:
    locked = solver.solve(request(tree("torch==2.6.0"), AUTO, driver="550.54"))
    assert (locked.cuda, locked.anchors[0].chosen) == ("cu124", "a source tree")


def test_a_refusal_names_the_tree_and_never_the_releases(solver: Solver) -> None:
    with pytest.raises(NoTuple) as caught:
        solver.solve(request(tree("torch==2.6.0"), "cu126"))
    cause = "it needs torch 2.6.0, which is built for cu124"
    assert caught.value.what == f"engine tree has no tuple for cu126: {cause}; take cu124"
    explanation = caught.value.explanation
    assert [refusal.releases for refusal in explanation.refusals] == [("tree",)]  # type: ignore[attr-defined]
    assert [item.command for item in explanation.nearest] == ["stackpin compile ./engine --cuda cu124"]  # type: ignore[attr-defined]
    assert caught.value.hint == "stackpin compile ./engine --cuda cu124"


def test_a_python_that_the_tree_does_not_admit_is_a_reason(solver: Solver) -> None:
    found = tree("torch==2.6.0")
    metadata = found.metadata.__replace__(requires_python=">=3.12")
    with pytest.raises(NoTuple) as caught:
        solver.solve(request(found.__replace__(metadata=metadata), python="3.10"))
    (refusal,) = caught.value.explanation.refusals  # type: ignore[attr-defined]
    assert [reason.text for reason in refusal.reasons] == ["engine tree needs Python >=3.12"]
