"""What a look at an environment costs beside ``pip check`` and ``uv pip check``, and what the binaries add to it.

The environments are laid out here: an inference stack among distributions with the usual amount of metadata (8 kB of METADATA
and 215 files in RECORD are the middle of a real environment with sglang), all requirements met. Of the files in their
RECORDs only the shared objects are there, three a distribution: neither tool looks at the others.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from tests.bench.measure import run_once, timed_in_turns
from tests.bench.wrapped import Installed, Measured
from tests.support.elf_files import Recipe, Symbol, elf_bytes
from tests.support.tools import newest_uv

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["check_environment_lines", "fill"]

SIZES = (150, 600)
#: Requirements, bytes of description and files of a distribution, and how many of these are shared objects.
REQUIRES, DESCRIPTION, FILES, OBJECTS = 6, 8000, 215, 3
#: The stack: enough of it that every rule has something to look at.
STACK = {
    "torch": ("2.6.0", ("triton==3.2.0", "nvidia-nccl-cu12==2.21.5", "nvidia-cublas-cu12==12.4.5.8")),
    "sglang": ("0.4.6.post5", ("torch==2.6.0", "sgl-kernel==0.1.4")),
    **{
        name: (version, ())
        for name, version in (
            *(("triton", "3.2.0"), ("sgl-kernel", "0.1.4"), ("torchvision", "0.21.0"), ("torchaudio", "2.6.0")),
            *(("flashinfer-python", "0.2.5"), ("nvidia-nccl-cu12", "2.21.5"), ("nvidia-cublas-cu12", "12.4.5.8")),
        )
    },
}
#: One look in a process of its own, as a command would do it: imports, facts and all.
LOOK = """
import sys
from pathlib import Path
from stackpin.app.check.environments import EnvironmentJob, look_at
from stackpin.catalog.facts import Facts
from stackpin.catalog.loader import Catalog
from stackpin.effects.environments import read_environment
job = EnvironmentJob(binaries=sys.argv[2] == "binaries")
looked = look_at(read_environment(Path(sys.argv[1])), Facts(Catalog.open()), job)
assert not looked.findings and not looked.troubles, looked
print(len(looked.subject.mentions))
"""


def check_environment_lines(bench: Installed) -> Iterator[Measured]:
    """Both sizes against both tools, then the binaries of a real environment, where another part has made one."""
    for size in SIZES:
        place = bench.folder / f"environment-{size}"
        subprocess.run(
            [newest_uv(), "venv", "--quiet", "--python", bench.python, str(place)], env=dict(bench.env), check=True
        )
        fill(place, size)
        yield from _against_the_tools(bench, place, size)
    real = bench.folder / "kernels"
    if real.is_dir():
        fill(real, SIZES[0], stack=False)
        yield _with_binaries(bench, real)


def _against_the_tools(bench: Installed, place: Path, size: int) -> Iterator[Measured]:
    commands = {
        "look": bench.command(bench.python, "-c", LOOK, str(place), ""),
        "binaries": bench.command(bench.python, "-c", LOOK, str(place), "binaries"),
        "pip": bench.command(bench.python, "-m", "pip", "--python", str(place), "check"),
        "uv": bench.command(newest_uv(), "pip", "check", "--python", str(place)),
    }
    checks = subprocess.run(
        [bench.stackpin, "check", "--help"], env=dict(bench.env), capture_output=True, check=False
    ).returncode
    if checks == 0:
        commands["check"] = bench.command(bench.stackpin, "check", "--env", str(place))
    found = timed_in_turns(commands, bench.runs)
    what = f"an environment of {size} distributions"
    for name, shown in (("check", "`stackpin check --env`"), ("look", "its look alone, without binaries")):
        if name in found:
            own = found[name].median
            value = f"{own * 1000:.0f} ms; `pip check` {found['pip'].median / own:.1f} times that, "
            value += f"{own / found['uv'].median:.1f} times `uv pip check`"
            yield Measured(f"{shown}, {what}", value, "pip ≥ 5 times, ≤ 3 times uv")
    more = found["binaries"].median - found["look"].median
    yield Measured(f"… {size * OBJECTS} shared objects, {what}", f"{more * 1000:.0f} ms more", "≤ 300 ms more")


def _with_binaries(bench: Installed, place: Path) -> Measured:
    """The look with and without the binaries of a real torch and what is built with it."""
    found = timed_in_turns(
        {name: bench.command(bench.python, "-c", LOOK, str(place), name) for name in ("none", "binaries")}, bench.runs
    )
    number = run_once(bench.command(bench.python, "-c", LOOK, str(place), ""))[2].strip()
    more = (found["binaries"].median - found["none"].median) * 1000
    return Measured(
        f"… of a real torch and its kernels among {number} distributions", f"{more:.0f} ms more", "≤ 300 ms more"
    )


def fill(place: Path, size: int, *, stack: bool = True) -> None:
    """Lay distributions out until there are ``size``: the stack, where it is wanted, and others that require each other."""
    (packages,) = place.glob("lib/python*/site-packages")
    library = elf_bytes(Recipe(symbols=(Symbol("PyInit_x"), Symbol("malloc", defined=False)), needed=("libc.so.6",)))
    for name, (version, requires) in STACK.items() if stack else ():
        _describe(packages, name, version, requires)
    for number in range(size - (len(STACK) if stack else 0)):
        name = f"some-package-{number}"
        others = tuple(f"some-package-{number - each}>=1" for each in range(1, REQUIRES + 1) if number >= each)
        _describe(packages, name, f"1.{number}", others)
        for each in range(OBJECTS):
            path = packages / name.replace("-", "_") / f"module_{each}.so"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(library)


def _describe(packages: Path, name: str, version: str, requires: tuple[str, ...]) -> None:
    stem = name.replace("-", "_")
    folder = packages / f"{stem}-{version}.dist-info"
    folder.mkdir()
    lines = [
        f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}",
        *(f"Requires-Dist: {each}" for each in requires),
    ]
    text = "\n".join(lines) + "\n\n" + "What a distribution says of itself. " * (DESCRIPTION // 36)
    (folder / "METADATA").write_text(text, encoding="utf-8")
    (folder / "INSTALLER").write_text("uv", encoding="utf-8")
    (folder / "WHEEL").write_text("Wheel-Version: 1.0\nTag: py3-none-any\n", encoding="utf-8")
    rows = [f"{stem}/part_{number % 12}/module_{number}.py,sha256={number:043d},{number}" for number in range(FILES)]
    rows += [f"{stem}/module_{number}.so,sha256={number:043d},{number}" for number in range(OBJECTS)]
    rows.append(f"{folder.name}/RECORD,,")
    (folder / "RECORD").write_text("\n".join(rows) + "\n", encoding="utf-8")
