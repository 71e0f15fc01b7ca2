"""Constraints files as the tests read them, and the real pip and uv run on them.

The environment is the test's own (see ``conftest.py``: no setting of the machine is in it); what a run needs beside it
is handed in as variables.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import Version
from tests.support.hollow import rows_of

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "TREE",
    "Answer",
    "ReadyMade",
    "compiled",
    "newest_pip",
    "newest_uv",
    "pip_report",
    "ready_made",
    "tree_files",
    "uv_compile",
]

TREE = Path(__file__).resolve().parents[2] / "constraints"
#: The platforms that uv has a name for, by their glibc minor.
UV_PLATFORMS: dict[int, str] = {17: "x86_64-manylinux2014"} | {
    minor: f"x86_64-manylinux_2_{minor}" for minor in (28, *range(31, 41))
}
_PIN = re.compile(r"^([a-z0-9-]+)={2,3}(?!0\+)([^\s;]+)", re.MULTILINE)
_BOUND = re.compile(r"^([a-z0-9-]+)(<[^\s;]+)", re.MULTILINE)
_BLOCK = re.compile(r"^([a-z0-9-]+)==(0\+blocked\.[^\s;]+)", re.MULTILINE)
_ANCHOR = re.compile(r"^# anchor +(\S+) (\S+?):?(?: |$)", re.MULTILINE)
_GLIBC = re.compile(r"glibc 2\.(\d+) or newer")
_PYTHONS = re.compile(r", Python 3\.(\d+)(?: to 3\.(\d+))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyMade:
    """What a constraints file says, read with nothing but regular expressions.

    ``pins`` leaves out what is blocked; ``bounds`` are CUDA members by their specifier.
    """

    name: str
    text: str
    anchor: str
    version: str
    pins: dict[str, str]
    bounds: dict[str, str]
    blocks: dict[str, str]
    glibc: int
    pythons: tuple[int, int]

    @property
    def requirements(self) -> tuple[str, ...]:
        """What a person asks for who uses the file: the anchor with the extra that brings its kernels, torch's pinned kin."""
        if self.anchor == "torch":
            return (f"torch=={self.version}", *(name for name in ("torchvision", "torchaudio") if name in self.pins))
        extras = {extra for row in rows_of(self.anchor) if row["version"] == self.version for extra in row["extras"]}
        extra = "[srt]" if "srt" in extras else ""
        return (f"{self.anchor}{extra}=={self.version}",)

    @property
    def from_pypi_alone(self) -> bool:
        """Whether every build is PyPI's own: the file names no index."""
        return not re.search("^--", self.text, re.MULTILINE)

    @property
    def uv_platform(self) -> str:
        """The oldest platform of uv's that the target covers, from glibc 2.28 on."""
        return UV_PLATFORMS[min(minor for minor in UV_PLATFORMS if minor >= max(self.glibc, 28))]

    def python(self, wanted: int = 12) -> str:
        """Python 3.12, or the nearest that the header names."""
        first, last = self.pythons
        return f"3.{min(max(first, wanted), last)}"

    def differences(self, selected: dict[str, str]) -> dict[str, tuple[str, str]]:
        """Members that were selected at another version than the pin's: name -> (pin, selected)."""
        wrong = {
            name: (pin, selected[name])
            for name, pin in self.pins.items()
            if name in selected and Version(selected[name]) != Version(pin)
        }
        return wrong | {name: (pin, selected[name]) for name, pin in self.blocks.items() if name in selected}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a tool did: exit code, both streams, and what it selected (normalized name -> version)."""

    code: int
    stdout: str
    stderr: str
    selected: dict[str, str]
    urls: dict[str, str]

    @property
    def words(self) -> str:
        """Both streams, with runs of white space as one blank: uv wraps its reasons."""
        return " ".join((self.stdout + " " + self.stderr).split())


def ready_made(text: str, name: str = "") -> ReadyMade:
    """Read a constraints file."""
    anchor = _ANCHOR.search(text)
    glibc, pythons = _GLIBC.search(text), _PYTHONS.search(text)
    assert anchor, f"{name} has no anchor line"
    first = int(pythons[1]) if pythons else 9
    return ReadyMade(
        name=name,
        text=text,
        anchor=anchor[1],
        version=anchor[2],
        pins=dict(_PIN.findall(text)),
        bounds=dict(_BOUND.findall(text)),
        blocks=dict(_BLOCK.findall(text)),
        glibc=int(glibc[1]) if glibc else 17,
        pythons=(first, int(pythons[2]) if pythons and pythons[2] else first),
    )


def tree_files() -> list[ReadyMade]:
    """Every file of the committed tree."""
    return [ready_made(path.read_text(encoding="utf-8"), path.name) for path in sorted(TREE.glob("*.txt"))]


def newest_uv() -> str:
    """The uv of the environment that runs the tests."""
    import uv  # only where a test runs it

    return uv.find_uv_bin()


def newest_pip() -> tuple[str, ...]:
    """The pip of the environment that runs the tests."""
    return (sys.executable, "-m", "pip")


def compiled(*arguments: str, **variables: str) -> ReadyMade:
    """What ``stackpin compile`` prints."""
    done = _run([sys.executable, "-m", "stackpin", "compile", *arguments], variables)
    assert done.returncode == 0, done.stderr
    return ready_made(done.stdout, " ".join(arguments))


def uv_compile(
    uv: str, requirements: Sequence[str], constraints: Path | None, *options: str, **variables: str
) -> Answer:
    """``uv pip compile`` of these requirements, with ``-c`` where a file is given."""
    command = [uv, "pip", "compile", "-", "--no-header", "--no-annotate", "--color", "never", "--no-progress"]
    command += ["--python", sys.executable, *options]
    command += ["--constraint", str(constraints)] if constraints else []
    done = _run(command, variables, typed="\n".join(requirements))
    found = re.findall(r"^([A-Za-z0-9._-]+)==([^\s;]+)", done.stdout, re.MULTILINE)
    return Answer(code=done.returncode, stdout=done.stdout, stderr=done.stderr, selected=dict(found), urls={})


def pip_report(
    pip: Sequence[str],
    requirements: Sequence[str],
    constraints: Path | None,
    report: Path,
    *options: str,
    **variables: str,
) -> Answer:
    """``pip install --dry-run --report`` of these requirements, as into an empty environment."""
    report.unlink(missing_ok=True)
    command = [*pip, "install", "--dry-run", "--ignore-installed", "--report", str(report), *options]
    command += ["-c", str(constraints)] if constraints else []
    done = _run([*command, *requirements], variables)
    items = json.loads(report.read_text(encoding="utf-8"))["install"] if report.is_file() else []
    named = [(canonicalize_name(item["metadata"]["name"]), item) for item in items]
    return Answer(
        code=done.returncode,
        stdout=done.stdout,
        stderr=done.stderr,
        selected={name: item["metadata"]["version"] for name, item in named},
        urls={name: item["download_info"]["url"] for name, item in named},
    )


def _run(
    command: list[str], variables: dict[str, str], *, typed: str | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        env={**os.environ, **variables},
        input=typed or "",
        capture_output=True,
        text=True,
        check=False,
        timeout=1200,
    )
