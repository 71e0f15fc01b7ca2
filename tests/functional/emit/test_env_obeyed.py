"""The variables of ``emit env`` hold plain pip and uv, old and new: what they install, and what they build with.

The newest of each runs always; older ones are slow (``nox -s real``).
"""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from tests.support.docker_env import read_dockerfile
from tests.support.emitting import PIPS, UVS, emitted, pip_of, run, tree_that_builds, uv_of
from tests.support.tools import newest_pip, newest_uv

if TYPE_CHECKING:
    from pathlib import Path

__all__: list[str] = []

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("tools_ask_it")]

#: Tag, and the torch of its tuple: PyPI's own build, and one that only the index of its tag carries.
TAGS = {"cu128": "2.10.0", "cu126": "2.10.0+cu126"}


def variables(tag: str, tmp_path: Path) -> dict[str, str]:
    """What bash has set after reading the text, of the variables that the text names."""
    text = emitted("env", "torch==2.10.*", "--cuda", tag, "--constraints", str(tmp_path / "c.txt"), cwd=tmp_path)
    done = subprocess.run(["bash", "-c", f"{text}\nenv -0"], capture_output=True, text=True, check=True)
    pairs = dict(line.split("=", 1) for line in done.stdout.split("\0") if "=" in line)
    return {name: value for name, value in pairs.items() if f"export {name}=" in text}


def assert_pip_obeys(command: list[str], tag: str, tmp_path: Path, env: dict[str, str]) -> None:
    """Torch is the tuple's, another one is refused, and a build in isolation gets the tuple's."""
    install = [*command, "install", "--dry-run", "--ignore-installed"]
    done = run([*install, "torch", "torchvision"], tmp_path, env)
    assert (done.code, done.selected.get("torch")) == (0, TAGS[tag]), done.words
    assert done.selected["triton"] == "3.6.0"
    for wrong in ("torch==2.9.1", "pytorch-triton"):
        assert run([*install, wrong], tmp_path, env).code == 1
    seen = tmp_path / "seen.txt"
    build = [*command, "wheel", "--no-deps", "--wheel-dir", str(tmp_path / "out"), str(tree_that_builds(tmp_path))]
    done = run(build, tmp_path, {**env, "SEEN_TORCH": str(seen)})
    assert (done.code, seen.read_text(encoding="utf-8")) == (0, TAGS[tag]), done.words


def assert_uv_obeys(command: list[str], tag: str, tmp_path: Path, env: dict[str, str]) -> None:
    install = [*command, "pip", "install", "--target", str(tmp_path / "site"), "--python", sys.executable]
    done = run([*install, "--dry-run", "torch", "torchvision"], tmp_path, env)
    assert (done.code, done.selected.get("torch")) == (0, TAGS[tag]), done.words
    assert done.selected["triton"] == "3.6.0"
    for wrong in ("torch==2.9.1", "pytorch-triton"):
        assert run([*install, "--dry-run", wrong], tmp_path, env).code == 1
    seen = tmp_path / "seen.txt"
    done = run([*install, "--no-deps", str(tree_that_builds(tmp_path))], tmp_path, {**env, "SEEN_TORCH": str(seen)})
    assert (done.code, seen.read_text(encoding="utf-8")) == (0, TAGS[tag]), done.words


@pytest.mark.parametrize("tag", [pytest.param("cu128", marks=pytest.mark.slow), "cu126"])
def test_the_newest_pip_and_uv_obey(tag: str, tmp_path: Path) -> None:
    (tmp_path / "pip").mkdir()
    (tmp_path / "uv").mkdir()
    env = variables(tag, tmp_path)
    assert_pip_obeys([*newest_pip()], tag, tmp_path / "pip", env)
    assert_uv_obeys([newest_uv(), "--no-progress"], tag, tmp_path / "uv", env)


@pytest.mark.slow
@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("version", PIPS)
def test_every_pip_obeys(version: str, tag: str, tmp_path: Path, tool_folder: Path) -> None:
    assert_pip_obeys(pip_of(tool_folder, version), tag, tmp_path, variables(tag, tmp_path))


@pytest.mark.slow
@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("version", UVS)
def test_every_uv_obeys(version: str, tag: str, tmp_path: Path, tool_folder: Path) -> None:
    if (version, tag) == ("0.5.0", "cu126"):
        env = variables(tag, tmp_path)
        install = [*uv_of(tool_folder, version), "pip", "install", "--target", "site", "--python", sys.executable]
        done = run([*install, "--dry-run", "torch"], tmp_path, env)
        assert (done.code, f"Failed to read `--find-links` URL: {env['UV_FIND_LINKS']}" in done.words) == (2, True)
        return
    assert_uv_obeys(uv_of(tool_folder, version), tag, tmp_path, variables(tag, tmp_path))


def test_an_image_that_constrains_by_itself_stays_constrained(tmp_path: Path) -> None:
    """Both files count: NVIDIA's, which is named first, and ours."""
    text = emitted("env", "torch==2.10.*", "--cuda", "cu128", "--shell", "docker", cwd=tmp_path)
    theirs = tmp_path / "nvidia.txt"
    theirs.write_text("filelock==0.0.1\n", encoding="utf-8")
    image = read_dockerfile(text, PIP_CONSTRAINT=str(theirs), UV_CONSTRAINT=str(theirs))
    (inside, content), ours = *image.files.items(), tmp_path / "ours.txt"
    ours.write_text(content, encoding="utf-8")
    env = {name: value.replace(inside, str(ours)) for name, value in image.variables.items()}
    by_pip = run([*newest_pip(), "install", "--dry-run", "--ignore-installed", "torch"], tmp_path, env)
    target = ["--target", str(tmp_path / "site"), "--python", sys.executable]
    by_uv = run([newest_uv(), "pip", "install", "--dry-run", *target, "torch"], tmp_path, env)
    for done in (by_pip, by_uv):
        assert (done.code, done.selected["torch"], done.selected["filelock"]) == (0, "2.10.0", "0.0.1"), done.words
