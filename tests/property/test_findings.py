"""Whatever a run of check holds, its outputs are what they claim to be, and nothing in it reaches a terminal or ends a line."""

from __future__ import annotations

import json
import re
from urllib.parse import unquote_to_bytes

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.sarif import schema_errors

from stackpin.check.rule_book import RULES
from stackpin.check.rule_pages import all_pages
from stackpin.emit.finding_words import entries, harmless
from stackpin.emit.findings_json import findings_json
from stackpin.emit.findings_text import findings_text, note_lines, trouble_lines
from stackpin.emit.github_annotations import github_annotations
from stackpin.emit.sarif import sarif_text
from stackpin.emit.sarif_places import artifact
from stackpin.model.finding import Checked, Edit, Finding, Fix, Trouble
from stackpin.model.mention import Place

__all__: list[str] = []

PAGES = all_pages()
#: Letters of all kinds: those of paths and messages, what terminals obey, separators, and bytes that are not UTF-8.
_LETTERS = (
    st.sampled_from("ab/. :,%=[]()'\"\\`\n\r\t\x00\x07\x1b\x7f\x85\x9b\u2028\u202e\ufeffé世🙂\udc80\udcff")
    | st.characters()
)
_TEXTS = st.text(_LETTERS, max_size=12)
_FILE_NAMES = st.binary(min_size=1, max_size=12).map(lambda raw: raw.decode("utf-8", "surrogateescape"))
_NUMBERS = st.integers(0, 3) | st.integers(0, 10**6)
_PLACES = st.builds(
    Place,
    path=_FILE_NAMES | _TEXTS,
    line=_NUMBERS,
    column=_NUMBERS,
    end_column=_NUMBERS,
    distribution=st.just("") | _TEXTS,
    file=st.just("") | _FILE_NAMES,
)
_EDITS = st.builds(Edit, place=_PLACES, old=_TEXTS, new=_TEXTS)
_FIXES = st.builds(Fix, text=_TEXTS, command=_TEXTS, edits=st.lists(_EDITS, max_size=2).map(tuple))
_FINDINGS = st.builds(
    Finding,
    rule=st.sampled_from(RULES),
    place=_PLACES,
    message=_TEXTS,
    package=_TEXTS,
    found=_TEXTS,
    evidence=_TEXTS,
    fix=_FIXES,
    part=st.sampled_from(["", "linux x86_64, Python 3.11"]) | _TEXTS,
    related=st.lists(st.tuples(_PLACES, _TEXTS), max_size=2).map(tuple),
)
_TROUBLES = st.builds(Trouble, slug=st.just("input-unreadable"), message=_TEXTS, place=_PLACES)


def _some(strategy: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(strategy, max_size=3).map(tuple)


RUNS = st.builds(
    Checked,
    findings=_some(_FINDINGS),
    troubles=_some(_TROUBLES),
    notes=_some(_TEXTS),
    looked_at=_some(_FILE_NAMES),
    silenced=st.integers(0, 9),
)
#: Making a whole run takes hypothesis longer than what is tested.
few = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@few
@given(told=RUNS)
def test_text_holds_nothing_but_what_prints(told: Checked) -> None:
    text = findings_text(told, evidence=True)
    assert all(line.isprintable() for line in text.split("\n"))
    assert all(line.isprintable() for line in (*trouble_lines(told), *note_lines(told)))
    text.encode()


@few
@given(told=RUNS)
def test_every_line_of_the_text_is_of_a_finding_or_the_last(told: Checked) -> None:
    *lines, last = findings_text(told).splitlines()
    heads = [line for line in lines if line and not line.startswith("  ")]
    assert all(re.search(r"  SP\d{3}(?: warning:)? ", line) for line in heads if line.strip())
    assert last.startswith(("no findings", f"{len(entries(told.findings))} finding"))


@few
@given(told=RUNS)
def test_json_is_json_in_utf_8_and_has_every_finding(told: Checked) -> None:
    document = json.loads(findings_json(told).encode())
    assert sorted(each["rule"] for each in document["findings"]) == sorted(each.rule.id for each in told.findings)
    places = [(each["path"], each["line"] or 0, each["column"] or 0) for each in document["findings"]]
    if all(each.place.path.isascii() for each in told.findings):
        assert places == sorted(places)
    assert len(document["troubles"]) == len(told.troubles)


@few
@given(told=RUNS)
def test_sarif_is_what_its_schema_says(told: Checked) -> None:
    log = json.loads(sarif_text(told, PAGES, version="0").encode())
    assert schema_errors(log) == []
    results = log["runs"][0]["results"]
    assert len(results) == len(entries(told.findings))
    marks = [each["partialFingerprints"]["stackpinFinding/v1"] for each in results]
    assert len(set(marks)) == len(marks)


@few
@given(told=RUNS)
def test_annotations_are_one_line_each(told: Checked) -> None:
    lines = github_annotations(told).splitlines()
    assert len(lines) == len(entries(told.findings)) + len(told.troubles) + len(told.notes)
    assert [line for line in lines if not re.match(r"::(?:error|warning|notice) (?:\w+=[^:,]*,?)+::", line)] == []
    assert all(line.isprintable() for line in lines)


def runner_reads(line: str) -> tuple[dict[str, str], str]:
    """Properties and message of a command as GitHub's runner takes it apart (actions/runner, ``ActionCommand.cs``)."""
    head, _, message = line.removeprefix("::").partition("::")
    properties = {}
    for pair in head.partition(" ")[2].split(","):
        name, _, text = pair.partition("=")
        for escaped, letter in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
            text = text.replace(escaped, letter)
        properties[name] = text
    return properties, message.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")


@given(path=st.text(st.sampled_from("ab/.:,%= \r\né世05AD"), min_size=1).filter(lambda path: path[0] not in "./"))
def test_the_runner_reads_the_path_that_was_meant(path: str) -> None:
    place = Place(path=path, line=3, column=2, end_column=5)
    told = Checked(findings=(Finding(rule=RULES[0], place=place, message="100% of a:b,c"),))
    properties, message = runner_reads(github_annotations(told).removesuffix("\n"))
    title = f"{RULES[0].id} {RULES[0].name}"
    assert properties == {"file": path, "line": "3", "col": "2", "endColumn": "5", "title": title}
    assert message == "100% of a:b,c"


@given(name=_FILE_NAMES.filter(lambda name: not name.startswith(("/", "./"))))
def test_an_address_gives_the_name_back_byte_for_byte(name: str) -> None:
    assert unquote_to_bytes(artifact(name)["uri"]) == name.encode("utf-8", "surrogateescape")


@given(text=_TEXTS)
def test_harmless_text_prints_and_is_left_alone_the_second_time(text: str) -> None:
    once = harmless(text)
    assert once.isprintable()
    assert harmless(once) == once
