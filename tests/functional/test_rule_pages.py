"""The example of each rule's page is found by the command, and its twin is not."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from stackpin.check.rule_pages import all_pages
from stackpin.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    from stackpin.model.rule_page import Example, RulePage

__all__: list[str] = []

PAGES = [pytest.param(page, id=page.rule.id) for page in all_pages()]
COMMANDS = main._COMMANDS

#: The one that shows a refusal.
REFUSED = "stackpin explain sglang==0.4.6.post5 vllm==0.8.5.post1"
needs_command = pytest.mark.skipif("check" not in COMMANDS, reason="the command that reads them is not there yet")


def checked(example: Example, folder: Path, rule: str) -> tuple[int, dict[str, Any]]:
    """Exit code and document of the command that the page shows, for one rule, on the files that it shows."""
    for name, text in example.files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "stackpin", "check", *example.arguments, "--select", rule, "--json"]
    kept = {name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "CONDA_PREFIX"}}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=kept, timeout=120)
    assert "Traceback" not in done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return done.returncode, document


def cures() -> list[str]:
    """Every line of our own that a page says to type."""
    lines = [line for page in all_pages() for line in page.part("How to put it right").splitlines()]
    return sorted({line for line in lines if line.startswith("stackpin ")})


@pytest.mark.parametrize("line", cures())
def test_what_a_page_says_to_type_works(line: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "stackpin", *shlex.split(line)[1:]]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, "Traceback" in done.stderr) == (10 if line == REFUSED else 0, False), done.stderr


@needs_command
@pytest.mark.parametrize("page", PAGES)
def test_the_example_of_a_page_is_found(page: RulePage, tmp_path: Path) -> None:
    code, told = checked(page.found, tmp_path, page.rule.id)
    assert (code, {each["rule"] for each in told["findings"]}) == (1, {page.rule.id})
    assert told["troubles"] == []


@needs_command
@pytest.mark.parametrize("page", PAGES)
def test_the_twin_of_the_example_is_silent(page: RulePage, tmp_path: Path) -> None:
    code, told = checked(page.silent, tmp_path, page.rule.id)
    assert (code, told["findings"], told["troubles"]) == (0, [], [])
