"""What is said of the driver, and the smallest upgrade that brings what was asked of a member."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.support.small_catalog import SmallCatalog, row, torch_row

from stackpin.app.compile import Job, Workshop
from stackpin.app.explain import driver_lines, driver_side, explain
from stackpin.errors import NoTuple
from stackpin.model.cuda import CudaTag
from stackpin.model.explanation import Explanation
from stackpin.model.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from stackpin.catalog.facts import Facts

__all__: list[str] = []


@pytest.fixture
def facts(tmp_path: Path) -> Facts:
    """NVIDIA's floors of two majors, and the drivers that came with two toolkits."""
    small = SmallCatalog(tmp_path)
    small.fact("drivers", cuda="12.4", min_driver="525.60.13", toolkit_driver="550.54.14", source="vendor's table")
    small.fact("drivers", cuda="12.8", min_driver="525.60.13", toolkit_driver="570.26", source="vendor's table")
    small.fact("drivers", cuda="13.0", min_driver="580.65.06", toolkit_driver="580.65.06", source="vendor's table")
    return small.open()[1]


def test_a_driver_older_than_the_toolkit_runs_it_but_not_its_ptx(facts: Facts) -> None:
    runs, covered = driver_lines(CudaTag("cu128"), "550.54.14", facts)
    assert runs == "NVIDIA driver 550.54.14 runs cu128: CUDA 12 needs 525.60.13 or newer  (vendor's table)"
    assert covered == (
        "by minor-version compatibility: the driver came with CUDA 12.4, the build with 12.8; "
        "code that is compiled at run time from PTX is not covered by that"
    )


def test_a_driver_that_came_with_the_toolkit_leaves_nothing_open(facts: Facts) -> None:
    assert len(driver_lines(CudaTag("cu124"), "570.26", facts)) == 1


@pytest.mark.parametrize(("tag", "driver"), [("cpu", "570.26"), ("cu118", "570.26")])
def test_of_a_tag_without_a_floor_nothing_is_said(facts: Facts, tag: str, driver: str) -> None:
    assert driver_lines(CudaTag(tag), driver, facts) == ()


def test_a_driver_below_the_floor_is_said_not_to_run_it(facts: Facts) -> None:
    (line,) = driver_lines(CudaTag("cu130"), "570.26", facts)
    assert line == "NVIDIA driver 570.26 does not run cu130, which needs 580.65.06 or newer  (vendor's table)"


def test_where_the_driver_is_in_the_way_it_is_said_what_it_does_run() -> None:
    workshop = Workshop()
    with pytest.raises(NoTuple) as caught:
        explain(Job(requirements=("sglang",), cuda="auto", driver="550.54"), workshop, version="0")
    explanation = caught.value.explanation
    assert isinstance(explanation, Explanation)
    first, second = driver_side(explanation, "550.54", workshop.facts)
    assert "runs every build for CUDA 12 (minor-version compatibility: 525.60.13 or newer)" in first
    assert "compiled at run time from PTX" in first
    assert "newer driver" in second
    assert driver_side(explanation, "", workshop.facts) == ()


def test_a_refusal_for_another_cause_says_nothing_of_the_driver() -> None:
    workshop = Workshop()
    with pytest.raises(NoTuple) as caught:
        explain(Job(requirements=("sglang==0.4.7",), cuda="cu124", driver="550.54"), workshop, version="0")
    assert isinstance(caught.value.explanation, Explanation)
    assert driver_side(caught.value.explanation, "550.54", workshop.facts) == ()


@pytest.fixture
def upgrades(tmp_path: Path) -> Workshop:
    """Four releases of an engine on three torches, one of them yanked."""
    small = SmallCatalog(tmp_path)
    small.usual_facts()
    small.fact("stacks", name="engine", anchor="engine", members=["torch", "triton"])
    small.release("torch", *(torch_row(f"2.{minor}.0", "12.4") for minor in (7, 8, 9)))
    for minor in (7, 8, 9):
        small.torch_build(f"2.{minor}.0", "cu124", pypi=True)
    small.release(
        "engine",
        row("engine", "1.0", "torch==2.7.0"),
        row("engine", "1.1", "torch==2.8.0", yanked=True),
        row("engine", "1.2", "torch==2.8.0"),
        row("engine", "1.3", "torch==2.9.0"),
    )
    return Workshop(Settings(catalog=str(small.write())))


def test_the_smallest_step_is_the_oldest_release_that_has_what_was_asked(upgrades: Workshop) -> None:
    found = explain(Job(requirements=("engine", "torch>=2.8")), upgrades, version="0")
    assert found.locked.anchors[0].version == "1.3"
    assert found.step is not None
    assert found.step.command == "stackpin compile engine==1.2 'torch>=2.8' --cuda cu124"


def test_where_the_newest_is_the_only_one_there_is_no_smaller_step(upgrades: Workshop) -> None:
    assert explain(Job(requirements=("engine", "torch>=2.9")), upgrades, version="0").step is None
    assert explain(Job(requirements=("engine",)), upgrades, version="0").step is None
