"""Dockerfiles and scripts of real shapes: each pin at its place, in the environment and on the branch that it belongs to."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from tests.support.command_files import COMMANDS, reading_of, told
from tests.support.subjects import judged

from stackpin.check.index_lines import index_findings

if TYPE_CHECKING:
    from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__: list[str] = []

EXPECTED = tomllib.loads((COMMANDS / "expected.toml").read_text(encoding="utf-8"))
FILES = sorted(path for path in COMMANDS.iterdir() if path.suffix in {".Dockerfile", ".sh"})
#: The pins that are wrong, by file; every other file is right as far as anyone can tell.
WRONG = {
    "branches.sh": ["SP101 7 triton"],
    "engine-kept.Dockerfile": ["SP103 2 torch"],
    "exec-form.Dockerfile": ["SP101 3 triton"],
    "here-documents.Dockerfile": ["SP101 13 triton"],
    "image-of-another-tag.Dockerfile": ["SP206 3 torch"],
    "image-with-requirements.Dockerfile": ["SP101 5 triton"],
    "index-of-another-tag.Dockerfile": ["SP206 3 torch", "SP206 3 torchvision"],
    "stages-with-requirements.Dockerfile": ["SP101 19 triton"],
    "tools.sh": ["SP103 1 torch"],
    "unsettled.sh": ["SP101 5 triton"],
    "virtual-environment.Dockerfile": ["SP101 6 triton"],
}


def test_every_file_has_an_expectation() -> None:
    assert {path.name for path in FILES} == set(EXPECTED)
    assert set(WRONG) <= set(EXPECTED)


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.name)
def test_what_a_file_comes_to(file: Path) -> None:
    assert told(file) == EXPECTED[file.name]


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.name)
def test_what_is_wrong_in_a_file_is_found_and_nothing_else(file: Path) -> None:
    found: dict[str, None] = {}
    for subject in reading_of(file).subjects:
        for each in (*judged(subject).findings, *index_findings(subject)):
            found[f"{each.rule.id} {each.place.line} {each.package}"] = None
    assert sorted(found) == WRONG.get(file.name, [])


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.name)
def test_a_place_with_an_end_holds_the_text_of_the_pin(file: Path) -> None:
    lines = file.read_text(encoding="utf-8").split("\n")
    wrong = [
        mention
        for subject in reading_of(file).subjects
        for mention in subject.mentions
        if mention.place.path == file.name
        and mention.place.end_column
        and lines[mention.place.line - 1][mention.place.column - 1 : mention.place.end_column - 1] != mention.text
    ]
    assert wrong == []
