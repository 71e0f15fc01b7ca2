"""Whatever a small catalog holds: an answer that every line accepts, or a refusal with reasons."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from tests.property.strategies import TAGS, TOOLKITS, TRITONS, Plan, build_catalog, plans

from stackpin.app.compile import Job, Workshop
from stackpin.errors import NoTuple
from stackpin.model.explanation import Explanation

if TYPE_CHECKING:
    from stackpin.model.locked import LockedTuple

__all__: list[str] = []


def solve(plan: Plan, requirement: str, tag: str) -> LockedTuple | None:
    """The tuple for a requirement; None where it is refused, with reasons."""
    with tempfile.TemporaryDirectory() as folder:
        workshop = Workshop()
        workshop.catalog, workshop.facts = build_catalog(plan, Path(folder)).open()
        try:
            return workshop.solver.solve(workshop.request(Job(requirements=(requirement,), cuda=tag)))
        except NoTuple as error:
            explanation = error.explanation
    assert isinstance(explanation, Explanation)
    assert explanation.refusals
    assert all(refusal.reasons for refusal in explanation.refusals)
    return None


@settings(max_examples=60, deadline=None)
@given(plan=plans(), tag=st.sampled_from([*TAGS, "pypi"]))
def test_no_line_rejects_a_pin_of_an_answer(plan: Plan, tag: str) -> None:
    locked = solve(plan, "app", tag if tag == "pypi" or tag in known_tags(plan) else "pypi")
    if locked is None:
        return
    pins = {str(pin.name): pin for pin in locked.pins}
    torch, kernel = plan.releases[int(pins["app"].version.split(".")[1])]
    assert SpecifierSet(torch).contains(pins["torch"].version)
    assert SpecifierSet(kernel).contains(pins["kern"].version)
    assert pins["triton"].version == TRITONS[pins["torch"].version]
    assert pins["kern"].version != plan.nowhere
    major = plan.majors.get(pins["kern"].version)
    assert major is None or locked.cuda.startswith(f"cu{major}")
    own = f"cu{TOOLKITS[pins['torch'].version].replace('.', '')}"
    assert locked.cuda == own or (pins["torch"].version, str(locked.cuda)) in plan.builds
    assert pins["torch"].build.local == ("" if locked.cuda == own else locked.cuda)


@settings(max_examples=25, deadline=None)
@given(plan=plans(), tag=st.sampled_from(TAGS))
def test_the_newest_release_that_has_a_tuple_is_taken(plan: Plan, tag: str) -> None:
    if tag not in known_tags(plan):
        return
    locked = solve(plan, "app", tag)
    alone = [number for number in range(len(plan.releases)) if solve(plan, f"app==1.{number}", tag)]
    assert (locked.anchors[0].version if locked else None) == (f"1.{max(alone)}" if alone else None)


@settings(max_examples=15, deadline=None)
@given(plan=plans())
def test_the_same_catalog_gives_the_same_tuple(plan: Plan) -> None:
    assert solve(plan, "app", "cu124") == solve(plan, "app", "cu124")


def known_tags(plan: Plan) -> set[str]:
    """The tags that some torch of the catalog has; any other is a usage error."""
    return {f"cu{toolkit.replace('.', '')}" for toolkit in TOOLKITS.values()} | {tag for _, tag in plan.builds}
