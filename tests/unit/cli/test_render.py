"""Errors and tuples as people and programs read them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from stackpin.cli.render import as_json, error_document, error_text, explanation_text, print_notes
from stackpin.errors import NoTuple, UnknownName
from stackpin.model.explanation import Explanation, Nearest, Reason, ReasonKind, Refusal

if TYPE_CHECKING:
    import pytest

__all__: list[str] = []

NEEDS = Reason(
    kind=ReasonKind.REQUIRES,
    subject="sglang 0.4.7",
    text="sglang 0.4.7 needs torch 2.7.1",
    evidence='torch==2.7.1; extra == "srt"  (sglang-0.4.7 wheel)',
)
BUILT = Reason(
    kind=ReasonKind.NO_BUILD, subject="torch 2.7.1", text="torch 2.7.1 is built for cu126", evidence="matrix"
)
EXPLANATION = Explanation(
    headline="sglang 0.4.7 does not exist for cu124",
    refusals=(Refusal(anchor="sglang", releases=("0.4.7",), reasons=(NEEDS, BUILT)),),
    nearest=(
        Nearest(text="sglang 0.4.6 on cu124", command="stackpin compile sglang==0.4.6 --cuda cu124", gives_up="anchor"),
        Nearest(text="sglang 0.4.7 on cu126, torch 2.7.1", command="stackpin compile sglang==0.4.7", gives_up="tag"),
    ),
)
TEXT = """\
sglang 0.4.7 does not exist for cu124

  sglang 0.4.7 needs torch 2.7.1  torch==2.7.1; extra == "srt"  (sglang-0.4.7 wheel)
  torch 2.7.1 is built for cu126  matrix

nearest:
  sglang 0.4.6 on cu124                 stackpin compile sglang==0.4.6 --cuda cu124
  sglang 0.4.7 on cu126, torch 2.7.1    stackpin compile sglang==0.4.7"""


def plain(text: str) -> str:
    return text.replace("\x1b[1m", "").replace("\x1b[0m", "")


def test_a_refusal_is_its_headline_its_chain_and_the_nearest_answers() -> None:
    assert explanation_text(EXPLANATION) == TEXT
    assert plain(error_text(NoTuple("no", explanation=EXPLANATION))) == f"error: {TEXT}"


def test_a_reason_of_many_releases_names_the_first_and_the_last() -> None:
    many = Refusal(anchor="sglang", releases=("0.4.7", "0.4.6", "0.4.5"), reasons=(NEEDS,))
    text = explanation_text(Explanation(headline="no", refusals=(many,)))
    assert "  sglang 0.4.5 to 0.4.7 need torch 2.7.1 " in text


def test_a_long_list_of_refusals_is_cut_and_says_so() -> None:
    refusals = tuple(
        Refusal(
            anchor="sglang", releases=(f"0.{minor}",), reasons=(Reason(kind=ReasonKind.CONFLICT, text=f"r{minor}"),)
        )
        for minor in range(9, 0, -1)
    )
    lines = explanation_text(Explanation(headline="no", refusals=refusals)).splitlines()
    assert [line.strip() for line in lines if line.strip().startswith("r")] == ["r9", "r8", "r7", "r6", "r5", "r4"]
    assert "3" in lines[-1]
    assert "stackpin explain" in lines[-1]


def test_any_other_error_is_its_own_text() -> None:
    error = UnknownName("there is no stack 'x'", expected="sglang", hint="stackpin compile sglang")
    assert plain(error_text(error)) == f"error: {error}"


def test_a_refusal_as_a_document() -> None:
    document = error_document(NoTuple("no", explanation=EXPLANATION, hint="try"))
    assert json.loads(as_json(document)) == document
    assert document["error"] == {"slug": "no-tuple", "exit_code": 10, "what": "no", "hint": "try"}
    told = document["explanation"]
    assert [reason["kind"] for reason in told["refusals"][0]["reasons"]] == ["requires", "no-build-for-tag"]
    assert told["nearest"][1] == {
        "text": "sglang 0.4.7 on cu126, torch 2.7.1",
        "command": "stackpin compile sglang==0.4.7",
        "gives_up": "tag",
    }


def test_an_error_without_explanation_has_none_in_its_document() -> None:
    assert set(error_document(UnknownName("x"))) == {"schema", "error"}


def test_notes_go_to_stderr_one_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    print_notes(["one", "two"])
    captured = capsys.readouterr()
    assert (captured.out, plain(captured.err)) == ("", "note: one\nnote: two\n")
