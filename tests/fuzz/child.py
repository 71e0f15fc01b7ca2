"""One target in a process of its own: ``python -m tests.fuzz.child STAGE TARGET --runs N --folder FOLDER …``.

``seeds``: the files to begin with are made and written down, for what making them leaves in the memory of a process would
hide what a reader adds to it. ``guided``: atheris (libFuzzer) changes the inputs and keeps those that reach new code; the
readers are instrumented for it, which slows them down. ``plain``: nothing is instrumented; what ``guided`` has kept is
read, then files changed by chance. What came out stands in ``FOLDER/TARGET.STAGE.json``, an input that must not pass in
``FOLDER/finding-…``. The process ends with 1 where there is one.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from tests.fuzz.judge import Fault, Judge
from tests.fuzz.mutate import LONGEST, mutated

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fuzz.targets import Target

__all__: list[str] = []

#: Modules whose branches guide the fuzzer.
READERS = ("stackpin.parse", "stackpin.index.wheel_symbols", "stackpin.abi.symbols")
#: What stops a process that no signal of ours can stop (libFuzzer: seconds of the clock on the wall, MB in all).
STUCK, TOO_LARGE = 20, 2048


class Session:
    """One target on its way: how far it goes, and where its figures are written."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.folder = Path(options.folder)
        self.corpus = self.folder / "corpus" / options.target
        self.seeds = self.folder / "seeds" / options.target
        self.start = time.monotonic()

    def over(self, judge: Judge) -> bool:
        """Whether as many inputs were read as were asked for, or for as long."""
        seconds = self.options.seconds
        return judge.inputs >= self.options.runs or bool(seconds and time.monotonic() - self.start > seconds)

    def end(self, judge: Judge, fault: Fault | None = None) -> int:
        """Write the figures, and the input where one must not pass; the exit code."""
        figures = {
            "target": self.options.target,
            "stage": self.options.stage,
            "inputs": judge.inputs,
            "read": judge.read,
            "seconds": time.process_time(),
            "slowest": judge.slowest,
            "growth": judge.growth,
            "fault": "" if fault is None else fault.kind,
        }
        name = f"{self.options.target}.{self.options.stage}.json"
        (self.folder / name).write_text(json.dumps(figures), encoding="utf-8")
        if fault is not None:
            kept = self.folder / f"finding-{self.options.target}-{sha256(fault.content).hexdigest()[:12]}"
            kept.write_bytes(fault.content)
            print(f"{self.options.target}: {fault}\n{b64encode(fault.content).decode()}", flush=True)
        return int(fault is not None)


def seeds(session: Session) -> int:
    """Make the files to begin with."""
    session.seeds.mkdir(parents=True, exist_ok=True)
    for old in session.seeds.iterdir():
        old.unlink()
    for number, content in enumerate(_target(session.options.target).seeds()):
        (session.seeds / f"{number:03}").write_bytes(content)
    return 0


def guided(session: Session) -> int:
    """Let libFuzzer choose the inputs; returns only where it could not begin."""
    import atheris

    with atheris.instrument_imports(include=list(READERS)):
        target = _target(session.options.target)
    session.corpus.mkdir(parents=True, exist_ok=True)
    judge = Judge(target.read, apart=True)

    def one(content: bytes) -> None:
        fault = _judged(judge, content)
        if fault is not None or session.over(judge):
            os._exit(session.end(judge, fault))  # libFuzzer would go on, or end as it likes

    limits = (f"-timeout={STUCK}", f"-rss_limit_mb={TOO_LARGE}", f"-max_len={LONGEST}")
    chance = (f"-seed={session.options.seed}", f"-artifact_prefix={session.folder}/stuck-{session.options.target}-")
    quiet = ("-verbosity=0", "-print_final_stats=0")
    atheris.Setup([sys.argv[0], *limits, *chance, *quiet, str(session.corpus), str(session.seeds)], one)
    atheris.Fuzz()
    return 2


def plain(session: Session) -> int:
    """Read what the fuzzer has kept, then files changed by chance, as long as the session goes on."""
    target = _target(session.options.target)
    files = [path.read_bytes() for folder in (session.seeds, session.corpus) for path in sorted(folder.glob("*"))]
    chance = random.Random(session.options.seed)
    judge = Judge(target.read)
    for content in files:
        fault = _judged(judge, content)
        if fault is not None:
            return session.end(judge, fault)
    while not session.over(judge):
        fault = _judged(judge, mutated(chance, files))
        if fault is not None:
            return session.end(judge, fault)
    return session.end(judge)


STAGES: dict[str, Callable[[Session], int]] = {"seeds": seeds, "guided": guided, "plain": plain}


def _judged(judge: Judge, content: bytes) -> Fault | None:
    try:
        judge(content)
    except Fault as fault:
        return fault
    return None


def _target(name: str) -> Target:
    """The target; a canary has a fault of its own, to see that it is found."""
    from tests.fuzz.canaries import CANARIES
    from tests.fuzz.targets import TARGETS

    return {**TARGETS, **CANARIES}[name]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.child")
    parser.add_argument("stage", choices=STAGES)
    parser.add_argument("target")
    parser.add_argument("--runs", type=int, required=True)
    parser.add_argument("--seconds", type=float, default=0, help="0: as long as the runs take")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", required=True)
    return parser.parse_args()


if __name__ == "__main__":
    chosen = Session(_options())
    sys.exit(STAGES[chosen.options.stage](chosen))
