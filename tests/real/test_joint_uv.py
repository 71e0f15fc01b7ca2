"""The real uv on the real index: what two engines can share it can select, and what is refused it cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.real.joint import QUICK, Pair, compare, grid, judge, nearest_pairs, uv_alone

from stackpin.model.explanation import Explanation

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.real


@pytest.mark.parametrize("pair", QUICK, ids=str)
def test_uv_agrees_on_a_pair(pair: Pair, tmp_path: Path) -> None:
    row = compare(pair, tmp_path)
    assert (row.wrong, row.verdict) == ("", "tuple" if pair in QUICK[:2] else "refused")


@pytest.mark.slow
def test_uv_agrees_on_every_pair_of_the_grid(tmp_path: Path) -> None:
    rows = [compare(pair, tmp_path) for pair in grid()]
    assert [(str(row.pair), row.wrong) for row in rows if row.wrong] == []
    assert len(rows) >= 200
    assert len([row for row in rows if row.verdict == "tuple"]) >= 20


@pytest.mark.slow
@pytest.mark.parametrize("pair", QUICK[2:], ids=str)
def test_uv_resolves_the_pairs_that_a_refusal_names(pair: Pair) -> None:
    explanation = judge(pair)
    assert isinstance(explanation, Explanation)
    named = nearest_pairs(explanation)
    assert named
    assert {str(near): uv_alone(near).code for near in named} == {str(near): 0 for near in named}
