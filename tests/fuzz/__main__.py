"""Changed files through the ELF and zip readers: ``python -m tests.fuzz [--runs N] [--seconds S] [--write] [TARGET…]``.

Each target (``tests/fuzz/targets.py``) is read in two processes, one after the other: ``guided`` by atheris, which changes
what reaches new code, then ``plain``, in which nothing but the readers is at work, so that memory can be measured. Two
targets run at a time. ``--write`` puts the table into ``docs/status/fuzz.md``. It ends with 1 where an input must not pass:
that is printed as base64 and kept in ``.nox/fuzzed``, and ``--input FILE TARGET`` reads it once more.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import shutil
import subprocess
import sys
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__: list[str] = []

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "status" / "fuzz.md"
#: Not the name of the session: that is its environment.
FOLDER = ROOT / ".nox" / "fuzzed"
#: Inputs of each target in a session that is asked for nothing else, of either stage: a million in each.
RUNS = {"wheel-symbols": 200_000, "elf": 250_000, "wheel": 200_000, "elf-front": 350_000}
STAGES = ("guided", "plain")
#: Faults that must be found before a session believes in its own silence, and what they are.
CANARIES = {"canary-crash": "crash", "canary-hang": "hang", "canary-memory": "memory"}


class Figures(NamedTuple):
    """What came of one target in one stage; seconds (of the processor), bytes."""

    target: str
    stage: str
    inputs: int
    read: int
    seconds: float
    slowest: float
    growth: int
    fault: str

    def row(self) -> str:
        """One row of the table."""
        return (
            f"| {self.target} | {self.stage} | {self.inputs:,} | {self.read:,} | {self.seconds:.0f} "
            f"| {self.slowest * 1000:.1f} | {self.growth / 2**20:.1f} | {self.fault or 'none'} |"
        )


def main(arguments: Sequence[str]) -> int:
    """Run, print, write the page."""
    options = _options(arguments)
    if options.input:
        return _again(Path(options.input), options.targets)
    shutil.rmtree(FOLDER / "corpus", ignore_errors=True)
    FOLDER.mkdir(parents=True, exist_ok=True)
    stages = [stage for stage in STAGES if stage == "plain" or _atheris()]
    for target in (*RUNS, *CANARIES):
        subprocess.run(_child("seeds", target, 0), cwd=ROOT, check=True)
    missed = [name for name, kind in CANARIES.items() if _run(name, "plain", 1000, options, quiet=True).fault != kind]
    if missed:
        print(f"a fault that is there was not found: {', '.join(missed)}")
        return 1
    for made in FOLDER.glob("finding-canary-*"):
        made.unlink()
    with ThreadPoolExecutor(options.jobs) as pool:
        tasks = [pool.submit(_stages, target, stages, options) for target in options.targets or RUNS]
        found = [figures for task in tasks for figures in task.result()]
    page = _page(found, options.seed)
    print(page)
    if options.write:
        PAGE.write_text(page, encoding="utf-8")
    return int(any(figures.fault for figures in found))


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument(
        "--runs", type=int, default=0, help="inputs of each target and stage (default: a million in all)"
    )
    parser.add_argument("--seconds", type=float, default=0, help="the most that a stage of a target takes")
    parser.add_argument("--seed", type=int, default=random.randrange(1, 2**31), help="default: another one each time")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--input", default="", help="read this file once, and show what comes of it")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(RUNS)}")
    options = parser.parse_args(arguments)
    if unknown := set(options.targets) - set(RUNS):
        parser.error(f"no such target: {', '.join(sorted(unknown))}")
    return options


def _atheris() -> str:
    """The release of atheris that is installed, if any."""
    try:
        return version("atheris")
    except PackageNotFoundError:
        return ""


def _stages(target: str, stages: Sequence[str], options: argparse.Namespace) -> list[Figures]:
    found: list[Figures] = []
    for stage in stages:
        found.append(_run(target, stage, options.runs or RUNS[target], options))
        print(found[-1].row(), flush=True)
        if found[-1].fault:
            break
    return found


def _child(stage: str, target: str, runs: int) -> list[str]:
    command = [sys.executable, "-m", "tests.fuzz.child", stage, target]
    return [*command, "--folder", str(FOLDER), "--runs", str(runs)]


def _run(target: str, stage: str, runs: int, options: argparse.Namespace, *, quiet: bool = False) -> Figures:
    """One target in a process of its own; what it has said is shown where it found something."""
    command = [*_child(stage, target, runs), "--seconds", str(options.seconds), "--seed", str(options.seed)]
    file = FOLDER / f"{target}.{stage}.json"
    file.unlink(missing_ok=True)
    for old in FOLDER.glob(f"stuck-{target}-*"):
        old.unlink()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode and not quiet:
        print(done.stdout, done.stderr, sep="\n", flush=True)
    if file.is_file():
        return Figures(**json.loads(file.read_text(encoding="utf-8")))
    for stuck in FOLDER.glob(f"stuck-{target}-*"):  # what libFuzzer itself has stopped
        print(stuck, b64encode(stuck.read_bytes()).decode(), sep="\n", flush=True)
    return Figures(target, stage, 0, 0, 0.0, 0.0, 0, f"ended with {done.returncode}")


def _again(path: Path, targets: Sequence[str]) -> int:
    """Read one file by the targets, in this process."""
    from tests.fuzz.judge import Fault, Judge
    from tests.fuzz.targets import TARGETS

    for target in targets or TARGETS:
        judge = Judge(TARGETS[target].read)
        try:
            judge(path.read_bytes())
        except Fault as fault:
            print(f"{target}: {fault}")
            return 1
        grown = f"{judge.growth / 2**20:.1f} MB"
        print(f"{target}: {'read' if judge.read else 'refused'}, {judge.slowest * 1000:.1f} ms, {grown}")
    return 0


def _page(found: Sequence[Figures], seed: int) -> str:
    """The figures and what they mean."""
    today = datetime.now(tz=timezone.utc).date()
    sums = {stage: sum(each.inputs for each in found if each.stage == stage) for stage in STAGES}
    findings = sum(bool(each.fault) for each in found)
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    atheris = f"atheris {_atheris()}" if _atheris() else "no atheris here: that stage was left out"
    return "\n".join(
        [
            "# Changed files through the readers",
            "",
            f"{sums['guided']:,} inputs that coverage guided and {sums['plain']:,} changed by chance, {findings} findings.",
            f"Written by `python -m tests.fuzz --write` on {today}, {machine}, {atheris}, seed {seed}.",
            "",
            "| target | stage | inputs | read | seconds | slowest, ms | memory, MB | finding |",
            "|---|---|---|---|---|---|---|---|",
            *(each.row() for each in found),
            "",
            *NOTES,
        ]
    )


NOTES = (
    "- **target**: `elf` reads an ELF file, in small ranges or large ones, and its hash table; `elf-front` by its first",
    "  pages; `wheel` reads METADATA, directory and every member; `wheel-symbols` the symbols of a kernel and of a torch.",
    "- **guided**: atheris (libFuzzer) goes on from the files that reached new branches. **plain**: the files that it kept,",
    "  then files changed by chance, in a process in which nothing is instrumented. No input is larger than 64 KiB.",
    "- **read**: inputs of which something could be read. All others were refused with `InputUnreadable`; any other error, a",
    "  range outside of the file, or the same bytes asked for twice would be a finding.",
    "- **seconds**, **slowest**: time of the processor, for all inputs and for one (more than 1 s is a finding); `guided` is",
    "  slowed by what counts branches. A reader waits for nothing, so time on the wall would tell of the machine only.",
    "- **memory**: how far the peak of resident memory rose over the bare process, which is loaded and has its first files",
    "  in memory (more than 32 MB is a finding). In `plain` that is all growth there is; in `guided` what was added while a",
    "  reader ran, for the fuzzer's own tables grow as well. A member of a wheel is inflated up to 4 MiB here: what is",
    "  inflated stays in memory by design, as far as the caller allows.",
    "- Each session first reads a crash, a hang and a leap of memory made for it, and ends where one is not found.",
    "",
)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
