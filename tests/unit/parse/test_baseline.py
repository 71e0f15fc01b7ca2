"""Baseline files, good and bad."""

from __future__ import annotations

import pytest

from stackpin.errors import InputUnreadable
from stackpin.model.baseline import Baseline, BaselineEntry
from stackpin.parse.baseline import parse_baseline

__all__: list[str] = []

WHERE = "/repo/baseline.json"


def test_entries_come_sorted_and_a_count_may_be_left_out() -> None:
    raw = b'{"schema": 1, "findings": [{"rule": "SP501", "path": "b"}, {"rule": "SP501", "path": "a", "count": 2}]}'
    one, two = BaselineEntry(rule="SP501", path="a", count=2), BaselineEntry(rule="SP501", path="b")
    assert parse_baseline(raw, WHERE) == Baseline(entries=(one, two), where=WHERE, folder="/repo")


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        pytest.param(b"", "the baseline is no JSON", id="nothing"),
        pytest.param(b"<<<<<<< ours\n{}\n", "the baseline is no JSON", id="a merge that was left open"),
        pytest.param(b"\xff\xfe", "the baseline is no JSON", id="no text"),
        pytest.param(b"[" * 100_000, "the baseline is no JSON", id="deep"),
        pytest.param(b"[]", "this is no baseline", id="a list"),
        pytest.param(b'{"schema": 1}', "this is no baseline", id="without findings"),
        pytest.param(b'{"schema": 2, "findings": []}', "this is no baseline", id="of a later schema"),
        pytest.param(b'{"schema": 1, "findings": [1]}', "an entry of the baseline is none", id="a number"),
        pytest.param(
            b'{"schema": 1, "findings": [{"path": "a"}]}', "an entry of the baseline is none", id="without a rule"
        ),
        pytest.param(
            b'{"schema": 1, "findings": [{"rule": "SP1", "count": 0}]}',
            "an entry of the baseline is none",
            id="none of it",
        ),
        pytest.param(
            b'{"schema": 1, "findings": [{"rule": "SP1", "path": 1}]}',
            "an entry of the baseline is none",
            id="a path that is no text",
        ),
        pytest.param(
            b'{"schema": 1, "findings": [{"rule": "SP1", "count": true}]}',
            "an entry of the baseline is none",
            id="a count that is none",
        ),
    ],
)
def test_what_is_no_baseline_is_refused(raw: bytes, what: str) -> None:
    with pytest.raises(InputUnreadable) as caught:
        parse_baseline(raw, WHERE)
    error = caught.value
    assert (error.what, error.where.partition(",")[0], error.exit_code) == (what, WHERE, 15)
    assert "--write-baseline" in error.hint
