"""A uv that is older than the floor is refused where it would have to be held, and left alone where not."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from packaging.version import Version
from tests.escapes.rows import FLOORS, held_releases, releases

if TYPE_CHECKING:
    from pathlib import Path

__all__: list[str] = []

pytestmark = pytest.mark.real


def typed(line: str, folder: Path, tools: Path) -> subprocess.CompletedProcess[str]:
    """Type a line where only the oldest uv is, with a stack in force."""
    old = next(release for release in releases("uv") if Version(release).release < FLOORS["uv"])
    path = os.pathsep.join([str(tools / f"uv-{old}" / "bin"), "/usr/bin", "/bin"])
    variables = {**os.environ, "PATH": path, "STACKPIN_STACK": "torch==2.6.0", "STACKPIN_CUDA": "pypi"}
    words = [sys.executable, "-m", "stackpin", *line.split()]
    return subprocess.run(words, env=variables, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "line", ["uv pip install idna", "uv sync", "uv tool install idna", "uv build", "uv tool run idna"]
)
def test_an_older_uv_is_refused(line: str, tmp_path: Path, tool_folder: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\nversion = "1.0"\n')
    done = typed(line, tmp_path, tool_folder)
    assert (done.returncode, done.stdout) == (16, "")
    assert done.stderr.startswith("stackpin[tool-missing]: uv 0.5.0 ")
    assert "0.5.31" in done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"pyproject.toml"}


@pytest.mark.parametrize("line", ["uv --version", "uv cache dir", "uv python list --only-installed", "uv venv --help"])
def test_what_selects_nothing_runs_with_it(line: str, tmp_path: Path, tool_folder: Path) -> None:
    assert typed(line, tmp_path, tool_folder).returncode == 0


def test_the_floors_are_among_the_releases_that_are_tried() -> None:
    assert {tool: Version(held_releases(tool)[0]).release for tool in FLOORS} == FLOORS
