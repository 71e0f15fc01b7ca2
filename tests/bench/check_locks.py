"""What it costs to read a lock of 5 MB, as a large workspace has it: a process that starts, reads, and has its subjects.

The lock is made of a real one: it is repeated, each copy's packages under names of their own and asked for by the project,
and gets back the wheels for other Pythons and systems that were taken out of it: ten files a package, as it had.
"""

from __future__ import annotations

import re
import statistics
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.measure import run_once
from tests.bench.wrapped import Installed, Measured

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["lock_lines", "repeated"]

LOCK = Path(__file__).resolve().parents[1] / "data" / "check" / "locks" / "uv" / "sglang" / "uv-0.13.9.lock"
SIZE = 5_000_000
#: What stands in a wheel's name for other systems.
OTHERS = ("musllinux_1_2_x86_64", "macosx_11_0_arm64", "win_amd64")
PYTHONS = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
PROGRAM = """
import sys
from pathlib import Path
from stackpin.app.check.locks import lock_subjects
from stackpin.model.input_file import InputKind
about = None if sys.argv[2] == "all" else frozenset(("sglang", "sgl-kernel", "torch", "torchvision", "triton"))
found = lock_subjects(Path(sys.argv[1]).read_bytes(), "uv.lock", InputKind.UV_LOCK, sys.argv[3:], about=about)
assert len(found.subjects) == (3 if about is None else 1)
assert all(mention.place.line for subject in found.subjects for mention in subject.mentions)
"""


def lock_lines(bench: Installed) -> Iterator[Measured]:
    """With all of its packages, and with those that matter to a stack."""
    path = bench.folder / "uv.lock"
    text = repeated(LOCK.read_text(encoding="utf-8"), SIZE)
    path.write_text(text, encoding="utf-8")
    packages = text.count("\n[[package]]\n")
    for about, what in (("all", "all of them"), ("stack", "those of a stack")):
        command = bench.command(bench.python, "-c", PROGRAM, str(path), about, *PYTHONS)
        found = [run_once(command) for _ in range(bench.runs)]
        yield Measured(
            f"subjects of a `uv.lock` of {len(text) / 1e6:.1f} MB ({packages} packages), {what}, start included",
            f"{statistics.median(seconds for seconds, *_ in found):.2f} s, {max(used for _, used, _ in found) / 1e6:.0f} MB",
            "≤ 1 s",
        )


def repeated(text: str, size: int) -> str:
    """A lock of about so many characters."""
    head, *blocks = re.split(r"^(?=\[\[package\]\]$)", _with_all_wheels(text), flags=re.MULTILINE)
    own = next(block for block in blocks if 'source = { virtual = "." }' in block)
    others = "".join(block for block in blocks if block is not own)
    copies = max(1, size // len(others))
    asked = "".join(f'    {{ name = "sglang-copy{number}", extra = ["srt"] }},\n' for number in range(1, copies))
    own = own.replace("dependencies = [\n", f"dependencies = [\n{asked}", 1)
    renamed = [re.sub(r'(\bname = "[^"]+)"', rf'\1-copy{number}"', others) for number in range(1, copies)]
    return "".join((head, own, others, *renamed))


def _with_all_wheels(text: str) -> str:
    """Each wheel of CPython 3.11 under the names that it has for other Pythons and systems."""

    def others(match: re.Match[str]) -> str:
        names = [match[0].replace("cp311", f"cp3{minor}") for minor in (10, 11, 12, 13, 14)]
        return "".join(names + [re.sub(r"manylinux[^.-]*(?=\.whl)", to, each) for to in OTHERS for each in names])

    return re.sub(r"^    \{ url = .*-cp311-.*\n", others, text, flags=re.MULTILINE)
