"""The real uv on the real index: each ready-made file whose builds are PyPI's own makes it select exactly the tuple.

A failure that lies outside the tuple stands, with its cause, in ``known_outside.toml``; a row there that no longer
fails is a failure too. ``python -m tests.real`` runs all files and writes ``docs/status/real.md``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from tests.real.outside import QUICK, known_outside, outside_rows
from tests.support.hollow import rows_of
from tests.support.tools import newest_uv, tree_files, uv_compile

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.tools import ReadyMade

pytestmark = pytest.mark.real


def cases() -> list[object]:
    """Every file without an index line; all but a handful across the years are slow."""
    return [
        pytest.param(ready, id=ready.name, marks=() if ready.name in QUICK else pytest.mark.slow)
        for ready in tree_files()
        if ready.from_pypi_alone
    ]


@pytest.mark.parametrize("ready", cases())
def test_uv_selects_exactly_the_tuple(ready: ReadyMade, tmp_path: Path) -> None:
    file = tmp_path / ready.name
    file.write_text(ready.text, encoding="utf-8")
    options = ("--python-version", ready.python(), "--python-platform", ready.uv_platform)
    answer = uv_compile(newest_uv(), ready.requirements, file, *options)
    outside = known_outside(ready)
    if outside is not None:
        assert answer.code != 0, f"{ready.name} can be satisfied now: take its row out of known_outside.toml"
        assert outside.words in answer.words
        return
    assert answer.code == 0, answer.stderr
    assert ready.differences(answer.selected) == {}
    assert answer.selected[ready.anchor] == ready.version
    for name, bound in ready.bounds.items():
        assert name not in answer.selected or SpecifierSet(bound).contains(answer.selected[name])


def test_the_quick_files_are_in_the_tree() -> None:
    assert {ready.name for ready in tree_files() if ready.from_pypi_alone} >= QUICK


def test_every_known_row_names_a_release_and_whose_doing_it_is() -> None:
    for row in outside_rows():
        requirement = Requirement(row.anchor)
        assert f"{requirement.specifier}" in {f"=={found['version']}" for found in rows_of(requirement.name)}
        assert row.why
