#!/usr/bin/env python3
"""Judge the native members of every sglang tuple by their symbols, and write ``docs/abi-sglang.md``.

Covers each release that pins torch exactly, on every CUDA tag that it has a tuple for, from the embedded catalog.
``--check`` writes nothing and exits 1 where the page differs from what the catalog says.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from packaging.requirements import Requirement

from stackpin.abi.readable import readable
from stackpin.app.compile import Job, Workshop
from stackpin.model.abi import Judgement, Verdict
from stackpin.model.stack import TORCH
from stackpin.resolve.needs import is_exact

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stackpin.model.locked import LockedTuple, Pin
    from stackpin.model.release import Release

__all__: list[str] = []

ANCHOR = "sglang"
PAGE = Path(__file__).resolve().parent.parent / "docs" / "abi-sglang.md"
HEAD = """\
# What the binaries say of each sglang release

Made by `python tools/abi_verdicts.py` from the embedded catalog: each sglang release that pins torch exactly, on each CUDA
tag that it has a tuple for; each member whose binaries are looked at, beside the tuple's build of torch. What a verdict
says, and what it does not, is told in [What the binaries say](abi.md).
"""


class Judged(NamedTuple):
    """One native member of one tuple."""

    release: str
    tag: str
    torch: str
    pin: Pin
    found: Judgement


def pins_torch(release: Release) -> bool:
    """Whether a release's own metadata pins torch exactly, in an extra or outside."""
    lines = (Requirement(line) for line in release.requires("x86_64"))
    return any(line.name == TORCH and is_exact(line.specifier) for line in lines)


def tuples(workshop: Workshop) -> Iterator[tuple[str, LockedTuple]]:
    """Each release with each of its tuples, oldest release first."""
    for release in reversed(workshop.catalog.releases(ANCHOR) or ()):
        if not pins_torch(release):
            continue
        for tag in sorted(workshop.facts.tags):
            request = workshop.request(Job(requirements=(f"{ANCHOR}=={release.text}",), cuda=tag))
            answer = workshop.solver.answer(request)
            if answer is not None:
                yield release.text, answer.locked


def judged(found: Iterable[tuple[str, LockedTuple]]) -> list[Judged]:
    """Every native member of every tuple with its verdict."""
    return [
        Judged(release, str(locked.cuda), torch.full_version, pin, pin.symbols)
        for release, locked in found
        for torch in [pin for pin in locked.pins if pin.name == TORCH]
        for pin in locked.pins
        if pin.symbols is not None
    ]


def counts(rows: list[Judged]) -> Iterator[str]:
    """The table of verdicts, one row a release."""
    total = Counter(row.found.verdict for row in rows)
    yield "## Verdicts\n"
    yield "| release | torch | tags | NOT REFUTED | MISFIT | UNKNOWN |\n|---|---|---|---|---|---|"
    by_release: dict[str, list[Judged]] = defaultdict(list)
    for row in rows:
        by_release[row.release].append(row)
    for release, mine in by_release.items():
        torch = ", ".join(dict.fromkeys(row.torch.partition("+")[0] for row in mine))
        tags = ", ".join(dict.fromkeys(row.tag for row in mine))
        found = Counter(row.found.verdict for row in mine)
        yield f"| {release} | {torch} | {tags} | " + " | ".join(str(found[verdict]) for verdict in ORDER) + " |"
    yield f"| all {len(by_release)} | | | " + " | ".join(str(total[verdict]) for verdict in ORDER) + " |\n"


ORDER = (Verdict.NOT_REFUTED, Verdict.MISFIT, Verdict.UNKNOWN)


def findings(rows: list[Judged]) -> Iterator[str]:
    """Each pair that misfits, with the releases that pin it, and its symbols."""
    yield "## Findings\n"
    yield "Pins of sglang's own that misfit. The tuple stands as upstream ships it, and says so beside the pin.\n"
    pairs: dict[tuple[str, str, tuple[str, ...]], list[Judged]] = defaultdict(list)
    for row in rows:
        if row.found.verdict is Verdict.MISFIT:
            release = f"{row.pin.name} {row.pin.version}"
            pairs[(release, row.torch.partition("+")[0], row.found.missing)].append(row)
    for (kernel, torch, missing), mine in pairs.items():
        releases = list(dict.fromkeys(row.release for row in mine))
        tags = ", ".join(dict.fromkeys(row.tag for row in mine))
        yield f"### {kernel} with torch {torch}\n"
        yield f"In {len(releases)} releases, {releases[0]} to {releases[-1]}, on {tags}. Missing in torch:\n"
        yield "\n".join(f"- `{readable(name)}`" for name in missing) + "\n"
        if mine[0].pin.optional:
            yield f"What it costs: {mine[0].pin.optional}.\n"


def unknowns(rows: list[Judged]) -> Iterator[str]:
    """Why nothing can be told, reason by reason."""
    yield "## Why nothing can be told\n"
    yield "| why | members | times |\n|---|---|---|"
    reasons: dict[str, list[Judged]] = defaultdict(list)
    for row in rows:
        if row.found.verdict is Verdict.UNKNOWN:
            reasons[row.found.why].append(row)
    for why, mine in sorted(reasons.items(), key=lambda pair: (-len(pair[1]), pair[0])):
        names = ", ".join(sorted({str(row.pin.name) for row in mine}))
        yield f"| {why} | {names} | {len(mine)} |"


def main() -> int:
    """Write the page, or compare it; 1 where it differs."""
    rows = judged(tuples(Workshop()))
    text = "\n".join([HEAD, *counts(rows), *findings(rows), *unknowns(rows)]) + "\n"
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
        print(f"{PAGE.name} is not what the catalog says; run python tools/abi_verdicts.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
