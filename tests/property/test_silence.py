"""Baselines read back to what was written, hold back just that, and comments are found in any text."""

from __future__ import annotations

import contextlib

from hypothesis import given
from hypothesis import strategies as st
from tests.property.strategies import TEXTS

from stackpin.check.baseline import fingerprints, known, recorded, stale
from stackpin.check.globs import Patterns
from stackpin.check.input_kinds import kind_by_head, kind_by_name, named_kind
from stackpin.check.rule_book import RULES
from stackpin.emit.baseline import baseline_text
from stackpin.errors import StackpinError
from stackpin.model.finding import Finding
from stackpin.model.input_file import InputKind
from stackpin.model.mention import Place
from stackpin.model.settings import PathPattern
from stackpin.parse.baseline import parse_baseline
from stackpin.parse.ignore_comments import parse_ignore_comments

__all__: list[str] = []

CWD, WHERE = "/repo/app", "/repo/baseline.json"
#: Names of files: any bytes but the slash and NUL, as they come from the file system.
_NAMES = st.binary(min_size=1, max_size=8).map(
    lambda raw: raw.replace(b"/", b"_").replace(b"\0", b"_").decode("utf-8", "surrogateescape")
)
_FINDINGS = st.builds(
    lambda rule, path, line, package, found: Finding(
        rule=rule, place=Place(path=path, line=line), message="m", package=package, found=found
    ),
    st.sampled_from(RULES),
    _NAMES,
    st.integers(0, 9),
    st.sampled_from(["torch", "triton", ""]),
    TEXTS,
)


@given(st.lists(_FINDINGS, max_size=8))
def test_a_baseline_reads_back_and_holds_back_just_what_it_was_made_of(findings: list[Finding]) -> None:
    baseline = recorded(findings, WHERE, CWD)
    assert parse_baseline(baseline_text(baseline).encode("ascii"), WHERE) == baseline
    assert all(known(findings, baseline, CWD))
    paths = [finding.place.path for finding in findings]
    assert stale(findings, baseline, CWD, paths=paths, rules={rule.id for rule in RULES}) == ()
    assert not any(known(findings, recorded([], WHERE, CWD), CWD))
    assert len(set(fingerprints(findings, "/repo", CWD))) == len(findings)


@given(st.binary(max_size=80) | TEXTS.map(str.encode))
def test_any_bytes_are_a_baseline_or_refused(raw: bytes) -> None:
    with contextlib.suppress(StackpinError):
        assert parse_baseline(raw, WHERE).where == WHERE


@given(
    st.lists(
        st.sampled_from(
            ["torch==2.6.0", " \\", "\n", "\r\n", "# stackpin: ignore[SP101]", " # stackpin: ignore", "#", ","]
        ),
        max_size=30,
    )
)
def test_a_comment_holds_for_lines_that_follow_each_other(pieces: list[str]) -> None:
    for comment in parse_ignore_comments("".join(pieces)):
        assert 1 <= comment.first <= comment.last
        assert comment.line <= comment.last


@given(_NAMES, st.binary(max_size=60))
def test_any_name_and_head_have_a_kind_or_none(name: str, head: bytes) -> None:
    kinds = {None, *InputKind}
    assert {kind_by_name(name, "requirements"), kind_by_head(name, head), named_kind(name, head)} <= kinds


@given(TEXTS | _NAMES, _NAMES)
def test_any_pattern_may_be_held_against_any_path(pattern: str, name: str) -> None:
    assert Patterns([PathPattern(text=pattern)], "/repo").matches(name) in {True, False}
    assert Patterns([PathPattern(text="**")], "/repo").matches(name)
