"""Several stacks in one tuple: who stays newest, what rules pairs out, and what an outside package's METADATA decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.support.small_catalog import SmallCatalog, row, torch_row

from stackpin.app.compile import Job, Workshop
from stackpin.catalog.facts import Facts
from stackpin.catalog.listed_rows import ListedRow
from stackpin.errors import NoTuple, UsageError
from stackpin.model.explanation import Explanation

if TYPE_CHECKING:
    from pathlib import Path

__all__: list[str] = []


@pytest.fixture
def small(tmp_path: Path) -> SmallCatalog:
    """Two engines around three torches; ``text`` has a release list, ``grammar`` has none."""
    small = SmallCatalog(tmp_path)
    small.usual_facts()
    for name in ("left", "right"):
        small.fact("stacks", name=name, anchor=name, members=["torch", "triton"], always=["torch"])
    small.release("torch", *(torch_row(f"2.{number}.0", "12.4", "3.0.0") for number in (4, 5, 6)))
    small.release("triton", row("triton", "3.0.0"))
    small.torch_build("2.6.0", "cu124", pypi=True)
    return small


def listed(version: str, *requires: str, yanked: bool = False) -> ListedRow:
    return ListedRow(
        version=version, uploaded="2025-01-01", requires_python="", yanked=yanked, metadata="", requires=requires
    )


def workshop(small: SmallCatalog) -> Workshop:
    made = Workshop()
    made.catalog, _ = small.open()
    made.facts = Facts(made.catalog)
    return made


def anchors(small: SmallCatalog, *requirements: str, prefer: tuple[str, ...] = ()) -> list[str]:
    """The anchors of the answer, in its order."""
    made = workshop(small)
    locked = made.solver.solve(made.request(Job(requirements=requirements, prefer=prefer)))
    return [f"{anchor.name} {anchor.version}" for anchor in locked.anchors]


def refused(small: SmallCatalog, *requirements: str) -> Explanation:
    made = workshop(small)
    with pytest.raises(NoTuple) as caught:
        made.solver.solve(made.request(Job(requirements=requirements)))
    assert isinstance(caught.value.explanation, Explanation)
    return caught.value.explanation


def crossed(small: SmallCatalog) -> None:
    """The newest left goes with the oldest right, and the other way round."""
    small.release("left", row("left", "1.0", "torch==2.6.0"), row("left", "2.0", "torch==2.4.0"))
    small.release("right", row("right", "1.0", "torch==2.4.0"), row("right", "2.0", "torch==2.6.0"))


def test_the_first_stack_stays_newest(small: SmallCatalog) -> None:
    crossed(small)
    assert anchors(small, "left", "right") == ["left 2.0", "right 1.0"]
    assert anchors(small, "right", "left") == ["right 2.0", "left 1.0"]


def test_a_preferred_stack_stays_newest_wherever_it_was_named(small: SmallCatalog) -> None:
    crossed(small)
    assert anchors(small, "left", "right", prefer=("right",)) == ["right 2.0", "left 1.0"]
    assert anchors(small, "left", "right", prefer=("left",)) == ["left 2.0", "right 1.0"]


def test_a_preferred_stack_must_be_asked_for(small: SmallCatalog) -> None:
    crossed(small)
    with pytest.raises(UsageError) as caught:
        anchors(small, "left", "right", prefer=("torch",))
    assert str(caught.value).startswith("--prefer names a stack that is not asked for: torch")


def test_torch_beside_other_stacks_narrows_a_member(small: SmallCatalog) -> None:
    crossed(small)
    assert anchors(small, "left", "right", "torch==2.6.0") == ["left 1.0", "right 2.0"]


def test_an_outside_package_rules_a_pair_out_although_torch_agrees(small: SmallCatalog) -> None:
    small.release("left", row("left", "1.0", "torch==2.6.0"), row("left", "2.0", "torch==2.6.0", "grammar==1.19"))
    small.release("right", row("right", "1.0", "torch==2.6.0", "grammar==1.18"))
    assert anchors(small, "left", "right") == ["left 1.0", "right 1.0"]
    explanation = refused(small, "left==2.0", "right")
    assert explanation.headline == (
        "left 2.0 and right 1.0 cannot share an environment: one needs grammar 1.19, the other grammar 1.18"
    )


def test_a_release_list_says_whether_a_gap_between_two_bounds_has_a_release(small: SmallCatalog) -> None:
    small.release("left", row("left", "1.0", "torch==2.6.0", "text>=1.4"))
    small.release("right", row("right", "1.0", "torch==2.6.0", "text<1.5"))
    small.lists["text"] = [listed("1.3"), listed("1.5")]
    assert refused(small, "left", "right").headline.endswith("one needs text >=1.4, the other text <1.5")
    small.lists["text"] = [listed("1.3"), listed("1.4.2"), listed("1.5")]
    assert anchors(small, "left", "right") == ["left 1.0", "right 1.0"]


def test_a_pinned_package_brings_the_lines_of_its_own_metadata(small: SmallCatalog) -> None:
    small.release("left", row("left", "1.0", "torch==2.6.0", "text==1.0"))
    small.release("right", row("right", "1.0", "torch==2.6.0", "core==0.2"))
    small.lists["text"] = [listed("1.0", "core==0.1"), listed("1.1", "core==0.2")]
    (refusal,) = refused(small, "left", "right").refusals
    assert [(reason.text, reason.evidence) for reason in refusal.reasons] == [
        ("left 1.0 needs text 1.0", "text==1.0  (left-1.0-py3-none-any.whl)"),
        ("text 1.0 needs core 0.1", "core==0.1  (text-1.0-py3-none-any.whl)"),
        ("right 1.0 needs core 0.2", "core==0.2  (right-1.0-py3-none-any.whl)"),
    ]


def test_an_open_package_is_taken_at_a_release_whose_metadata_fits(small: SmallCatalog) -> None:
    small.release("left", row("left", "1.0", "torch==2.6.0", "text>=1.0"))
    small.release("right", row("right", "1.0", "torch==2.6.0", "core==0.1"))
    small.lists["core"] = [listed("0.1"), listed("0.2")]
    small.lists["text"] = [listed("1.0", "core==0.1"), listed("1.1", "core==0.2")]
    assert anchors(small, "left", "right") == ["left 1.0", "right 1.0"]
    small.lists["text"] = [listed("1.0", "core==0.3"), listed("1.1", "core==0.2")]
    assert refused(small, "left", "right").headline.startswith("left 1.0 and right 1.0 cannot share an environment")


def test_a_yanked_release_in_a_list_counts_only_where_it_is_pinned(small: SmallCatalog) -> None:
    small.release("left", row("left", "1.0", "torch==2.6.0", "text>=1.1"))
    small.release("right", row("right", "1.0", "torch==2.6.0", "text<1.2"))
    small.lists["text"] = [listed("1.0"), listed("1.1", yanked=True), listed("1.2")]
    assert refused(small, "left", "right").refusals
    small.releases["right"] = [row("right", "1.0", "torch==2.6.0", "text==1.1")]
    assert anchors(small, "left", "right") == ["left 1.0", "right 1.0"]


def test_three_stacks_must_agree_all_together(small: SmallCatalog) -> None:
    small.fact("stacks", name="third", anchor="third", members=["torch"], always=["torch"])
    small.release("left", row("left", "1.0", "torch==2.6.0", "grammar>=1"))
    small.release("right", row("right", "1.0", "torch==2.6.0", "grammar<3,!=2.0"))
    small.release("third", row("third", "1.0", "torch==2.6.0", "grammar>=2,<=2.0"), row("third", "0.9", "torch==2.6.0"))
    assert anchors(small, "left", "right", "third") == ["left 1.0", "right 1.0", "third 0.9"]


def test_an_anchor_that_names_the_other_decides_its_release(small: SmallCatalog) -> None:
    small.release("left", row("left", "1.0", "torch==2.6.0", "right<=1.0"))
    small.release("right", row("right", "1.0", "torch==2.6.0"), row("right", "1.1", "torch==2.6.0"))
    assert anchors(small, "left", "right") == ["left 1.0", "right 1.0"]
    explanation = refused(small, "left", "right==1.1")
    assert explanation.headline == "left 1.0 and right 1.1 cannot share an environment: left 1.0 needs right <=1.0"


def test_a_stack_that_has_no_tuple_even_alone_is_told_as_such(small: SmallCatalog) -> None:
    small.release("left", row("left", "1.0", "torch==2.6.0"))
    small.release("right", row("right", "1.0", "torch==2.6.0"), row("right", "2.0", "torch==2.9.0"))
    explanation = refused(small, "left", "right==2.0")
    assert explanation.headline == "right 2.0 does not exist with PyPI's own torch"
    assert [item.command for item in explanation.nearest] == ["stackpin compile left==1.0 right==1.0"]
    assert explanation.apart == ()


def test_a_refusal_says_what_else_clashes_and_what_works(small: SmallCatalog) -> None:
    crossed(small)
    small.releases["left"][1]["requires"].append("grammar==1.19")
    small.releases["right"][1]["requires"].append("grammar==1.18")
    explanation = refused(small, "left==2.0", "right==2.0")
    assert explanation.headline == (
        "left 2.0 and right 2.0 cannot share an environment: one needs torch 2.4.0, the other torch 2.6.0"
    )
    assert explanation.refusals[0].reasons[-1].text == (
        "that is not the only clash: they disagree on another package as well: grammar (1.19, 1.18)"
    )
    assert [item.command for item in explanation.nearest] == [
        "stackpin compile left==2.0 right==1.0",
        "stackpin compile left==1.0 right==2.0",
    ]
    assert [item.command for item in explanation.apart] == [
        "stackpin compile left==2.0",
        "stackpin compile right==2.0",
    ]


def test_a_refusal_of_many_pairs_counts_what_they_disagree_on(small: SmallCatalog) -> None:
    small.release("left", row("left", "1.0", "torch==2.6.0", "grammar==1.19"), row("left", "2.0", "torch==2.4.0"))
    small.release("right", row("right", "1.0", "torch==2.6.0", "grammar==1.18"))
    explanation = refused(small, "left", "right")
    assert explanation.headline == (
        "left and right cannot share an environment: of 2 pairs of releases none agrees on every package"
    )
    assert [reason.text for reason in explanation.refusals[1].reasons] == [
        "1 pair disagrees on torch",
        "1 pair disagrees on grammar",
    ]


def test_an_answer_pins_no_package_that_is_no_member(small: SmallCatalog) -> None:
    small.release("left", row("left", "1.0", "torch==2.6.0", "text>=1.0"))
    small.release("right", row("right", "1.0", "torch==2.6.0", "text<2"))
    small.lists["text"] = [listed("1.0"), listed("2.0")]
    made = workshop(small)
    locked = made.solver.solve(made.request(Job(requirements=("left", "right"))))
    assert [str(pin.name) for pin in locked.pins] == ["left", "right", "torch", "triton"]
    assert [anchor.chosen for anchor in locked.anchors] == ["the newest release", "the newest release"]
