"""The same catalog gives the same bytes on every Python that can be had here.

No interpreter needs packages of its own: what `stackpin compile` imports is pure Python and is lent to each of them.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

__all__: list[str] = []

ROOT = Path(__file__).resolve().parents[2]
MINORS = (10, 11, 12, 13, 14)
#: What a compile imports beside the standard library, all of it pure Python.
LENT = ("click", "itanium_demangler", "packaging", "resolvelib")
REQUESTS = {
    "sglang-on-cu124": ["sglang==0.4.*", "--cuda", "cu124"],
    "sglang-on-cu128": ["sglang", "--cuda", "cu128"],
    "vllm-on-cu126": ["vllm==0.10.*", "--cuda", "cu126"],
    "torch-on-cu118": ["torch==2.7.*", "--cuda", "cu118", "--index-style", "extra-index-url"],
    "torch-as-data": ["torch==2.6.0", "--cuda", "pypi", "--json"],
    "a-refusal": ["sglang==0.4.7", "--cuda", "cu124"],
}


def folders() -> list[Path]:
    """The folders of PATH, and before pyenv's shims the folders of the interpreters that they stand for."""
    found: list[Path] = []
    for entry in map(Path, os.environ.get("PATH", os.defpath).split(os.pathsep)):
        if entry.name == "shims":
            found += sorted(entry.with_name("versions").glob("3.*/bin"))
        found.append(entry)
    return found


def runs(python: Path, minor: int) -> bool:
    """Whether an executable is the CPython that its name says."""
    code = "import sys; print(sys.implementation.name, *sys.version_info[:2])"
    done = subprocess.run([python, "-I", "-c", code], capture_output=True, text=True, check=False)
    return done.stdout.split() == ["cpython", "3", str(minor)]


@cache
def interpreter(minor: int) -> Path | None:
    """The first CPython 3.``minor`` that PATH or pyenv has."""
    if sys.version_info[:2] == (3, minor):
        return Path(sys.executable)
    found = [folder / f"python3.{minor}" for folder in folders()]
    return next((path for path in found if path.is_file() and runs(path, minor)), None)


@pytest.fixture(scope="module")
def lent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with copies of what a compile imports; Python 3.10's TOML reader is the later ones' under its old name."""
    folder = tmp_path_factory.mktemp("lent")
    for name in LENT:
        spec = importlib.util.find_spec(name)
        assert spec
        assert spec.origin
        shutil.copytree(Path(spec.origin).parent, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.so"))
    spec = importlib.util.find_spec("tomllib") or importlib.util.find_spec("tomli")
    assert spec
    assert spec.origin
    shutil.copytree(Path(spec.origin).parent, folder / "tomli", ignore=shutil.ignore_patterns("__pycache__", "*.so"))
    return folder


def output(python: Path, lent: Path, words: list[str], folder: Path, **env: str) -> tuple[int, bytes, bytes]:
    """Exit code, stdout and stderr of one compile."""
    command = [str(python), "-S", "-m", "stackpin", "compile", *words]
    paths = os.pathsep.join((str(ROOT / "src"), str(lent)))
    environment = {**os.environ, "PYTHONPATH": paths, **env}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False, timeout=120)
    return done.returncode, done.stdout, done.stderr


@cache
def reference(lent: Path, words: tuple[str, ...]) -> tuple[int, bytes, bytes]:
    """What the Python that runs the tests gives."""
    return output(Path(sys.executable), lent, list(words), lent)


@pytest.mark.parametrize("words", REQUESTS.values(), ids=REQUESTS)
@pytest.mark.parametrize("minor", MINORS)
def test_every_python_writes_the_same_bytes(minor: int, words: list[str], lent: Path, tmp_path: Path) -> None:
    python = interpreter(minor)
    if python is None:
        pytest.skip(f"no CPython 3.{minor} here")
    here = reference(lent, tuple(words))
    assert here[0] in {0, 10}
    assert output(python, lent, words, tmp_path) == here


@pytest.mark.parametrize("words", REQUESTS.values(), ids=REQUESTS)
def test_neither_hash_seed_nor_locale_nor_clock_changes_the_bytes(words: list[str], lent: Path, tmp_path: Path) -> None:
    python = Path(sys.executable)
    one = output(python, lent, words, tmp_path, PYTHONHASHSEED="1", LC_ALL="C", TZ="UTC")
    other = output(python, lent, words, tmp_path, PYTHONHASHSEED="2", LC_ALL="C.UTF-8", TZ="Asia/Tokyo")
    assert one == other
