"""Versions told as ranges."""

from __future__ import annotations

import pytest

from stackpin.app.abi import runs_of

__all__: list[str] = []

EVERY = ["1.0", "1.1", "1.2", "1.3", "2.0"]


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (["1.0", "1.1", "1.2"], ("1.0 to 1.2",)),
        (["1.0", "1.1"], ("1.0, 1.1",)),
        (["1.0", "1.2", "1.3", "2.0"], ("1.0", "1.2 to 2.0")),
        (["2.0"], ("2.0",)),
        ([], ()),
    ],
)
def test_only_what_has_no_gap_is_a_range(found: list[str], told: tuple[str, ...]) -> None:
    assert runs_of(found, EVERY) == told
