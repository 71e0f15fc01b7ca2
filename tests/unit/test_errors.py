"""Errors carry their parts, build their text from them, and survive a trip between processes."""

from __future__ import annotations

import pickle

import pytest

from stackpin.errors import NoTuple, StackpinError, UnknownName, error_classes
from stackpin.model.explanation import Explanation, Reason, ReasonKind, Refusal

__all__: list[str] = []

PARTS = {"where": "pins.txt:3", "got": "torch=2", "expected": "torch==2", "hint": "stackpin compile torch"}


def test_an_error_tells_its_parts_one_a_line() -> None:
    assert str(UnknownName("it does not parse", **PARTS)) == (
        "it does not parse\n"
        "  where:    pins.txt:3\n"
        "  found:    torch=2\n"
        "  expected: torch==2\n"
        "  do:       stackpin compile torch"
    )


def test_empty_parts_are_left_out() -> None:
    error = UnknownName("there is no such tag", expected="cu124")
    assert str(error) == "there is no such tag\n  expected: cu124"
    assert error.as_dict() == {
        "slug": "unknown-name",
        "exit_code": 2,
        "what": "there is no such tag",
        "expected": "cu124",
    }


@pytest.mark.parametrize("kind", [kind for kind in error_classes() if kind is not NoTuple], ids=lambda kind: kind.slug)
def test_an_error_survives_pickling(kind: type[StackpinError]) -> None:
    error = kind("what", **PARTS)
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.as_dict()) == (kind, str(error), error.as_dict())


def test_a_refusal_survives_pickling_with_its_explanation() -> None:
    reason = Reason(kind=ReasonKind.NO_BUILD, text="torch 2.7.1 is built for cu126")
    explanation = Explanation(
        headline="no", refusals=(Refusal(anchor="sglang", releases=("0.4.7",), reasons=(reason,)),)
    )
    again = pickle.loads(pickle.dumps(NoTuple("no", explanation=explanation, hint="try")))
    assert (again.explanation, again.hint, again.exit_code) == (explanation, "try", 10)


def test_every_class_is_below_the_base_and_documented() -> None:
    classes = error_classes()
    assert classes[0] is StackpinError
    assert all(kind.__doc__ for kind in classes)
