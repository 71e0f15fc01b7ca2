"""Findings against a baseline."""

from __future__ import annotations

from stackpin.check.baseline import fingerprints, known, recorded, stale
from stackpin.check.rule_book import rule
from stackpin.emit.baseline import baseline_text
from stackpin.model.baseline import BaselineEntry
from stackpin.model.finding import Finding
from stackpin.model.mention import Place
from stackpin.parse.baseline import parse_baseline

__all__: list[str] = []

WHERE, CWD = "/repo/ci/baseline.json", "/repo/app"
EVERY = {"SP101"}


def finding(package: str = "triton", *, line: int = 1, path: str = "requirements.txt", found: str = "3.3.0") -> Finding:
    place = Place(path=path, line=line, column=1)
    return Finding(
        rule=rule("SP101"), place=place, message=f"line {line}", package=package, found=found, wanted="3.2.0"
    )


def test_an_entry_is_seen_from_the_baselines_folder_and_counts_what_is_alike() -> None:
    baseline = recorded([finding(line=9), finding("zlib"), finding(line=4)], WHERE, CWD)
    one, two = (
        BaselineEntry(
            rule="SP101", path="../app/requirements.txt", package=name, found="3.3.0", wanted="3.2.0", count=count
        )
        for name, count in (("triton", 2), ("zlib", 1))
    )
    assert (baseline.entries, baseline.where, baseline.folder) == ((one, two), WHERE, "/repo/ci")


def test_the_file_has_one_entry_a_line() -> None:
    assert baseline_text(
        recorded([finding(path="a\udcff.txt"), finding("zlib", path="b.txt")], "/repo/b.json", "/repo")
    ) == (
        "{\n"
        '  "schema": 1,\n'
        '  "findings": [\n'
        '    {"rule": "SP101", "path": "a\\udcff.txt", "package": "triton", "found": "3.3.0", "wanted": "3.2.0", "count": 1},\n'
        '    {"rule": "SP101", "path": "b.txt", "package": "zlib", "found": "3.3.0", "wanted": "3.2.0", "count": 1}\n'
        "  ]\n"
        "}\n"
    )
    assert baseline_text(recorded([], WHERE, CWD)) == '{\n  "schema": 1,\n  "findings": []\n}\n'


def test_findings_are_known_from_every_folder_and_after_their_lines_moved() -> None:
    baseline = parse_baseline(baseline_text(recorded([finding(line=9)], WHERE, CWD)).encode(), WHERE)
    assert known([finding(line=3)], baseline, CWD) == (True,)
    assert known([finding(path="app/requirements.txt")], baseline, "/repo") == (True,)
    assert known([finding(path="/repo/app/./requirements.txt")], baseline, "/") == (True,)


def test_one_more_than_before_is_new_and_so_is_another_version() -> None:
    baseline = recorded([finding(line=1), finding(line=5)], WHERE, CWD)
    more = [finding(line=1), finding(line=5), finding(line=7), finding(found="3.4.0"), finding(path="other.txt")]
    assert known(more, baseline, CWD) == (True, True, False, False, False)


def test_entries_of_which_too_few_are_left_are_stale() -> None:
    baseline = recorded([finding(line=1), finding(line=5), finding("zlib")], WHERE, CWD)
    left = stale([finding(line=5)], baseline, CWD, paths=["requirements.txt"], rules=EVERY)
    assert [(entry.package, entry.count) for entry in left] == [("triton", 1), ("zlib", 1)]


def test_of_files_and_rules_that_were_not_looked_at_nothing_is_stale() -> None:
    baseline = recorded([finding()], WHERE, CWD)
    assert stale([], baseline, CWD, paths=["other.txt"], rules=EVERY) == ()
    assert stale([], baseline, CWD, paths=["requirements.txt"], rules={"SP501"}) == ()


def test_a_fingerprint_outlives_a_moved_line_and_tells_two_alike_apart() -> None:
    first, second = fingerprints([finding(line=1), finding(line=5)], "/repo", CWD)
    assert fingerprints([finding(line=3), finding(line=4)], "/repo", CWD) == (first, second)
    assert fingerprints([finding(path="app/requirements.txt")], "/repo", "/repo") == (first,)
    assert len({first, second, *fingerprints([finding("zlib"), finding(path="\udcff")], "/repo", CWD)}) == 4
    assert len(first) == 32
