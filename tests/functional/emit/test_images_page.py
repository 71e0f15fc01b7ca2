"""The Dockerfile on the page about images, run as far as that goes without an engine: its variables, its file, its commands."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from tests.support.docker_env import read_dockerfile
from tests.support.emitting import run
from tests.support.in_process import run_here
from tests.support.tools import newest_pip

__all__: list[str] = []

PAGE = Path(__file__).resolve().parents[3] / "docs" / "images.md"


def dockerfile(tmp_path: Path) -> str:
    """The page's example, with what its comment names put in its place."""
    found = re.search(r"^```dockerfile\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert found
    text = found[1]
    (line,) = re.findall(r"^# here: stackpin (.*)$", text, re.MULTILINE)
    done = run_here(*shlex.split(line), "-q", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    return text.replace(f"# here: stackpin {line}\n", done.stdout)


@pytest.mark.real
@pytest.mark.usefixtures("tools_ask_it")
def test_its_install_obeys_and_another_one_fails(tmp_path: Path) -> None:
    image = read_dockerfile(dockerfile(tmp_path))
    ((inside, content),) = image.files.items()
    (tmp_path / "c.txt").write_text(content, encoding="utf-8")
    env = {name: value.replace(inside, str(tmp_path / "c.txt")) for name, value in image.variables.items()}
    (command,) = image.commands
    words = shlex.split(command)
    assert words[:2] == ["pip", "install"]
    install = [*newest_pip(), "install", "--dry-run", "--ignore-installed"]
    done = run([*install, *words[2:]], tmp_path, env)
    assert (done.code, done.selected["torch"], done.selected["torchvision"]) == (0, "2.10.0", "0.25.0"), done.words
    refused = run([*install, "torch==2.9.1"], tmp_path, env)
    assert (refused.code, "(constraint)" in refused.words) == (1, True)


def test_check_has_nothing_to_say_of_it(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(dockerfile(tmp_path), encoding="utf-8")
    assert run_here("check", "Dockerfile", cwd=tmp_path).returncode == 0


def test_check_tells_the_install_that_would_fail(tmp_path: Path) -> None:
    text = dockerfile(tmp_path) + "RUN pip install torch==2.9.1\n"
    (tmp_path / "Dockerfile").write_text(text, encoding="utf-8")
    done = run_here("check", "Dockerfile", cwd=tmp_path)
    last = len(text.splitlines())
    assert done.returncode == 1
    assert done.stdout.splitlines()[0] == (
        f"Dockerfile:{last}:17  SP104 torch 2.9.1 is asked for and torch 2.10.0 is pinned: no installer takes both"
    )
