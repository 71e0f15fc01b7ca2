"""The hook run by the real pre-commit, and the GitHub Action's step with the real uv: each builds and runs this work tree."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from tests.support.adopting import ROOT, action_script
from tests.support.tools import newest_uv

from stackpin.cli import main as command_line

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif("check" not in command_line._COMMANDS, reason="there is no command check yet"),
]

PRE_COMMIT = "pre-commit==4.7.0"
FAULT, TWIN = "torch==2.6.0\ntriton==3.3.0\n", "torch==2.6.0\ntriton==3.2.0\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of somebody else's, uv on PATH."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{Path(newest_uv()).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "hooks"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True)
    return folder


def write(folder: Path, text: str) -> None:
    (folder / "requirements.txt").write_text(text, encoding="utf-8")
    (folder / "notes.md").write_text("pip install triton==3.3.0\n", encoding="utf-8")
    subprocess.run(["git", "add", "."], cwd=folder, check=True)


@pytest.mark.slow
def test_the_hook_finds_a_fault_and_passes_its_twin(project: Path) -> None:
    for text, code, said in ((FAULT, 1, "requirements.txt:2:1  SP101 "), (TWIN, 0, "Passed")):
        write(project, text)
        command = ["uvx", "--quiet", "--from", PRE_COMMIT, "pre-commit", "try-repo", str(ROOT), "stackpin-check"]
        done = subprocess.run(
            [*command, "--all-files"], cwd=project, capture_output=True, text=True, check=False, timeout=600
        )
        assert (done.returncode, said in done.stdout) == (code, True), done.stdout + done.stderr


@pytest.mark.slow
def test_the_action_finds_a_fault_and_passes_its_twin(project: Path, tmp_path: Path) -> None:
    script = tmp_path / "step.sh"
    script.write_text(action_script(), encoding="utf-8")
    own = {"CHECK_PATHS": ".", "CHECK_CUDA": "", "CHECK_STACK": "", "CHECK_SELECT": "SP1", "CHECK_SARIF": "out.sarif"}
    own |= {"GITHUB_ACTION_PATH": str(ROOT), "RUNNER_TEMP": str(tmp_path / "temp")}
    for text, code, rules in ((FAULT, 1, ["SP101"]), (TWIN, 0, [])):
        write(project, text)
        command = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)]
        env = {**os.environ, **own}
        done = subprocess.run(command, cwd=project, env=env, capture_output=True, text=True, check=False, timeout=600)
        document = json.loads((project / "out.sarif").read_text(encoding="utf-8"))
        assert [row["ruleId"] for row in document["runs"][0]["results"]] == rules
        assert (done.returncode, "file=requirements.txt,line=2" in done.stdout) == (code, bool(code)), done.stderr
