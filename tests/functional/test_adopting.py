"""What other repositories use of this one: the hook for pre-commit, and the GitHub Action with whatever stands in its inputs."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from tests.support.adopting import ROOT, action_script, hook_pattern
from tests.support.input_names import NAMES

from stackpin.check.input_kinds import kind_by_name

__all__: list[str] = []

#: Writes its words, each with a NUL behind it, and ends as it is told.
RECORDER = """#!/bin/sh
printf '%s\\0' "$(basename "$0")" "$@" >> "$RECORD"
printf '\\n' >> "$RECORD"
echo said
exit "${ENDS_WITH:-0}"
"""
#: Stands for ``python3 -m venv DIR``: what it makes there are recorders.
PYTHON = """#!/bin/sh
mkdir -p "$3/bin"
cp "$RECORDER" "$3/bin/python"
cp "$RECORDER" "$3/bin/stackpin"
"""
NASTY = 'it\'s $(touch pwned) `touch pwned`; touch pwned & "x" * ${HOME} \\'


@pytest.mark.parametrize("folder", ["", "services/api/"])
@pytest.mark.parametrize("name", [name for names in NAMES.values() for name in names])
def test_the_hook_takes_the_files_that_a_folder_gives_by_their_names(folder: str, name: str) -> None:
    path = Path(folder + name)
    assert bool(hook_pattern().search(str(path))) == (kind_by_name(path.name, path.parent.name) is not None)


@pytest.mark.parametrize(
    ("name", "taken"),
    [("environment.yml", True), ("envs/environment-gpu.yaml", True), (".github/workflows/conda.yml", False)],
)
def test_of_conda_files_the_hook_takes_those_that_are_called_environment(name: str, taken: bool) -> None:
    assert bool(hook_pattern().search(name)) is taken


class Runner:
    """A machine on which the action's step runs: what it starts is recorded, nothing else is there."""

    def __init__(self, folder: Path, *, uvx: bool) -> None:
        self.folder, self.record = folder, folder / "record"
        self._bin = folder / "bin"
        self._bin.mkdir()
        (folder / "work").mkdir()
        for tool in ("bash", "sh", "mkdir", "cp", "basename", "touch"):
            (self._bin / tool).symlink_to(shutil.which(tool) or "")
        self._program("recorder", RECORDER)
        self._program("python3", PYTHON)
        if uvx:
            self._program("uvx", RECORDER)

    def _program(self, name: str, text: str) -> None:
        path = self._bin / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)

    def step(self, **inputs: str) -> subprocess.CompletedProcess[str]:
        """Run the step with these inputs; the others are empty."""
        names = ("PATHS", "CUDA", "STACK", "SELECT", "SARIF")
        env = {f"CHECK_{name}": inputs.get(name.lower(), "") for name in names}
        env |= {"PATH": str(self._bin), "RECORD": str(self.record), "RECORDER": str(self._bin / "recorder")}
        env |= {
            "GITHUB_ACTION_PATH": "/action",
            "RUNNER_TEMP": str(self.folder / "temp"),
            "ENDS_WITH": inputs.get("code", "0"),
        }
        script = self.folder / "step.sh"
        script.write_text(action_script(), encoding="utf-8")
        bash = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)]  # as the runner starts it
        return subprocess.run(bash, cwd=self.folder / "work", env=env, capture_output=True, text=True, check=False)

    def started(self) -> list[list[str]]:
        """The words of each program that the step started."""
        lines = self.record.read_text(encoding="utf-8").split("\0\n")
        return [line.split("\0") for line in lines if line]


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """A machine with uvx on it."""
    return Runner(tmp_path, uvx=True)


def test_the_action_checks_the_folder_that_it_stands_in(runner: Runner) -> None:
    assert runner.step(paths=".").returncode == 0
    assert runner.started() == [
        ["uvx", "--quiet", "--from", "/action", "stackpin", "check", "--format=github", "--", "."]
    ]


def test_without_uvx_the_action_makes_an_environment(tmp_path: Path) -> None:
    runner = Runner(tmp_path, uvx=False)
    assert runner.step(paths="a\n\nb c\n").returncode == 0
    assert runner.started() == [
        ["python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "/action"],
        ["stackpin", "check", "--format=github", "--", "a", "b c"],
    ]


def test_every_input_becomes_its_option(runner: Runner) -> None:
    runner.step(paths="", cuda="cu124", stack="sglang==0.4.*\nvllm>=0.8,<0.9\n", select="SP1,SP201")
    options = ["--cuda=cu124", "--select=SP1,SP201", "--stack=sglang==0.4.*", "--stack=vllm>=0.8,<0.9"]
    assert [words[5:] for words in runner.started()] == [["check", *options, "--format=github", "--", "."]]


def test_what_stands_in_an_input_is_a_word_and_never_a_command_or_an_option(runner: Runner) -> None:
    done = runner.step(paths=f"{NASTY}\n--env=/", cuda=NASTY, stack=NASTY, select=NASTY, sarif=NASTY)
    assert done.returncode == 0, done.stderr
    options = [f"--{name}={NASTY}" for name in ("cuda", "select", "stack")]
    assert [words[5:] for words in runner.started()] == [
        ["check", *options, "--format=sarif", "--", NASTY, "--env=/"],
        ["check", *options, "--format=github", "--", NASTY, "--env=/"],
    ]
    assert [path.name for path in (runner.folder / "work").iterdir()] == [NASTY]


@pytest.mark.parametrize(("code", "runs"), [("0", 2), ("1", 2), ("15", 2), ("2", 1)])
def test_the_sarif_file_is_written_also_where_there_are_findings(runner: Runner, code: str, runs: int) -> None:
    done = runner.step(paths=".", sarif="out.sarif", code=code)
    assert (done.returncode, len(runner.started())) == (int(code), runs)
    assert (runner.folder / "work" / "out.sarif").read_text(encoding="utf-8") == "said\n"
    assert done.stdout == ("said\n" if runs == 2 else "")


def test_no_input_stands_in_the_text_of_a_script() -> None:
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    assert "${{" not in text.partition("run: |")[2]
    assert "uses:" not in text
