"""What takes ``stackpin check`` to GitHub and to pre-commit: the action's script, and the files that the hook is for."""

from __future__ import annotations

import os
import re
import subprocess
import textwrap
from pathlib import Path

import pytest

__all__: list[str] = []

ROOT = Path(__file__).resolve().parents[2]


def script() -> str:
    """The lines that the action runs."""
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    return textwrap.dedent(text.partition("      run: |\n")[2])


@pytest.fixture
def act(tmp_path: Path) -> Path:
    """A folder whose ``pipx`` prints its words, one a line, and ends with 1 as where something is found."""
    pipx = tmp_path / "bin" / "pipx"
    pipx.parent.mkdir()
    pipx.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\nexit 1\n", encoding="utf-8")
    pipx.chmod(0o755)
    return tmp_path


def run(folder: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """The script as GitHub's runner calls it (``shell: bash``)."""
    told = {"CHECK_PATHS": ".", "CHECK_ARGUMENTS": "", "CHECK_SARIF_FILE": "", **inputs}
    env = {"PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}", "GITHUB_ACTION_PATH": "/the/action", **told}
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script()]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


WORDS = ["run", "--spec", "/the/action", "stackpin", "check"]


def test_the_action_annotates_what_is_in_the_repository(act: Path) -> None:
    done = run(act)
    assert (done.returncode, done.stdout.split(), done.stderr) == (1, [*WORDS, "--format", "github", "."], "")


def test_the_action_writes_sarif_and_still_ends_with_the_findings(act: Path) -> None:
    done = run(act, CHECK_SARIF_FILE="a b.sarif", CHECK_PATHS="one\ntwo", CHECK_ARGUMENTS="--ignore SP304")
    assert (done.returncode, done.stdout) == (1, "")
    wanted = [*WORDS, "--ignore", "SP304", "--format", "sarif", "one", "two"]
    assert (act / "a b.sarif").read_text(encoding="utf-8").split() == wanted


def test_no_input_of_the_action_is_run(act: Path) -> None:
    done = run(act, CHECK_PATHS="$(touch harm) `touch harm` ; touch harm", CHECK_ARGUMENTS="&& touch harm")
    assert (done.returncode, (act / "harm").exists()) == (1, False)


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        pytest.param(name, taken, id=name)
        for names, taken in (
            (
                "requirements.txt dev-requirements.in requirements/gpu.txt constraints.txt a/uv.lock pyproject.toml",
                True,
            ),
            ("pylock.toml pylock.gpu.toml poetry.lock environment.yml Dockerfile docker/Dockerfile.gpu", True),
            ("README.md setup.py requirements.py notes.txt uv.lock.bak src/lock.toml environment.json", False),
        )
        for name in names.split()
    ],
)
def test_the_hook_is_for_what_is_read(name: str, taken: bool) -> None:
    text = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    pattern = textwrap.dedent(text.partition("  files: |-\n")[2])
    assert bool(re.search(pattern, name)) == taken
