"""A bare anchor name asks for the newest release: it is not walked back for a machine, but it is for what else is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tests.support.small_catalog import SmallCatalog, row

from stackpin.errors import NoTuple
from stackpin.model.request import Ask, Request
from stackpin.model.stack import Stack
from stackpin.resolve.solve import Solver

if TYPE_CHECKING:
    from pathlib import Path

__all__: list[str] = []

ENGINE = Stack(
    name="engine", anchor=canonicalize_name("engine"), members=(canonicalize_name("torch"), canonicalize_name("triton"))
)


@pytest.fixture
def small(tmp_path: Path) -> SmallCatalog:
    """Three engines: the newest two do not run on Python 3.10, the newest goes with another torch."""
    made = SmallCatalog(tmp_path)
    made.usual_facts()
    made.two_torches()
    made.release(
        "engine",
        row("engine", "1.0", "torch==2.8.0"),
        row("engine", "2.0", "torch==2.8.0", requires_python=">=3.11"),
        row("engine", "3.0", "torch==2.9.0", requires_python=">=3.11"),
    )
    return made


def engine(small: SmallCatalog, *members: str, python: str = "") -> str:
    """The release that is chosen for the bare name."""
    ask = Ask(stack=ENGINE, requirement=Requirement("engine"), text="engine")
    request = Request(asks=(ask,), members=tuple(map(Requirement, members)), python=python)
    return Solver(*small.open()).solve(request).anchors[0].version


def test_the_newest_is_taken_where_nothing_is_in_its_way(small: SmallCatalog) -> None:
    assert engine(small) == engine(small, python="3.11") == "3.0"


def test_a_python_alone_does_not_walk_it_back(small: SmallCatalog) -> None:
    with pytest.raises(NoTuple, match=r"engine 3\.0 does not run on Python 3\.10") as caught:
        engine(small, python="3.10")
    assert caught.value.hint.endswith("compile engine==1.0 --python 3.10")


def test_what_is_asked_of_a_member_walks_it_back(small: SmallCatalog) -> None:
    assert engine(small, "torch==2.8.0") == "2.0"


def test_beside_a_member_the_machine_is_in_the_way_of_what_the_member_leaves(small: SmallCatalog) -> None:
    with pytest.raises(NoTuple, match=r"engine 2\.0 does not run on Python 3\.10") as caught:
        engine(small, "torch==2.8.0", python="3.10")
    assert caught.value.hint.endswith("compile engine==1.0 torch==2.8.0 --python 3.10")


def test_a_machine_on_which_the_newest_that_the_member_leaves_runs_is_in_no_way(small: SmallCatalog) -> None:
    small.release(
        "engine", row("engine", "1.0", "torch==2.8.0"), row("engine", "3.0", "torch==2.9.0", requires_python=">=3.11")
    )
    assert engine(small, "torch==2.8.0", python="3.10") == "1.0"
