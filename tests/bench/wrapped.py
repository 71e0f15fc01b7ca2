"""What the wrapper costs beside the bare tools, given the same constraints: shim, uv, pip, and the look afterwards."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from tests.bench.measure import Command, run_once, timed_in_turns
from tests.support.tools import newest_uv

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Installed", "Measured", "wrapper_lines"]

STACK, TAG = "sglang==0.4.*", "cu124"
SGLANG = "sglang[srt]"
#: A small package without dependencies: what is left is the wrapper's own time.
SMALL = "idna"
DISTRIBUTIONS = 150
#: Timed inside one process, imports included: what the look after a run adds to a wrapped call.
LOOK = """
import sys, time
start = time.perf_counter()
from pathlib import Path
from stackpin.check.environment import faults
from stackpin.effects.environments import read_environment, read_installed, torch_files_tag
from stackpin.parse.locked_json import parse_locked
locked = parse_locked(Path(sys.argv[1]).read_text().partition("\\n")[2])[0]
packages = read_environment(Path(sys.argv[2])).packages
assert faults(read_installed(packages), locked, torch_tag=torch_files_tag(packages)) == ()
print((time.perf_counter() - start) * 1000)
"""


class Measured(NamedTuple):
    """One line of the table."""

    what: str
    value: str
    goal: str = ""


class Installed(Protocol):
    """The installed package, and a plain environment to run it in."""

    folder: Path
    runs: int
    python: str
    stackpin: str

    @property
    def env(self) -> Mapping[str, str]:
        """The variables of every command."""
        ...

    def command(self, *argv: str, typed: str = "", **env: str) -> Command:
        """A command in the plain environment."""
        ...


def wrapper_lines(bench: Installed) -> list[Measured]:
    """All of it; the environments are made here."""
    target = bench.folder / "target"
    subprocess.run([newest_uv(), "venv", "--quiet", "--seed", str(target)], env=dict(bench.env), check=True)
    file = bench.folder / "held.txt"
    _, _, text = run_once(bench.command(bench.stackpin, "compile", STACK, "--cuda", TAG, "--quiet"))
    file.write_text(text, encoding="utf-8")
    return [*_shim(bench), *_uv(bench, target, file), *_pip(bench, target, file), *_look(bench, target)]


def _shim(bench: Installed) -> list[Measured]:
    """Our shim against one of two lines, on the call that starts no Python."""
    shims, plain = bench.folder / "shims", bench.folder / "plain" / "uv"
    run_once(bench.command(bench.stackpin, "shim", "install", "--dir", str(shims)))
    plain.parent.mkdir()
    plain.write_text(f'#!/bin/sh\nexec {newest_uv()} "$@"\n', encoding="utf-8")
    plain.chmod(0o755)
    path = f"{shims}:{Path(newest_uv()).parent}:{bench.env['PATH']}"
    found = timed_in_turns(
        {
            "ours": bench.command(str(shims / "uv"), "--version", PATH=path),
            "two lines": bench.command(str(plain), "--version", PATH=path),
        },
        max(bench.runs * 20, 20),
    )
    ratio = found["ours"].median / found["two lines"].median
    return [Measured("shim on `uv --version`, as a multiple of a two-line `exec` shim", f"{ratio:.2f}", "≤ 1.15")]


def _uv(bench: Installed, target: Path, file: Path) -> list[Measured]:
    """The wrapped uv against the bare one with the very constraints, on a small package and on all of sglang."""
    options = ("pip", "install", "--dry-run", "--quiet", "--python", str(target))
    settings = {
        "STACKPIN_STACK": STACK,
        "STACKPIN_CUDA": TAG,
        "PATH": f"{Path(newest_uv()).parent}:{bench.env['PATH']}",
    }
    lines = []
    for what in (SMALL, SGLANG):
        found = timed_in_turns(
            {
                "wrapped": bench.command(bench.stackpin, "uv", *options, what, **settings),
                "bare": bench.command(newest_uv(), *options, "-c", str(file), "-b", str(file), what),
            },
            bench.runs,
        )
        wrapped, bare = found["wrapped"].median, found["bare"].median
        more, ratio = f"{(wrapped - bare) * 1000:.0f} ms more", f"{wrapped / bare:.2f} times"
        goal = "≤ 80 ms more" if what == SMALL else "≤ 1.05 times"
        lines.append(Measured(f"`stackpin uv pip install --dry-run {what}` against bare uv", f"{more}, {ratio}", goal))
    return lines


def _pip(bench: Installed, target: Path, file: Path) -> list[Measured]:
    """The same with pip, on a small package: on this index pip fetches whole wheels of all that sglang needs."""
    pip = str(target / "bin" / "pip")
    options = ("install", "--dry-run", "--quiet", "--disable-pip-version-check", "--ignore-installed", SMALL)
    settings = {"STACKPIN_STACK": STACK, "STACKPIN_CUDA": TAG, "PATH": f"{target}/bin:{bench.env['PATH']}"}
    found = timed_in_turns(
        {
            "wrapped": bench.command(bench.stackpin, "pip", *options, **settings),
            "bare": bench.command(pip, options[0], "-c", str(file), *options[1:]),
        },
        bench.runs,
    )
    wrapped, bare = found["wrapped"].median, found["bare"].median
    value = f"{(wrapped - bare) * 1000:.0f} ms more, {wrapped / bare:.2f} times"
    return [Measured(f"`stackpin pip install --dry-run {SMALL}` against bare pip", value, "≤ 80 ms more")]


def _look(bench: Installed, target: Path) -> list[Measured]:
    """The look at an environment of 150 distributions, in a process that has imported nothing of ours yet."""
    (site,) = target.glob("lib/python*/site-packages")
    for number in range(DISTRIBUTIONS):
        folder = site / f"some_package_{number}-1.{number}.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: some-package-{number}\nVersion: 1.{number}\n")
    kept = (bench.folder / ".cache" / "stackpin" / "kept").iterdir()
    answer = next(path for path in kept if '"pins"' in path.read_text(encoding="utf-8"))
    times = sorted(
        float(run_once(bench.command(bench.python, "-c", LOOK, str(answer), str(target)))[2]) for _ in range(bench.runs)
    )
    value = f"{times[len(times) // 2]:.0f} ms"
    return [
        Measured(f"the look at an environment of {DISTRIBUTIONS} distributions, imports included", value, "≤ 60 ms")
    ]
