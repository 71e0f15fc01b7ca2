"""Which rules hold."""

from __future__ import annotations

import pytest

from stackpin.check.rule_book import RULES, rule
from stackpin.check.rule_choice import choose_rules, named_rules
from stackpin.errors import UnknownName

__all__: list[str] = []

EVERY = frozenset(each.id for each in RULES)


@pytest.mark.parametrize("word", ["SP101", "sp101", "triton-not-torchs", "Triton-Not-Torchs"])
def test_an_id_and_a_name_stand_for_one_rule(word: str) -> None:
    assert named_rules(word) == {"SP101"}


def test_a_beginning_stands_for_all_rules_that_begin_so() -> None:
    assert named_rules("SP3") == {each for each in EVERY if each.startswith("SP3")}
    assert named_rules("SP50") == {"SP501", "SP502"}
    assert named_rules("ALL") == named_rules("SP") == EVERY


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("SP999", "stackpin check --help"),
        ("triton-not-torch", "did you mean triton-not-torchs"),
        ("SP1011", "did you mean SP101"),
        ("", "stackpin check --help"),
        ("S", "stackpin check --help"),
    ],
)
def test_a_word_that_is_none_is_refused_with_the_near_miss(word: str, hint: str) -> None:
    with pytest.raises(UnknownName) as caught:
        named_rules(word, "pyproject.toml [check]")
    error = caught.value
    assert (error.what, error.where, error.exit_code) == (f"there is no rule {word!r}", "pyproject.toml [check]", 2)
    assert error.hint == hint


def test_every_rule_holds_where_nothing_is_said() -> None:
    choice = choose_rules((), ())
    assert all(choice.holds(each) for each in RULES)


@pytest.mark.parametrize(
    ("select", "ignore", "held"),
    [
        pytest.param(("SP1",), (), {"SP101", "SP102", "SP103", "SP104", "SP105"}, id="select by beginning"),
        pytest.param(("SP101", "look-alike"), (), {"SP101", "SP301"}, id="select by id and by name"),
        pytest.param((), ("SP1", "SP2", "SP3", "SP4"), {"SP501", "SP502"}, id="ignore"),
        pytest.param(("SP101",), ("SP1",), {"SP101"}, id="the longer word counts when it selects"),
        pytest.param(("SP5",), ("SP501",), {"SP502"}, id="the longer word counts when it ignores"),
        pytest.param(("SP101", "SP102"), ("SP101",), {"SP102"}, id="of equals the one that ignores"),
        pytest.param(("triton-not-torchs",), ("SP101",), set(), id="a name weighs what an id does"),
        pytest.param(("SP50",), ("ALL",), {"SP501", "SP502"}, id="all but"),
        pytest.param((), ("ALL",), set(), id="nothing"),
    ],
)
def test_select_and_ignore(select: tuple[str, ...], ignore: tuple[str, ...], held: set[str]) -> None:
    choice = choose_rules(select, ignore)
    assert {each.id for each in RULES if choice.holds(each)} == held


def test_what_is_not_selected_is_not_ignored_either() -> None:
    choice = choose_rules(("SP5",), ("SP101", "SP501"))
    assert choice.ignored == {"SP501"}
    assert not choice.holds(rule("SP101"))
