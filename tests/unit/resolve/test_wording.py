"""Sentences: of one and of many, and the clause in the first line."""

from __future__ import annotations

import pytest

from stackpin.model.explanation import Claim, Nearest, Reason, ReasonKind, Refusal
from stackpin.resolve.wording import cause_of, cure_of, of_many

__all__: list[str] = []

CLAIM = Claim(package="sglang", versions=("0.4.7",), on="torch", specifier="==2.7.1")
NEEDS = Reason(kind=ReasonKind.REQUIRES, subject="sglang 0.4.7", text="sglang 0.4.7 needs torch 2.7.1", claims=(CLAIM,))
BUILT = Reason(kind=ReasonKind.NO_BUILD, subject="torch 2.7.1", text="torch 2.7.1 is built for cu118, cu126 and cu128")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("demo 1 needs torch 2", "demo 1 to 3 need torch 2"),
        ("demo 1 asks for CUDA 13", "demo 1 to 3 ask for CUDA 13"),
        ("demo 1 has no wheel for Python 3.14", "demo 1 to 3 have no wheel for Python 3.14"),
        ("demo 1 was yanked: it breaks", "demo 1 to 3 were yanked: it breaks"),
        ("demo 1 is built with CUDA 12 on PyPI", "demo 1 to 3 are built with CUDA 12 on PyPI"),
        ("demo 1 does not load with torch 2", "demo 1 to 3 do not load with torch 2"),
        (
            "demo 1 is a pre-release, and is taken only when it is asked for",
            "demo 1 to 3 are pre-releases, taken only when asked for by name",
        ),
        ("nothing shows that demo 1 loads", "nothing shows that demo 1 to 3 loads"),
        ("demo 10 needs torch 2", "demo 10 needs torch 2"),
    ],
)
def test_a_sentence_is_told_of_many(text: str, told: str) -> None:
    assert of_many(text, "demo 1", "demo 1 to 3").replace("demo 1 to 30", "demo 10") == told


def refusal(*reasons: Reason, releases: tuple[str, ...] = ("0.4.7",)) -> Refusal:
    return Refusal(anchor="sglang", releases=releases, reasons=reasons)


def test_a_chain_is_one_clause() -> None:
    assert cause_of([refusal(NEEDS, BUILT)]) == "it needs torch 2.7.1, which is built for cu118, cu126 and cu128"


def test_of_a_run_of_releases_it_is_told_in_the_plural() -> None:
    run = refusal(NEEDS, BUILT, releases=("0.4.7", "0.4.6"))
    assert cause_of([run]) == "both need torch 2.7.1, which is built for cu118, cu126 and cu128"


def test_several_runs_that_end_at_torchs_builds_are_told_together() -> None:
    assert cause_of([refusal(NEEDS, BUILT), refusal(NEEDS, BUILT)]) == "no torch that they need is built for it"


def test_of_different_runs_the_newest_is_told() -> None:
    asks = Reason(kind=ReasonKind.CUDA_MAJOR, subject="sglang 0.5.2", text="sglang 0.5.2 asks for CUDA 13")
    runs = [refusal(asks, releases=("0.5.2", "0.5.1")), refusal(NEEDS, BUILT)]
    assert cause_of(runs) == "0.5.1 to 0.5.2 ask for CUDA 13; older ones fail for reasons of their own"


def test_what_was_asked_for_is_left_to_the_headline() -> None:
    asked = Reason(
        kind=ReasonKind.CONFLICT, text="the request needs triton 3.2.0", claims=(Claim(package="", on="triton"),)
    )
    assert cause_of([refusal(asked, NEEDS)]) == "it needs torch 2.7.1"


def test_without_reasons_there_is_no_cause_and_without_answers_no_cure() -> None:
    assert (cause_of([]), cause_of([refusal()]), cure_of([])) == ("", "", "")


def test_the_cure_names_the_first_two_of_the_nearest() -> None:
    nearest = [
        Nearest(text="", command="", gives_up="", short=short) for short in ("sglang 0.4.6", "cu126", "Python 3.12")
    ]
    assert cure_of(nearest) == "take sglang 0.4.6 or cu126"
