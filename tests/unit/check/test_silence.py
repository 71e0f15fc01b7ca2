"""What is held back of what was found."""

from __future__ import annotations

import pytest

from stackpin.check.baseline import recorded
from stackpin.check.rule_book import rule
from stackpin.check.silence import silence_of, silenced
from stackpin.errors import UnknownName
from stackpin.model.finding import Checked, Finding, Trouble
from stackpin.model.mention import Place
from stackpin.model.settings import CheckSettings, PathPattern

__all__: list[str] = []

CWD = "/repo"


def finding(id_: str = "SP101", path: str = "requirements.txt", line: int = 2, package: str = "triton") -> Finding:
    place = Place(path=path, line=line, column=1)
    return Finding(rule=rule(id_), place=place, message="m", package=package, found="3.3.0", wanted="3.2.0")


def checked(*findings: Finding) -> Checked:
    trouble = Trouble(slug="input-unreadable", message="m", place=Place(path="b.lock"))
    looked_at = tuple(dict.fromkeys(each.place.path for each in findings)) or ("requirements.txt",)
    return Checked(findings=findings, troubles=(trouble,), notes=("n",), looked_at=looked_at)


def told(found: Checked) -> list[tuple[str, str, int]]:
    return [(each.rule.id, each.place.path, each.place.line) for each in found.findings]


def test_nothing_said_holds_nothing_back() -> None:
    before = checked(finding(), finding("SP501", line=3))
    after = silenced(before, silence_of(CheckSettings(), cwd=CWD), {"requirements.txt": "a\nb\n"})
    assert after == (before, ())


def test_what_is_not_selected_was_not_looked_for_and_does_not_count() -> None:
    how = silence_of(CheckSettings(), cwd=CWD, select=("SP5",))
    after, _ = silenced(checked(finding(), finding("SP501")), how, {})
    assert (told(after), after.silenced) == ([("SP501", "requirements.txt", 2)], 0)


def test_what_is_ignored_counts_and_troubles_stay() -> None:
    how = silence_of(CheckSettings(), cwd=CWD, ignore=("SP1",))
    after, _ = silenced(checked(finding(), finding("SP501")), how, {})
    assert (told(after), after.silenced) == ([("SP501", "requirements.txt", 2)], 1)
    assert (len(after.troubles), after.notes) == (1, ("n",))


@pytest.mark.parametrize(
    ("select", "ignore", "held"),
    [
        pytest.param((), (), {"SP501"}, id="the settings alone"),
        pytest.param(("SP1",), (), {"SP101"}, id="a select that is typed stands in their place"),
        pytest.param(("SP502",), (), {"SP502"}, id="also in place of what they ignore"),
        pytest.param((), ("SP501",), set(), id="an ignore that is typed is added"),
        pytest.param(("SP1, SP501", "SP502"), ("SP101",), {"SP501", "SP502"}, id="several words with commas between"),
    ],
)
def test_the_command_line_and_the_settings(select: tuple[str, ...], ignore: tuple[str, ...], held: set[str]) -> None:
    settings = CheckSettings(select=("SP5",), ignore=("SP502",), source="pyproject.toml [check]")
    how = silence_of(settings, cwd=CWD, select=select, ignore=ignore)
    after, _ = silenced(checked(finding(), finding("SP501"), finding("SP502")), how, {})
    assert {each.rule.id for each in after.findings} == held


@pytest.mark.parametrize(
    ("settings", "select", "where"),
    [
        pytest.param(CheckSettings(), ("SP999",), "", id="typed"),
        pytest.param(CheckSettings(ignore=("SP999",), source="here"), (), "here", id="in the settings"),
        pytest.param(
            CheckSettings(ignore=("SP999",), source="here"), ("SP1",), "here", id="in settings that are not in force"
        ),
        pytest.param(
            CheckSettings(per_file_ignores=((PathPattern(text="a"), ("SP999",)),), source="here"),
            (),
            "here per-file-ignores",
            id="for files",
        ),
    ],
)
def test_a_word_that_is_no_rule_is_refused_where_it_stands(
    settings: CheckSettings, select: tuple[str, ...], where: str
) -> None:
    with pytest.raises(UnknownName) as caught:
        silence_of(settings, cwd=CWD, select=select)
    assert caught.value.where == where


def test_rules_are_ignored_for_the_files_that_a_pattern_matches() -> None:
    settings = CheckSettings(per_file_ignores=((PathPattern(text="legacy/*.txt", folder="/repo"), ("SP1", "SP301")),))
    how = silence_of(settings, cwd="/repo/sub")
    found = (finding(path="../legacy/a.txt"), finding("SP501", path="../legacy/a.txt"), finding(path="a.txt"))
    after, _ = silenced(checked(*found), how, {})
    assert (told(after), after.silenced) == ([("SP501", "../legacy/a.txt", 2), ("SP101", "a.txt", 2)], 1)


