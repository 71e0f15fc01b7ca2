"""``emit pylock`` by the real uv over the hollow index, read by packaging, pip and uv."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from packaging.pylock import Pylock
from tests.support.emitting import emitted, pip_of, run, uv_of
from tests.support.in_process import run_here
from tests.support.tools import newest_pip, newest_uv

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__: list[str] = []

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("tools_ask_it")]

HERE = f"3.{sys.version_info[1]}"
#: METADATA of torch 2.10.0: "Requires-Dist: triton==3.6.0; ...".
TRITON = "3.6.0"


@pytest.fixture(autouse=True)
def uv_on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{Path(newest_uv()).parent}{os.pathsep}{os.environ['PATH']}")


def locked(tmp_path: Path, tag: str, *more: str) -> Path:
    words = ("torch==2.10.*", "--cuda", tag, "--python", HERE, *more)
    path = tmp_path / "pylock.toml"
    path.write_text(emitted("pylock", *words, cwd=tmp_path), encoding="utf-8")
    return path


def read(path: Path) -> Pylock:
    lock = Pylock.from_dict(tomllib.loads(path.read_text(encoding="utf-8")))
    lock.validate()
    return lock


@pytest.mark.parametrize(("tag", "torch"), [("cu128", "2.10.0"), ("cu126", "2.10.0+cu126")])
def test_packaging_selects_the_tuple_from_it(tag: str, torch: str, tmp_path: Path) -> None:
    path = locked(tmp_path, tag)
    text = path.read_text(encoding="utf-8")
    assert text.startswith(f"# torch 2.10.x on {tag}, by stackpin ")
    assert f"\n# rebuild  stackpin emit pylock 'torch==2.10.*' --cuda {tag} --python {HERE}\n" in text
    assert "uv pip compile" not in text
    chosen = {str(package.name): str(package.version) for package, _ in read(path).select()}
    assert (chosen["torch"], chosen["triton"]) == (torch, TRITON)
    assert "filelock" in chosen
    assert run_here("check", "pylock.toml", "--cuda", tag, cwd=tmp_path).returncode == 0


def test_pip_and_uv_install_from_it(tmp_path: Path) -> None:
    path = locked(tmp_path, "cu126")
    done = run([*newest_pip(), "install", "--dry-run", "--ignore-installed", "-r", str(path)], tmp_path)
    assert (done.code, done.selected.get("torch"), done.selected.get("triton")) == (0, "2.10.0+cu126", TRITON), (
        done.words
    )
    sync = [newest_uv(), "pip", "sync", "--target", str(tmp_path / "site"), "--python", sys.executable, str(path)]
    done = run(sync, tmp_path)
    assert (done.code, done.selected.get("torch"), done.selected.get("triton")) == (0, "2.10.0+cu126", TRITON), (
        done.words
    )


@pytest.mark.slow
def test_older_uvs_read_it(tmp_path: Path, tool_folder: Path) -> None:
    """An uv 0.5 knows no such file; pip reads it from 26.3 on of those that are laid out."""
    path = locked(tmp_path, "cu126")
    sync = ["pip", "sync", "--target", str(tmp_path / "site"), "--python", sys.executable, str(path)]
    assert run([*uv_of(tool_folder, "0.5.31"), *sync], tmp_path).code == 2
    done = run([*uv_of(tool_folder, "0.9.11"), "--preview", *sync], tmp_path)
    assert (done.code, done.selected.get("torch")) == (0, "2.10.0+cu126"), done.words
    install = ["install", "--dry-run", "--ignore-installed", "-r", str(path)]
    assert [run([*pip_of(tool_folder, version), *install], tmp_path).code for version in ("25.3", "26.3")] == [1, 0]


def test_a_lock_is_for_one_python_and_says_so(tmp_path: Path) -> None:
    """Where none is asked for it is the newest that the tuple has wheels for."""
    done = run_here("emit", "pylock", "torch==2.10.*", "--cuda", "cu128", cwd=tmp_path)
    assert done.returncode == 0
    assert "note: pylock holds for Python 3.14 alone: --python names another\n" in done.stderr
    head = "".join(line for line in done.stdout.splitlines(keepends=True) if line.startswith("#"))
    assert ", Python 3.14; NVIDIA driver" in head
    assert head.endswith("--cuda cu128 --python 3.14\n")
    lock = Pylock.from_dict(tomllib.loads(done.stdout))
    assert str(lock.requires_python) == ">=3.14"
    wheels = [
        wheel.name or str(wheel.url) for each in lock.packages if each.name == "torch" for wheel in each.wheels or ()
    ]
    assert wheels
    assert all("-cp314-" in name for name in wheels)


def test_no_index_is_no_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STACKPIN_MIRRORS", "pypi=http://127.0.0.1:9/simple/")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    done = run_here("emit", "pylock", "torch==2.10.*", "--cuda", "cu128", "-q", "-o", "pylock.toml", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (14, "")
    assert not list(tmp_path.iterdir())
