"""``emit uv-toml`` as every uv reads it: what it holds, and that no project's lock gets to see it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from tests.support.emitting import UVS, run, tree_that_builds, uv_of
from tests.support.in_process import run_here
from tests.support.tools import newest_uv

if TYPE_CHECKING:
    from pathlib import Path

__all__: list[str] = []

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("tools_ask_it")]

TAGS = {"cu128": "2.10.0", "cu126": "2.10.0+cu126"}
#: These have no ``build-constraint-dependencies`` and refuse a file with it (so does 0.6.0; 0.6.4 takes it).
OLD = ("0.5.0", "0.5.31")


def laid_out(tmp_path: Path, tag: str, monkeypatch: pytest.MonkeyPatch, *more: str) -> None:
    """Put the file where a user's uv configuration lies."""
    monkeypatch.delenv("UV_NO_CONFIG")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    words = ("emit", "uv-toml", "torch==2.10.*", "--cuda", tag, "-q", "-o", "config/uv/uv.toml", *more)
    assert run_here(*words, cwd=tmp_path).returncode == 0


def install(uv: list[str], tmp_path: Path) -> list[str]:
    return [*uv, "pip", "install", "--target", str(tmp_path / "site"), "--python", sys.executable]


def assert_held(uv: list[str], tag: str, tmp_path: Path) -> None:
    """Torch is the tuple's without a warning, another one and a look-alike are refused."""
    done = run([*install(uv, tmp_path), "--dry-run", "torch"], tmp_path)
    assert (done.code, done.selected.get("torch"), "warning" in done.stderr) == (0, TAGS[tag], False), done.words
    for wrong in ("torch==2.9.1", "pytorch-triton"):
        assert run([*install(uv, tmp_path), "--dry-run", wrong], tmp_path).code == 1


def built_with(uv: list[str], tmp_path: Path) -> str:
    """The torch that a build in isolation saw."""
    seen = tmp_path / "seen.txt"
    done = run(
        [*install(uv, tmp_path), "--no-deps", str(tree_that_builds(tmp_path))], tmp_path, {"SEEN_TORCH": str(seen)}
    )
    assert done.code == 0, done.words
    return seen.read_text(encoding="utf-8")


def assert_no_lock_sees_it(uv: list[str], tmp_path: Path) -> None:
    """A project's lock is the same with the file and without."""
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "demo"\nversion = "1"\nrequires-python = ">=3.10"\ndependencies = ["filelock"]\n',
        encoding="utf-8",
    )
    lock, locks = tmp_path / "uv.lock", []
    for env in ({}, {"UV_NO_CONFIG": "1"}):
        lock.unlink(missing_ok=True)
        done = run([*uv, "lock", "--python", sys.executable], tmp_path, env)
        assert done.code == 0, done.words
        locks.append(lock.read_text(encoding="utf-8"))
    assert locks[0] == locks[1]
    assert "torch" not in locks[0]


@pytest.mark.parametrize("tag", TAGS)
def test_the_newest_uv_is_held(tag: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    laid_out(tmp_path, tag, monkeypatch)
    uv = [newest_uv(), "--no-progress"]
    assert_held(uv, tag, tmp_path)
    assert built_with(uv, tmp_path) == TAGS[tag]
    assert_no_lock_sees_it(uv, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("version", UVS)
def test_every_uv_is_held(
    version: str, tag: str, tmp_path: Path, tool_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    laid_out(tmp_path, tag, monkeypatch, *(["--old-uv"] if version in OLD else []))
    uv = uv_of(tool_folder, version)
    assert_held(uv, tag, tmp_path)
    if version not in OLD:
        assert built_with(uv, tmp_path) == TAGS[tag]
    assert_no_lock_sees_it(uv, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("version", UVS)
def test_an_old_uv_refuses_what_it_does_not_know(
    version: str, tmp_path: Path, tool_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Loudly, whatever it is asked; so an unheld build is never taken for a held one."""
    laid_out(tmp_path, "cu128", monkeypatch)
    done = run([*install(uv_of(tool_folder, version), tmp_path), "--dry-run", "filelock"], tmp_path)
    assert (done.code == 2, "unknown field `build-constraint-dependencies`" in done.words) == (version in OLD,) * 2
