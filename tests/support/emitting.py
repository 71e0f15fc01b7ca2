"""``stackpin emit`` as the tests run it over the hollow index, and the released tools that read what it wrote."""

from __future__ import annotations

import json
import os
import re
import subprocess
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from tests.support.hollow import rows_of
from tests.support.in_process import run_here

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tests.support.hollow import HollowIndex

__all__ = [
    "BACKEND",
    "PIPS",
    "PROJECT",
    "UVS",
    "Ran",
    "catalog_of",
    "emitted",
    "pip_of",
    "run",
    "tree_that_builds",
    "uv_of",
]

#: The releases that ``nox -s real`` lays out, oldest first.
PIPS = ("22.3", "23.2.1", "24.3.1", "25.3", "26.3")
UVS = ("0.5.0", "0.5.31", "0.9.11", "0.13.9")
#: A build backend that tells which torch it was given, and makes a wheel of nothing.
BACKEND = """
import importlib.metadata, os, pathlib, zipfile

def build_wheel(folder, config_settings=None, metadata_directory=None):
    pathlib.Path(os.environ["SEEN_TORCH"]).write_text(importlib.metadata.version("torch"))
    with zipfile.ZipFile(pathlib.Path(folder, "native-1-py3-none-any.whl"), "w") as wheel:
        wheel.writestr("native-1.dist-info/METADATA", "Metadata-Version: 2.1\\nName: native\\nVersion: 1\\n")
        tag = "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
        wheel.writestr("native-1.dist-info/WHEEL", tag)
        wheel.writestr("native-1.dist-info/RECORD", "")
    return "native-1-py3-none-any.whl"
"""
PROJECT = """
[build-system]
requires = ["torch"]
build-backend = "backend"
backend-path = ["."]

[project]
name = "native"
version = "1"
"""


class Ran(NamedTuple):
    """What a program came to; ``selected`` are the releases that it would install or has installed, by name."""

    code: int
    stdout: str
    stderr: str
    selected: dict[str, str]

    @property
    def words(self) -> str:
        """Both streams, with runs of white space as one blank: uv wraps its reasons."""
        return " ".join((self.stdout + " " + self.stderr).split())


def emitted(form: str, *words: str, cwd: Path, env: Mapping[str, str] | None = None) -> str:
    """The text of a format; notes are left out."""
    done = run_here("emit", form, *words, "-q", cwd=cwd, env=env)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


def catalog_of(hollow: HollowIndex, folder: Path, releases: Mapping[str, str]) -> Path:
    """A layer over the embedded catalog in which the files of these releases have the hashes of the hollow wheels."""
    (folder / "releases").mkdir()
    for name, version in releases.items():
        wheels = {file.name: file for file in hollow.files(f"pypi/simple/{name}")}
        (row,) = [row for row in rows_of(name) if row["version"] == version]
        files = [
            [file, size, sha256(wheels[file].content()).hexdigest() if file in wheels else digest, *rest]
            for file, size, digest, *rest in row["files"]
        ]
        line = json.dumps({**row, "files": files}, separators=(",", ":"))
        (folder / "releases" / f"{name}.jsonl").write_text(line + "\n", encoding="utf-8")
    return folder


def pip_of(tool_folder: Path, version: str) -> list[str]:
    """A released pip, with the Python that it was laid out for."""
    return [str(tool_folder / f"pip-{version}" / "bin" / "python"), "-m", "pip"]


def uv_of(tool_folder: Path, version: str) -> list[str]:
    """A released uv."""
    return [str(tool_folder / f"uv-{version}" / "bin" / "uv"), "--no-progress", "--color", "never"]


def run(command: Sequence[str], cwd: Path, env: Mapping[str, str] | None = None, typed: str = "") -> Ran:
    """Run a program; what it selected is read from pip's "Would install" and "Saved", and from uv's lines with ``==``."""
    done = subprocess.run(
        [*command],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        input=typed,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    text = f"{done.stdout}\n{done.stderr}"
    found = dict(re.findall(r"^(?: \+ )?([A-Za-z0-9._-]+)==([^\s;]+)", text, re.MULTILINE))
    for line in re.findall(r"^(?:Would install|Successfully installed) (.*)$", text, re.MULTILINE):
        found |= dict(part.rsplit("-", 1) for part in line.split() if "-" in part)
    return Ran(done.returncode, done.stdout, done.stderr, found)


def tree_that_builds(folder: Path) -> Path:
    """A source tree that compiles against torch, in a new folder ``native``."""
    tree = folder / "native"
    tree.mkdir()
    (tree / "backend.py").write_text(BACKEND, encoding="utf-8")
    (tree / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
    return tree
