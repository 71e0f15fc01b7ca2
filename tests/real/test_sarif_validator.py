"""The SARIF that is written, before Microsoft's own validator with GitHub's rules: no error, whatever the findings hold."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.findings import HOSTILE, checked, finding, installed, torchvision_of_another_torch, trouble

from stackpin.check.rule_book import RULES
from stackpin.check.rule_pages import all_pages
from stackpin.emit.sarif import sarif_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__: list[str] = []

#: The program that ``nox -s real`` lays out.
VALIDATOR = os.environ.get("TEST_SARIF", "")
#: The project has no page of its own yet that the log could name (``informationUri``).
KNOWN = {"SARIF2005"}

pytestmark = [
    pytest.mark.real,
    pytest.mark.slow,
    pytest.mark.skipif(not VALIDATOR, reason="the validator is laid out by `nox -s real`, which sets TEST_SARIF"),
]


@pytest.fixture
def said(tmp_path: Path) -> Callable[[str], set[str]]:
    """What the validator says of a log: its rules, each with its level. It ends with 0 whatever it finds."""

    def validate(text: str) -> set[str]:
        log, answer = tmp_path / "log.sarif", tmp_path / "answer.sarif"
        log.write_text(text, encoding="utf-8")
        command = [VALIDATOR, "validate", str(log), "--output", str(answer), "--log", "ForceOverwrite"]
        command += ["--rule-kind", "Sarif;Ghas"]
        env = {**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
        assert done.returncode == 0, done.stdout + done.stderr
        told: list[dict[str, Any]] = json.loads(answer.read_text(encoding="utf-8-sig"))["runs"][0]["results"]
        return {f"{each['ruleId']} {each.get('level', 'warning')}" for each in told if each["ruleId"] not in KNOWN}

    return validate


def test_the_validator_finds_nothing(said: Callable[[str], set[str]]) -> None:
    every_rule = [finding(rule.id, path=f"{rule.id}.txt") for rule in RULES]
    told = checked(
        torchvision_of_another_torch(),
        *(
            *every_rule,
            installed(),
            finding(path=HOSTILE, at=(0, 0, 0)),
            finding(path="/srv/uv.lock", part="Python 3.9"),
        ),
        troubles=(trouble(), trouble(path=HOSTILE)),
        notes=("rocm is not covered",),
    )
    assert said(sarif_text(told, all_pages(), version="0.1.0")) == set()


def test_the_validator_finds_nothing_in_an_empty_log(said: Callable[[str], set[str]]) -> None:
    assert said(sarif_text(checked(), all_pages(), version="0.1.0")) == set()


def test_the_validator_sees_what_github_refuses(said: Callable[[str], set[str]]) -> None:
    log = json.loads(sarif_text(checked(finding()), all_pages(), version="0.1.0"))
    del log["runs"][0]["tool"]["driver"]["rules"][0]["help"]
    del log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert {"GH2012 error"} < said(json.dumps(log))
