"""What ``python -m tests.scenarios --accept`` takes over, and what it leaves to a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.scenarios.__main__ import accepted, look, main
from tests.scenarios.test_scenarios import read_case

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

__all__: list[str] = []

CASE = '''# why it is here
description = "A case"
command = ["compile", "torch==2.6.0", "--cuda", "cu121"]
exit_code = 3
stdout = ""
stderr = """
old
"""
'''


def test_answers_change_and_all_else_stays() -> None:
    text = accepted(CASE, {"stdout": "1\n2\n", "stderr": ""}, 0)
    assert text == CASE.replace("exit_code = 3", "exit_code = 0").replace(
        'stdout = ""', "stdout = '''\n1\n2\n'''"
    ).replace('stderr = """\nold\n"""', 'stderr = ""')


def test_a_case_that_holds_parts_only_gets_no_whole_answer() -> None:
    text = CASE.replace('stdout = ""\n', 'stdout_contains = ["1"]\n')
    assert "stdout = " not in accepted(text, {"stdout": "1\n", "stderr": "old\n"}, 3)


def test_what_differs_is_shown_and_taken_over_only_where_that_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "case.toml"
    path.write_text(CASE, encoding="utf-8")
    assert look(path, accept=False)
    assert path.read_text(encoding="utf-8") == CASE
    assert capsys.readouterr().out.startswith("case.toml: code 10, expected 3\n")
    assert not look(path, accept=True)
    case = read_case(path.read_text(encoding="utf-8"))
    assert case["exit_code"] == 10
    assert case["stderr"].startswith("error: torch 2.6.0 does not exist for cu121: it is built for ")
    assert not look(path, accept=False)


def test_a_cause_that_is_no_longer_named_is_never_taken_over(tmp_path: Path) -> None:
    text = CASE.replace("exit_code = 3\n", 'exit_code = 3\nnames = ["another cause"]\n')
    path = tmp_path / "case.toml"
    path.write_text(text, encoding="utf-8")
    assert look(path, accept=True)
    assert path.read_text(encoding="utf-8") == text


def test_a_name_that_no_case_has_looks_at_none() -> None:
    assert main(["no-such-case"]) == 0
