"""Every way in which pip and uv take a constraints file takes ours: options, variables, and build isolation."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from tests.support.emitting import BACKEND, PROJECT
from tests.support.hollow import HollowIndex
from tests.support.tools import compiled, newest_pip, newest_uv, pip_report, uv_compile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.tools import ReadyMade

#: A release for every Python that stackpin runs on: pip resolves for the one that runs it.
REQUEST = "torch==2.10.*"


@pytest.fixture(scope="module")
def hollow() -> Iterator[HollowIndex]:
    with HollowIndex() as index:
        yield index


@pytest.fixture(autouse=True)
def settings(hollow: HollowIndex, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STACKPIN_MIRRORS", hollow.mirrors)
    monkeypatch.setenv("PIP_INDEX_URL", hollow.pypi)
    monkeypatch.setenv("UV_DEFAULT_INDEX", hollow.pypi)
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv-cache"))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A source tree that compiles against torch."""
    folder = tmp_path / "native"
    folder.mkdir()
    (folder / "backend.py").write_text(BACKEND)
    (folder / "pyproject.toml").write_text(PROJECT)
    return folder


def written(ready: ReadyMade, tmp_path: Path) -> Path:
    file = tmp_path / "constraints.txt"
    file.write_text(ready.text, encoding="utf-8")
    return file


@pytest.mark.parametrize("tag", ["cu128", "cu126"])
def test_the_variables_do_what_the_option_does(tag: str, tmp_path: Path) -> None:
    ready = compiled(REQUEST, "--cuda", tag)
    file = written(ready, tmp_path)
    by_uv = uv_compile(newest_uv(), ["torch", "torchvision"], None, UV_CONSTRAINT=str(file))
    by_pip = pip_report(
        newest_pip(), ["torch", "torchvision"], None, tmp_path / "report.json", PIP_CONSTRAINT=str(file)
    )
    for answer in (by_uv, by_pip):
        assert answer.code == 0, answer.words
        assert ready.differences(answer.selected) == {}
        assert {"torch", "torchvision", "triton"} <= set(answer.selected)


def test_uv_pip_install_takes_it(tmp_path: Path) -> None:
    ready = compiled(REQUEST, "--cuda", "cu126")
    folder = tmp_path / "site"
    command = [newest_uv(), "pip", "install", "--target", str(folder), "--python", sys.executable, "--no-progress"]
    done = subprocess.run(
        [*command, "-c", str(written(ready, tmp_path)), "torch", "torchaudio"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    names = [path.name.removesuffix(".dist-info") for path in folder.glob("*.dist-info")]
    versions = dict(name.split("-", 1) for name in names)
    assert versions["torch"] == ready.pins["torch"] == "2.10.0+cu126"
    assert versions["torchaudio"] == ready.pins["torchaudio"]
    assert versions["triton"] == ready.pins["triton"]


def built_with(project: Path, argv: list[str], tmp_path: Path, **variables: str) -> str:
    """The torch that the build saw; empty where the build failed."""
    seen = tmp_path / "seen.txt"
    seen.unlink(missing_ok=True)
    env = {**os.environ, "SEEN_TORCH": str(seen), **variables}
    subprocess.run([*argv, str(project)], env=env, cwd=tmp_path, capture_output=True, text=True, check=False)
    return seen.read_text() if seen.is_file() else ""


def test_a_build_in_isolation_gets_the_tuples_torch(project: Path, tmp_path: Path) -> None:
    ready = compiled(REQUEST, "--cuda", "cu128")
    file = str(written(ready, tmp_path))
    pip = [*newest_pip(), "wheel", "--no-deps", "--wheel-dir", str(tmp_path / "out")]
    uv = [newest_uv(), "pip", "install", "--no-deps", "--target", str(tmp_path / "site"), "--python", sys.executable]
    assert built_with(project, pip, tmp_path, PIP_BUILD_CONSTRAINT=file) == "2.10.0"
    assert built_with(project, uv, tmp_path, UV_BUILD_CONSTRAINT=file) == "2.10.0"
    assert built_with(project, uv, tmp_path) != "2.10.0"


def test_uv_reads_no_find_links_line_for_builds(project: Path, tmp_path: Path, hollow: HollowIndex) -> None:
    """A labelled torch needs UV_FIND_LINKS beside UV_BUILD_CONSTRAINT, or the build dies; pip needs nothing more."""
    ready = compiled(REQUEST, "--cuda", "cu126")
    file = str(written(ready, tmp_path))
    pip = [*newest_pip(), "wheel", "--no-deps", "--wheel-dir", str(tmp_path / "out")]
    uv = [newest_uv(), "pip", "install", "--no-deps", "--target", str(tmp_path / "site"), "--python", sys.executable]
    page = f"{hollow.root}/download.pytorch.org/whl/cu126/torch/"
    assert built_with(project, pip, tmp_path, PIP_BUILD_CONSTRAINT=file) == "2.10.0+cu126"
    assert built_with(project, uv, tmp_path, UV_BUILD_CONSTRAINT=file) == ""
    assert built_with(project, uv, tmp_path, UV_BUILD_CONSTRAINT=file, UV_FIND_LINKS=page) == "2.10.0+cu126"