def test_a_comment_holds_back_its_rule_on_its_line() -> None:
    text = "torch==2.6.0\ntriton==3.3.0  # stackpin: ignore[triton-not-torchs]\ntriton==3.3.0\n"
    found = checked(finding(line=2), finding("SP501", line=2), finding(line=3))
    after, remarks = silenced(found, silence_of(CheckSettings(), cwd=CWD), {"requirements.txt": text})
    assert told(after) == [("SP501", "requirements.txt", 2), ("SP101", "requirements.txt", 3)]
    assert (after.silenced, remarks) == (1, ())


def test_a_comment_for_a_file_holds_back_its_rule_in_that_file_only() -> None:
    texts = {"requirements.txt": "# stackpin: ignore-file[SP1]\n", "other.txt": "torch\n"}
    found = checked(finding(), finding(line=9), finding(path="other.txt"), finding("SP501"))
    after, remarks = silenced(found, silence_of(CheckSettings(), cwd=CWD), texts)
    assert told(after) == [("SP101", "other.txt", 2), ("SP501", "requirements.txt", 2)]
    assert (after.silenced, remarks) == (2, ())


@pytest.mark.parametrize(
    ("comment", "remark"),
    [
        ("ignore[SP102]", "a.txt:1: this comment holds nothing back: ignore[SP102]"),
        ("ignore-file[SP102]", "a.txt:1: this comment holds nothing back: ignore-file[SP102]"),
        ("ignore", "a.txt:1: this comment names no rule, and holds nothing back: ignore[SP101]"),
        ("ignore[SP999]", "a.txt:1: this comment names SP999, which is no rule"),
        ("ignore[look-alikes]", "a.txt:1: this comment names look-alikes, which is no rule; did you mean look-alike"),
    ],
)
def test_a_comment_that_holds_nothing_back_is_remarked_on(comment: str, remark: str) -> None:
    found = checked(finding(path="a.txt", line=1))
    after, remarks = silenced(found, silence_of(CheckSettings(), cwd=CWD), {"a.txt": f"a # stackpin: {comment}"})
    assert (told(after), remarks) == ([("SP101", "a.txt", 1)], (remark,))


def test_a_comment_on_a_rule_that_was_not_looked_for_is_not_remarked_on() -> None:
    how = silence_of(CheckSettings(), cwd=CWD, select=("SP5",))
    _, remarks = silenced(checked(), how, {"requirements.txt": "a # stackpin: ignore[SP101]"})
    assert remarks == ()


def test_a_comment_that_another_setting_overtakes_still_counts_as_used() -> None:
    how = silence_of(CheckSettings(), cwd=CWD, ignore=("SP101",))
    after, remarks = silenced(checked(finding(line=1)), how, {"requirements.txt": "a # stackpin: ignore[SP101]"})
    assert (told(after), after.silenced, remarks) == ([], 1, ())


def test_a_baseline_holds_back_what_it_has_wherever_it_moved() -> None:
    old = recorded([finding(line=2)], "/repo/baseline.json", CWD)
    how = silence_of(CheckSettings(), cwd=CWD, baseline=old)
    after, _ = silenced(checked(finding(line=9), finding("SP501", line=3)), how, {})
    assert (told(after), after.silenced, after.notes) == ([("SP501", "requirements.txt", 3)], 1, ("n",))


def test_what_a_comment_holds_back_needs_no_entry() -> None:
    old = recorded([finding(line=1)], "/repo/baseline.json", CWD)
    how = silence_of(CheckSettings(), cwd=CWD, baseline=old)
    after, _ = silenced(checked(finding(line=1)), how, {"requirements.txt": "a # stackpin: ignore[SP101]"})
    assert after.silenced == 1
    assert after.notes == (
        "n",
        "/repo/baseline.json holds back what is no longer there (SP101 triton in requirements.txt): --write-baseline takes it out",
    )


def test_many_entries_that_are_no_longer_needed_are_one_note() -> None:
    gone = [finding(package=f"p{number}") for number in range(5)]
    how = silence_of(CheckSettings(), cwd=CWD, baseline=recorded(gone, "/repo/b.json", CWD))
    (_, note) = silenced(checked(), how, {}).checked.notes
    assert note == (
        "/repo/b.json holds back what is no longer there (SP101 p0 in requirements.txt; SP101 p1 in requirements.txt;"
        " SP101 p2 in requirements.txt and 2 more): --write-baseline takes it out"
    )
