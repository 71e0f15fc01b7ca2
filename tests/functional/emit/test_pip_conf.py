"""``emit pip-conf`` as pip reads it: in an environment, by PIP_CONFIG_FILE, with a blank in the path, for builds."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from tests.support.emitting import PIPS, emitted, pip_of, run, tree_that_builds
from tests.support.in_process import run_here
from tests.support.tools import newest_pip

if TYPE_CHECKING:
    from pathlib import Path

__all__: list[str] = []

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("tools_ask_it")]

ASKED = ("torch==2.10.*", "--cuda", "cu126")
#: PyPI's build is cu128: the one of cu126 lies on the index of its tag.
TORCH = "2.10.0+cu126"
#: From these on pip has the option, and takes nothing else for builds.
HAVE_BUILD_CONSTRAINT = ("25.3", "26.3")


def assert_held(pip: list[str], tmp_path: Path, env: dict[str, str]) -> None:
    install = [*pip, "install", "--dry-run", "--ignore-installed"]
    done = run([*install, "torch"], tmp_path, env)
    assert (done.code, done.selected.get("torch"), "WARNING" in done.stderr) == (0, TORCH, False), done.words
    assert run([*install, "torch==2.9.1"], tmp_path, env).code == 1


def placed(tmp_path: Path) -> Path:
    """The file in a folder with a blank in its name; the constraints lie beside it."""
    conf = tmp_path / "my settings" / "pip.conf"
    assert run_here("emit", "pip-conf", *ASKED, "-q", "-o", str(conf), cwd=tmp_path).returncode == 0
    assert sorted(path.name for path in conf.parent.iterdir()) == ["pip.conf", "stackpin-constraints.txt"]
    return conf


def with_builds(conf: Path) -> Path:
    """The file with the commented line for builds taken in, as its comment says."""
    text = conf.read_text(encoding="utf-8")
    changed = re.sub(r"^# (?=build-constraint = )", "", text, flags=re.MULTILINE)
    assert changed != text
    conf.write_text(changed, encoding="utf-8")
    return conf


def build(pip: list[str], tmp_path: Path, env: dict[str, str]) -> str:
    """The torch that a build in isolation saw; empty where it failed."""
    seen = tmp_path / "seen.txt"
    wheel = [*pip, "wheel", "--no-deps", "--wheel-dir", str(tmp_path / "out"), str(tree_that_builds(tmp_path))]
    run(wheel, tmp_path, {**env, "SEEN_TORCH": str(seen)})
    return seen.read_text(encoding="utf-8") if seen.is_file() else ""


def test_an_environment_is_held_by_its_own_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``-o .venv/pip.conf``; pip's own listing names the file as that of the site."""
    monkeypatch.delenv("PIP_CONFIG_FILE")
    venv = tmp_path / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    assert run_here("emit", "pip-conf", *ASKED, "-q", "-o", ".venv/pip.conf", cwd=tmp_path).returncode == 0
    pip = [*newest_pip(), "--python", str(venv)]
    listed = run([*pip, "config", "debug"], tmp_path)
    assert f"{venv}/pip.conf, exists: True" in listed.stdout
    assert_held(pip, tmp_path, {})


@pytest.mark.slow
def test_a_file_with_a_blank_in_its_path_is_read_and_builds_can_be_taken_in(tmp_path: Path) -> None:
    env = {"PIP_CONFIG_FILE": str(with_builds(placed(tmp_path)))}
    assert_held([*newest_pip()], tmp_path, env)
    assert build([*newest_pip()], tmp_path, env) == TORCH


@pytest.mark.slow
@pytest.mark.parametrize("version", PIPS)
def test_every_pip_is_held(version: str, tmp_path: Path, tool_folder: Path) -> None:
    """Builds too: by ``constraint`` where pip is older than 26.2, by the line for builds where it has that."""
    pip, conf = pip_of(tool_folder, version), placed(tmp_path)
    if version in HAVE_BUILD_CONSTRAINT:
        with_builds(conf)
    env = {"PIP_CONFIG_FILE": str(conf)}
    assert_held(pip, tmp_path, env)
    assert build(pip, tmp_path, env) == TORCH


@pytest.mark.slow
@pytest.mark.parametrize("version", PIPS)
def test_builds_are_held_without_that_line_up_to_pip_26_1_only(version: str, tmp_path: Path, tool_folder: Path) -> None:
    seen = build(pip_of(tool_folder, version), tmp_path, {"PIP_CONFIG_FILE": str(placed(tmp_path))})
    assert (seen == TORCH) == (version != "26.3")


def test_the_text_on_stdout_names_a_file_that_is_there(tmp_path: Path) -> None:
    text = emitted("pip-conf", *ASKED, cwd=tmp_path, env={"XDG_DATA_HOME": str(tmp_path / "data")})
    (named,) = re.findall(r"^constraint = (.*)$", text, re.MULTILINE)
    assert f"torch=={TORCH} " in (tmp_path / "data" / "stackpin" / named.rpartition("/")[2]).read_text(encoding="utf-8")
