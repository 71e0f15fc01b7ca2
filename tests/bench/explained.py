"""What an explanation costs: of an answer beside the answer itself, and of the refusal that takes longest."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.bench.measure import run_once, timed_in_turns
from tests.bench.wrapped import Installed, Measured

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["explained_lines"]

REQUEST = ("sglang==0.4.*", "--cuda", "cu124")
#: Every series of every stack on every tag, in one process: how many are refused, the slowest of them, and all their times.
SWEEP = """
import json, time
from packaging.version import Version
from stackpin.app.compile import Job, Workshop
from stackpin.errors import NoTuple
workshop = Workshop()
times = {}
for stack in workshop.stacks.by_name.values():
    series = dict.fromkeys(".".join(map(str, item.version.release[:2])) for item in workshop.catalog.releases(stack.anchor))
    for requirement in (f"{stack.anchor}=={each}.*" for each in series):
        for tag in sorted(workshop.facts.tags):
            start = time.perf_counter()
            try:
                workshop.solver.solve(workshop.request(Job(requirements=(requirement,), cuda=tag)))
            except NoTuple:
                times[f"{requirement} {tag}"] = time.perf_counter() - start
print(json.dumps(times))
"""


def explained_lines(bench: Installed) -> Iterator[Measured]:
    """All lines about explanations."""
    commands = {
        "compile": bench.command(bench.stackpin, "compile", *REQUEST),
        "explain": bench.command(bench.stackpin, "explain", *REQUEST),
    }
    found = timed_in_turns(commands, bench.runs)
    ratio = found["explain"].median / found["compile"].median
    yield Measured(f"`stackpin explain '{REQUEST[0]}'` as a multiple of `compile`", f"{ratio:.2f}", "≤ 1.5")
    times: dict[str, float] = json.loads(run_once(bench.command(bench.python, "-c", SWEEP))[2])
    worst = max(times, key=lambda request: times[request])
    middle = sorted(times.values())[len(times) // 2]
    value = f"{times[worst]:.1f} s ({worst}); half take {middle * 1000:.0f} ms or less"
    yield Measured(f"the slowest of {len(times)} refusals: every series on every tag that has no tuple", value)
