"""``--index-style url``: constraints that name each file by its address and hash, as pip and uv take them."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.support.emitting import PIPS, UVS, catalog_of, pip_of, run, uv_of
from tests.support.in_process import run_here
from tests.support.tools import newest_pip, newest_uv

if TYPE_CHECKING:
    from tests.support.hollow import HollowIndex

__all__: list[str] = []

RELEASES = {
    "torch": "2.10.0",
    "triton": "3.6.0",
    "torchvision": "0.25.0",
    "torchaudio": "2.10.0",
    "cuda-bindings": "12.9.4",
}
ASKED = ("torch==2.10.*", "--cuda", "cu128", "--index-style", "url", "-q")
#: The uv that takes a file with another hash.
CREDULOUS = "0.5.0"


@pytest.fixture(autouse=True)
def tools_ask_hashed(
    hashed: HollowIndex, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The index tells the hash of each file."""
    monkeypatch.setenv("STACKPIN_MIRRORS", hashed.mirrors)
    monkeypatch.setenv("PIP_INDEX_URL", hashed.pypi)
    monkeypatch.setenv("UV_DEFAULT_INDEX", hashed.pypi)
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path_factory.mktemp("uv")))


@pytest.fixture(scope="module")
def catalog(hashed: HollowIndex, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return catalog_of(hashed, tmp_path_factory.mktemp("catalog"), RELEASES)


@pytest.fixture
def file(catalog: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STACKPIN_CATALOG", str(catalog))
    assert run_here("compile", *ASKED, "-o", "c.txt", cwd=tmp_path) == (0, "", "")
    return tmp_path / "c.txt"


def with_wrong_hashes(file: Path) -> Path:
    text = file.read_text(encoding="utf-8")
    file.write_text(re.sub(r"(triton @ .*#sha256=)\w{8}", r"\g<1>00000000", text), encoding="utf-8")
    return file


def assert_pip_obeys(pip: list[str], file: Path) -> None:
    install = [*pip, "install", "--dry-run", "--ignore-installed", "-c", str(file)]
    done = run([*install, "torchvision"], file.parent)
    assert done.code == 0, done.words
    assert {name: done.selected.get(name) for name in ("torch", "triton", "torchvision")} == {
        name: RELEASES[name] for name in ("torch", "triton", "torchvision")
    }
    assert run([*install, "torch==2.9.1"], file.parent).code == 1
    with_wrong_hashes(file)
    refused = run([*install, "torch"], file.parent)
    assert (refused.code, "THESE PACKAGES DO NOT MATCH THE HASHES" in refused.words) == (1, True)


def assert_uv_obeys(uv: list[str], file: Path, *, checks: bool) -> None:
    install = [
        *uv,
        "pip",
        "install",
        "--python",
        sys.executable,
        "--target",
        str(file.parent / "site"),
        "-c",
        str(file),
    ]
    assert run([*install, "torch==2.9.1"], file.parent).code == 1
    done = run([*install, "torch"], file.parent)
    installed = {path.name for path in (file.parent / "site").glob("*.dist-info")}
    assert (done.code, {"torch-2.10.0.dist-info", "triton-3.6.0.dist-info"} - installed) == (0, set()), done.words
    with_wrong_hashes(file)
    refused = run([*install, "--no-cache", "--reinstall", "torch"], file.parent)
    assert (refused.code != 0) == checks, refused.words


@pytest.mark.real
def test_the_newest_pip_obeys(file: Path) -> None:
    assert_pip_obeys([*newest_pip()], file)


@pytest.mark.real
def test_the_newest_uv_obeys(file: Path) -> None:
    assert_uv_obeys([newest_uv(), "--no-progress"], file, checks=True)


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.parametrize("version", PIPS)
def test_every_pip_obeys(version: str, file: Path, tool_folder: Path) -> None:
    assert_pip_obeys(pip_of(tool_folder, version), file)


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.parametrize("version", UVS)
def test_every_uv_obeys(version: str, file: Path, tool_folder: Path) -> None:
    assert_uv_obeys(uv_of(tool_folder, version), file, checks=version != CREDULOUS)


def test_each_wheel_has_a_line_for_its_pythons_and_all_else_is_closed(file: Path, hashed: HollowIndex) -> None:
    """torch-2.10.0-3-cp3*: "3" is the highest build of that release; torchaudio has wheels of one Python each."""
    text = file.read_text(encoding="utf-8")
    lines = re.findall(r"^torch @ (\S+)#sha256=(\w{64}) ; (.*?)  # ", text, re.MULTILINE)
    here = 'sys_platform == "linux" and platform_machine == "x86_64"'
    assert [marker for _, _, marker in lines] == [f'python_version == "3.{n}" and {here}' for n in range(10, 15)]
    names = [url.removeprefix(f"{hashed.pypi}torch/") for url, _, _ in lines]
    assert names == [f"torch-2.10.0-3-cp3{n}-cp3{n}-manylinux_2_28_x86_64.whl" for n in range(10, 15)]
    other_pythons = text.splitlines()[-2]
    assert other_pythons.startswith(
        "torch==0+stackpin.only.python.3.10.or.3.11.or.3.12.or.3.13.or.3.14 ; python_version != "
    )
    assert "--find-links" not in text


def test_a_file_that_the_index_has_with_another_hash_is_refused(tmp_path: Path) -> None:
    """The embedded catalog has the hashes of the real files, the index those of hollow ones."""
    done = run_here("compile", *ASKED, "-o", "c.txt", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (13, "")
    assert re.fullmatch(
        r"error: the index has torch-2\.10\.0\S+\.whl with another hash than the catalog\n"
        r"  where:    http://127\.0\.0\.1:\d+/pypi/simple/\n"
        r"  found:    sha256 \w{64}\n"
        r"  expected: sha256 \w{64}\n"
        r"  do:       stackpin catalog verify\n",
        done.stderr,
    )
    assert not list(tmp_path.iterdir())


def test_a_build_whose_hashes_are_not_known_is_refused(tmp_path: Path) -> None:
    done = run_here("compile", "torch==2.10.*", "--cuda", "cu126", "--index-style", "url", "-q", cwd=tmp_path)
    assert done == (
        13,
        "",
        (
            "error: the catalog has no hash of a file of torch 2.10.0+cu126 for Python 3.10\n"
            "  expected: builds that PyPI carries, whose hashes it has\n"
            "  do:       --index-style find-links, or --cuda pypi\n"
        ),
    )


def test_emit_puts_such_a_file_under_the_variables(
    catalog: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STACKPIN_CATALOG", str(catalog))
    done = run_here("emit", "env", *ASKED, "--constraints", "c.txt", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "--index-style url" in done.stdout
    assert "\ntorch @ http://" in (tmp_path / "c.txt").read_text(encoding="utf-8")


@pytest.mark.real
def test_everything_that_the_anchor_needs_goes_with_it(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{Path(newest_uv()).parent}{os.pathsep}{os.environ['PATH']}")
    done = run_here("compile", *ASKED, "--closure", "--python", "3.12", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert file.is_file()
    assert "\nfilelock==9000\n" in done.stdout
    assert len(re.findall(r"^torch @ ", done.stdout, re.MULTILINE)) == 1
