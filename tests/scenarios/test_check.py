"""Runs every case of the folder ``check``: files with a fault whose rule and place are known, and their twins without it.

The keys of a case are told in `tests/support/check_cases.py`. Verdicts rest on lines of METADATA, and these are held against the
catalog here, so that a case never expects what stackpin happens to say.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from packaging.requirements import Requirement
from tests.support.check_cases import Case, file_texts, lay_out, metadata_line, read_case, wrong_places
from tests.support.in_process import Done, run_here

from stackpin.check.rule_book import RULES, rule

if TYPE_CHECKING:
    from stackpin.catalog.loader import Catalog

__all__: list[str] = []

HERE = Path(__file__).parent / "check"
CASES = [read_case(path.stem, path.read_text(encoding="utf-8")) for path in sorted(HERE.glob("*.toml"))]
#: Rules that only an environment's disk can break.
OF_ENVIRONMENTS = {"SP203", "SP302", "SP303", "SP304", "SP401"}


def checked(case: Case, folder: Path, *words: str) -> Done:
    return run_here("check", *case.args, *words, cwd=folder)


def found_in(document: dict[str, Any], case: Case) -> list[tuple[Any, ...]]:
    """What was found, once for each place, as far as the case says what it must be."""
    told = []
    for expected, row in _paired(case, document["findings"]):
        keys = [key for key in ("rule", "path", "line", "column", "package") if expected is None or key in expected]
        told.append(tuple(row[key] for key in keys))
    return list(dict.fromkeys(told))


def _paired(case: Case, rows: list[dict[str, Any]]) -> list[tuple[dict[str, Any] | None, dict[str, Any]]]:
    """Each finding with the one that is expected of its rule and path, and place where that is told."""
    pairs = []
    for row in sorted(rows, key=lambda row: (row["path"], row["line"] or 0, row["column"] or 0, row["rule"])):
        alike = [each for each in case.findings if (each["rule"], each["path"]) == (row["rule"], row["path"])]
        placed = [each for each in alike if each.get("line", row["line"]) == row["line"]]
        pairs.append((next(iter(placed or alike), None), row))
    return pairs


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_is_planted_is_found_at_its_place_and_nothing_else(case: Case, tmp_path: Path) -> None:
    lay_out(case, tmp_path)
    done = checked(case, tmp_path, "--json")
    document = json.loads(done.stdout)
    keys = ("rule", "path", "line", "column", "package")
    assert found_in(document, case) == [tuple(row[key] for key in keys if key in row) for row in case.findings]
    wanted = [(row["path"], row["line"]) if "line" in row else (row["path"],) for row in case.said.get("troubles", ())]
    troubles = [
        (row["path"], row.get("line"))[: len(each)] for row, each in zip(document["troubles"], wanted, strict=True)
    ]
    assert troubles == wanted
    notes = "\n".join(document["notes"])
    assert [part for part in case.said.get("notes", ()) if part not in notes] == []
    assert document["silenced"] == case.said.get("silenced", 0)
    assert done.returncode == case.said["exit"], done.stderr
    if "stdout" in case.said:
        assert checked(case, tmp_path).stdout == case.said["stdout"]


@pytest.mark.parametrize("case", [case for case in CASES if case.has_twin], ids=lambda case: case.name)
def test_its_twin_is_silent(case: Case, tmp_path: Path) -> None:
    lay_out(case, tmp_path, fault=False)
    done = checked(case, tmp_path, "--json")
    document = json.loads(done.stdout)
    assert (document["findings"], document["troubles"], done.returncode) == ([], [], 0)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_is_true_to_itself(case: Case) -> None:
    assert wrong_places(case) == []
    assert {rule(row["rule"]).id for row in case.findings} == {row["rule"] for row in case.findings}
    order = [(row["path"], row.get("line", 0), row.get("column", 0), row["rule"]) for row in case.findings]
    assert order == sorted(order)
    assert case.has_twin or not case.findings or case.said.get("troubles"), "a fault without a twin"
    if case.has_twin:
        assert file_texts(case, fault=True) != file_texts(case, fault=False)
    assert re.fullmatch(r"(https://github\.com/[\w.-]+/[\w.-]+/(issues|pull)/\d+)?", case.said.get("thread", ""))


@pytest.mark.parametrize("case", [case for case in CASES if case.findings], ids=lambda case: case.name)
def test_what_a_case_expects_is_what_is_compared(case: Case) -> None:
    keys = ("rule", "path", "line", "column", "package")
    rows = [{key: row.get(key) for key in keys} for row in case.findings]
    expected = [tuple(row[key] for key in keys if key in row) for row in case.findings]
    assert found_in({"findings": rows[::-1] + rows}, case) == expected
    more = {"rule": "SP304", "path": "elsewhere", "line": None, "column": None, "package": "torch"}
    assert found_in({"findings": [*rows, more]}, case) != expected
    assert found_in({"findings": rows[1:]}, case) != expected
    moved = [{**row, "line": row["line"] and row["line"] + 1, "package": "other"} for row in rows]
    assert found_in({"findings": moved}, case) != expected or not any("line" in row for row in case.findings)


@pytest.mark.parametrize("case", [case for case in CASES if case.findings], ids=lambda case: case.name)
def test_what_is_safe_to_put_right_is_put_right_and_stays_so(case: Case, tmp_path: Path) -> None:
    lay_out(case, tmp_path)
    before = json.loads(checked(case, tmp_path, "--json").stdout)["findings"]
    edited = {(row["rule"], row["path"], row["package"]) for row in before if row["fix"]["edits"]}
    files = {path: path.read_bytes() for path in sorted(tmp_path.rglob("*")) if path.is_file()}
    after = json.loads(checked(case, tmp_path, "--json", "--fix").stdout)["findings"]
    left = {(row["rule"], row["path"], row["package"]) for row in after}
    assert edited & left == set()
    changed = {str(path.relative_to(tmp_path)) for path, content in files.items() if path.read_bytes() != content}
    assert changed == {edit["path"] for row in before for edit in row["fix"]["edits"]}
    again = json.loads(checked(case, tmp_path, "--json", "--fix").stdout)["findings"]
    assert again == after


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    """The facts that are embedded."""
    from stackpin.app.compile import Workshop

    return Workshop().catalog


@pytest.mark.parametrize("case", [case for case in CASES if case.said.get("evidence")], ids=lambda case: case.name)
def test_the_evidence_of_a_case_stands_in_the_metadata(case: Case, catalog: Catalog) -> None:
    for text in case.said["evidence"]:
        name, version, requirement = metadata_line(text)
        (release,) = [each for each in catalog.releases(name) or () if str(each.version) == version]
        assert requirement in {Requirement(line) for line in release.requires("x86_64")}, text


def test_every_rule_that_a_file_can_break_is_broken_by_some_case() -> None:
    broken = {row["rule"] for case in CASES for row in case.findings}
    assert broken == {each.id for each in RULES} - OF_ENVIRONMENTS


def test_there_are_enough_cases_and_a_third_of_them_hold_nothing_wrong() -> None:
    assert len(CASES) >= 60
    assert 3 * len([case for case in CASES if not case.findings]) >= len(CASES)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("colour = 1", "unknown key colour, missing key description", id="an unknown key"),
        pytest.param("description = 1\nexit = 0\n[files]\n", "description is of another type", id="a wrong type"),
        pytest.param(
            "description = ''\nexit = 0\n[files]\n[[findings]]\nrule = 'SP101'\nwhere = 1\n",
            "unknown key findings.where, missing key findings.path",
            id="a finding that says something else",
        ),
        pytest.param(
            "description = ''\nexit = 0\n[files]\n[[findings]]\nrule = 'SP101'\npath = 'a'\nline = 1\n",
            "findings needs line, column and at together",
            id="half a place",
        ),
        pytest.param(
            "description = ''\nexit = 0\n[files]\n[twin]\na = [['b', 'c']]\n",
            "an edit of a, which is not there",
            id="an edit of nothing",
        ),
        pytest.param(
            "description = ''\nexit = 0\n[files]\na = { form = 'x' }\n",
            "unknown key files.a.form",
            id="a file made otherwise",
        ),
    ],
)
def test_a_case_that_says_something_else_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        read_case("x", text)


def test_an_edit_whose_text_is_not_there_just_once_is_refused() -> None:
    case = read_case("x", "description = ''\nexit = 0\n[files]\na = 'bb'\n[twin]\na = [['b', 'c']]\n")
    with pytest.raises(ValueError, match="'b' stands in a 2 times"):
        file_texts(case, fault=False)
