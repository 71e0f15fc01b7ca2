"""Derivations: where one of several releases was tried last, the others are told as well, each chain as short as it can be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tests.support.small_catalog import SmallCatalog, row, torch_row

from stackpin.errors import NoTuple
from stackpin.model.explanation import Explanation, ReasonKind
from stackpin.model.request import Ask, Request
from stackpin.model.stack import Stack
from stackpin.resolve.solve import Solver

if TYPE_CHECKING:
    from pathlib import Path

    from stackpin.model.explanation import Reason

__all__: list[str] = []

STACK = Stack(
    name="app",
    anchor=canonicalize_name("app"),
    members=tuple(map(canonicalize_name, ("torch", "triton", "engine", "kernel"))),
)


@pytest.fixture
def small(tmp_path: Path) -> SmallCatalog:
    """Two torches, each built for one tag, and an engine that an application takes within a range."""
    made = SmallCatalog(tmp_path)
    made.usual_facts()
    made.fact("stacks", name="engine", anchor="engine", members=["torch", "triton"])
    made.release("torch", torch_row("2.8.0", "12.4", "3.4.0"), torch_row("2.9.0", "12.6", "3.5.0"))
    made.release("triton", row("triton", "3.4.0"), row("triton", "3.5.0"))
    made.torch_build("2.8.0", "cu124", pypi=True)
    made.torch_build("2.9.0", "cu126", pypi=True)
    made.release("app", row("app", "1.0", "engine>=1,<2"))
    return made


def reasons(small: SmallCatalog, *requirements: str, cuda: str = "cu126", python: str = "") -> tuple[Reason, ...]:
    """The one chain that a refusal tells."""
    first, *rest = requirements or ("app==1.0",)
    asks = (Ask(stack=STACK, requirement=Requirement(first), text=first),)
    request = Request(asks=asks, members=tuple(map(Requirement, rest)), cuda=cuda, python=python)
    with pytest.raises(NoTuple) as caught:
        Solver(*small.open()).solve(request)
    assert isinstance(caught.value.explanation, Explanation)
    (refusal,) = caught.value.explanation.refusals
    return refusal.reasons


def test_all_releases_of_a_range_are_told_where_they_say_the_same(small: SmallCatalog) -> None:
    small.release("engine", *(row("engine", f"1.{minor}", "torch==2.8.0") for minor in range(3)))
    assert [reason.text for reason in reasons(small)] == [
        "app 1.0 needs engine >=1,<2",
        "engine 1.0 to 1.2 need torch 2.8.0",
        "torch 2.8.0 is built for cu124",
    ]


def test_releases_that_fail_in_different_ways_are_all_told(small: SmallCatalog) -> None:
    small.release("engine", row("engine", "1.0", "torch==2.8.0"), row("engine", "1.1", "torch==2.9.0", "triton==3.4.0"))
    told = reasons(small)
    versions = {
        version for reason in told for claim in reason.claims if claim.package == "engine" for version in claim.versions
    }
    assert versions == {"1.0", "1.1"}
    assert "torch 2.8.0 is built for cu124" in [reason.text for reason in told]
    assert "engine 1.1 needs triton 3.4.0" in [reason.text for reason in told]


def test_what_is_said_of_another_package_does_not_count(small: SmallCatalog) -> None:
    """The kernel is refused as well, and is not needed to say why there is no answer."""
    small.releases["app"] = [row("app", "1.0", "engine>=1,<2", "kernel==0.1")]
    small.release("engine", row("engine", "1.0", "torch==2.8.0"), row("engine", "1.1", "torch==2.8.0"))
    small.release("kernel", row("kernel", "0.1", "torch==2.9.0", "triton==9"))
    assert {claim.package for reason in reasons(small) for claim in reason.claims} <= {"app", "engine", "torch"}


def test_a_yanked_release_is_no_way_out_and_is_told(small: SmallCatalog) -> None:
    small.release(
        "engine",
        row("engine", "1.0", "torch==2.8.0"),
        row("engine", "1.1", "torch==2.9.0", yanked="it breaks"),
    )
    told = reasons(small)
    assert [reason.kind for reason in told if reason.kind is ReasonKind.YANKED] == [ReasonKind.YANKED]
    assert "engine 1.1 was yanked (it breaks)" in [reason.text for reason in told]


def test_a_line_for_some_pythons_is_told_with_what_rules_the_others_out(small: SmallCatalog) -> None:
    lines = ('torch==2.8.0 ; python_version < "3.12"', 'torch==2.9.0 ; python_version >= "3.12"', "triton==3.4.0")
    small.releases["app"] = [row("app", "1.0", *lines)]
    told = reasons(small)
    pythons = {frozenset(claim.pythons) for reason in told for claim in reason.claims if claim.on == "torch"}
    assert pythons == {frozenset({"3.10", "3.11"}), frozenset({"3.12"})}
    assert {reason.text for reason in reasons(small, python="3.12")} == {
        "app 1.0 needs triton 3.4.0",
        "app 1.0 needs torch 2.9.0",
        "torch 2.9.0 needs triton 3.5.0",
    }


def test_what_was_asked_of_a_member_is_a_step(small: SmallCatalog) -> None:
    small.release("engine", row("engine", "1.0", "torch==2.9.0"), row("engine", "1.1", "torch==2.9.0"))
    told = reasons(small, "app==1.0", "torch==2.8.0", cuda="cu124")
    assert "the request is for torch 2.8.0" in [reason.text for reason in told]
    assert any(not claim.package for reason in told for claim in reason.claims)
