"""``emit requirements`` as pip and uv install from it: by hash, and with labelled builds without."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest
from tests.support.emitting import PIPS, UVS, catalog_of, emitted, pip_of, run, uv_of
from tests.support.tools import newest_pip, newest_uv

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.emitting import Ran
    from tests.support.hollow import HollowIndex

__all__: list[str] = []

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("tools_ask_it")]

#: METADATA of torch 2.10.0: "Requires-Dist: triton==3.6.0; ...", of torchvision 0.25.0: "Requires-Dist: torch==2.10.0".
TUPLE = {"torch": "2.10.0", "triton": "3.6.0", "torchvision": "0.25.0", "torchaudio": "2.10.0"}


@pytest.fixture(scope="module")
def catalog(hollow: HollowIndex, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return catalog_of(hollow, tmp_path_factory.mktemp("catalog"), {**TUPLE, "cuda-bindings": "12.9.4"})


@pytest.fixture
def file(catalog: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STACKPIN_CATALOG", str(catalog))
    path = tmp_path / "tuple.txt"
    path.write_text(emitted("requirements", "torch==2.10.*", "--cuda", "cu128", cwd=tmp_path), encoding="utf-8")
    return path


def by_pip(pip: list[str], file: Path, *more: str) -> Ran:
    command = [*pip, "install", "--dry-run", "--ignore-installed", "--no-deps", *more, "-r", str(file)]
    return run(command, file.parent)


def by_uv(uv: list[str], file: Path, *more: str) -> Ran:
    target = ["--target", str(file.parent / "site"), "--python", sys.executable]
    return run([*uv, "pip", "install", *target, "--no-deps", "--reinstall", *more, "-r", str(file)], file.parent)


def assert_taken(done: Ran) -> None:
    assert (done.code, {name: done.selected.get(name) for name in TUPLE}) == (0, TUPLE), done.words


def with_wrong_hashes(file: Path) -> Path:
    """The file with other hashes for triton."""
    text = file.read_text(encoding="utf-8")
    block = re.search(r"^triton==.*\\\n(?:    --hash=.*\n)+", text, re.MULTILINE)
    assert block
    wrong = re.sub(r"sha256:\w{8}", "sha256:00000000", block[0])
    file.write_text(text.replace(block[0], wrong), encoding="utf-8")
    return file


def test_the_newest_pip_and_uv_take_it_and_refuse_another_hash(file: Path) -> None:
    assert_taken(by_pip([*newest_pip()], file, "--require-hashes"))
    assert_taken(by_uv([newest_uv(), "--no-progress"], file, "--require-hashes"))
    wrong = with_wrong_hashes(file)
    assert "THESE PACKAGES DO NOT MATCH THE HASHES" in by_pip([*newest_pip()], wrong).words
    assert "Hash mismatch for `triton==3.6.0`" in by_uv([newest_uv(), "--no-progress", "--no-cache"], wrong).words


@pytest.mark.slow
@pytest.mark.parametrize("version", PIPS)
def test_every_pip_takes_it_and_refuses_another_hash(version: str, file: Path, tool_folder: Path) -> None:
    pip = pip_of(tool_folder, version)
    assert_taken(by_pip(pip, file, "--require-hashes"))
    assert by_pip(pip, with_wrong_hashes(file)).code == 1


@pytest.mark.slow
@pytest.mark.parametrize("version", UVS)
def test_every_uv_takes_it_and_refuses_another_hash(version: str, file: Path, tool_folder: Path) -> None:
    """Old uvs check hashes only where they are told to, or where ``UV_REQUIRE_HASHES`` says so."""
    uv = uv_of(tool_folder, version)
    assert_taken(by_uv(uv, file, "--require-hashes"))
    refused = by_uv([*uv, "--no-cache"], with_wrong_hashes(file), "--require-hashes")
    assert (refused.code in {1, 2}, "Hash mismatch for `triton==3.6.0`" in refused.words) == (True, True)


def test_labelled_builds_are_installed_without_hashes(tmp_path: Path) -> None:
    text = emitted("requirements", "torch==2.10.*", "--cuda", "cu126", "--no-hashes", cwd=tmp_path)
    file = tmp_path / "tuple.txt"
    file.write_text(text, encoding="utf-8")
    for done in (by_pip([*newest_pip()], file), by_uv([newest_uv(), "--no-progress"], file)):
        assert (done.code, done.selected["torch"], done.selected["triton"]) == (0, "2.10.0+cu126", "3.6.0"), done.words
