"""What a joint solve of three stacks costs, and how the cost grows with the catalog: ten and a hundred times as many releases.

The catalogs are made here: each release of each package gets siblings that say the very same (``0.5.3`` gets ``0.5.3.0.0.1`` and
so on), the release lists included, so that an exact pin still means one release and an open bound many more.
"""

from __future__ import annotations

import json
import shutil
import statistics
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.version import Version
from tests.bench.measure import run_once
from tests.bench.wrapped import Installed, Measured

from stackpin.catalog.listed_rows import dump_lists, load_lists
from stackpin.catalog.loader import EMBEDDED
from stackpin.catalog.manifest import LISTS_FILE
from stackpin.model.value import replace

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["enlarged", "joint_lines"]

FACTORS = (1, 10, 100)
#: Processor seconds of one solve in a process that has started: other work on the machine bends them least.
PROGRAM = """
import sys, time
from pathlib import Path
from stackpin.app.compile import Job, Workshop
from stackpin.catalog.loader import Catalog, Layer
from stackpin.catalog.stacks import user_stack
from stackpin.model.settings import Settings
table = {"anchor": "my-service", "members": ["torch", "triton"], "requires": ["torch>=2.5", "transformers<5"]}
workshop = Workshop(Settings(stacks=(user_stack("my-service", table, "bench"),)))
workshop.catalog = Catalog(Layer(sys.argv[1], sealed=False))
start = time.process_time()
locked = workshop.solver.solve(workshop.request(Job(requirements=("my-service", "sglang", "vllm"))))
assert len(locked.anchors) == 3
print(time.process_time() - start)
"""


def joint_lines(bench: Installed) -> Iterator[Measured]:
    """One line a catalog; each but the first with its time as a multiple of the first's."""
    first = 0.0
    for factor in FACTORS:
        folder = bench.folder / f"catalog-{factor}"
        enlarged(folder, factor)
        runs = min(bench.runs, 5) if factor < FACTORS[-1] else 1
        command = bench.command(bench.python, "-c", PROGRAM, str(folder))
        seconds = statistics.median(float(run_once(command)[2]) for _ in range(runs))
        shutil.rmtree(folder)
        first = first or seconds
        what = "joint solve of three stacks (a project's own, sglang, vllm)" if factor == 1 else "…"
        what += "" if factor == 1 else f" {factor} times as many releases"
        value = f"{seconds:.2f} s" + ("" if factor == 1 else f", {seconds / first:.1f} times")
        yield Measured(what, value, "≤ 2 s" if factor == 1 else "")


def enlarged(folder: Path, factor: int) -> None:
    """The embedded catalog with ``factor`` releases in place of each."""
    data = Path(EMBEDDED)
    (folder / "releases").mkdir(parents=True)
    for name in ("facts.json", "abi.json.z"):
        shutil.copy(data / name, folder / name)
    for path in (data / "releases").glob("*.jsonl"):
        with (folder / "releases" / path.name).open("w", encoding="utf-8") as file:
            for line in path.read_text(encoding="utf-8").splitlines():
                version = json.loads(line)["version"]
                rest = line.partition(f'{{"version":"{version}"')[2]
                file.writelines(f'{{"version":"{each}"{rest}\n' for each in _siblings(version, factor))
    lists = load_lists((data / LISTS_FILE).read_bytes())
    rows = {
        name: [replace(row, version=each) for row in lists.rows(name) for each in _siblings(row.version, factor)]
        for name in lists.names()
    }
    (folder / LISTS_FILE).write_bytes(dump_lists(rows, seen=lists.seen))


def _siblings(text: str, factor: int) -> list[str]:
    """A version and those that say the same, oldest first: three more parts at the end of its release segment."""
    version = Version(text)
    base = ".".join(map(str, version.release))
    rest = str(version).partition(base)[2]
    return [text, *(f"{base}.0.0.{number}{rest}" for number in range(1, factor))]
