"""Pairs of sglang and vllm releases, judged by us and by the real ``uv pip compile``; writes ``docs/status/joint.md``.

``python -m tests.real.joint`` takes every pair that we have a tuple for, and :data:`SAMPLE` others: most of them share a torch,
some do not. It prints as it goes and ends with 1 where the two disagree. A tuple counts only where uv, held by its file, selects
exactly its pins; a refusal only where uv, held by nothing, finds no solution.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from collections import Counter
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

from tests.real.index import PLAIN, index_settings
from tests.support.hollow import rows_of
from tests.support.tools import newest_uv, ready_made, uv_compile

from stackpin.app.compile import Compiled, Job, Workshop, compile_job
from stackpin.errors import NoTuple
from stackpin.model.explanation import Explanation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.tools import Answer

__all__ = ["QUICK", "Pair", "compare", "grid", "judge", "nearest_pairs", "uv_alone"]

PAGE = Path(__file__).resolve().parents[2] / "docs" / "status" / "joint.md"
PYTHON, PLATFORM, UV_PLATFORM = "3.12", "manylinux_2_35_x86_64", "x86_64-manylinux_2_35"
#: Pairs beside those with a tuple: how many share a torch, and how many do not.
SAMPLE = (180, 60)
_SEED = 20261126


class Pair(NamedTuple):
    """A release of each engine."""

    sglang: str
    vllm: str

    @property
    def requirements(self) -> tuple[str, str]:
        """What a person installs: sglang with the extra that brings its kernels, where it has that."""
        extras = {extra for row in rows_of("sglang") if row["version"] == self.sglang for extra in row["extras"]}
        return f"sglang{'[srt]' if 'srt' in extras else ''}=={self.sglang}", f"vllm=={self.vllm}"

    def __str__(self) -> str:
        return f"sglang {self.sglang} and vllm {self.vllm}"


class Row(NamedTuple):
    """What became of a pair: our tuple or refusal, what is wrong with it (empty: nothing), and uv's first cause."""

    pair: Pair
    verdict: str
    wrong: str
    cause: str
    seconds: float


@cache
def workshop() -> Workshop:
    """The embedded catalog, opened once."""
    return Workshop()


def judge(pair: Pair) -> Compiled | Explanation:
    """Our answer for a pair: the file, or the refusal."""
    requirements = (f"sglang=={pair.sglang}", f"vllm=={pair.vllm}")
    try:
        return compile_job(Job(requirements=requirements, python=PYTHON, platform=PLATFORM), workshop(), version="0")
    except NoTuple as error:
        return cast("Explanation", error.explanation)


def uv_alone(pair: Pair, **variables: str) -> Answer:
    """What uv makes of a pair, held by nothing."""
    options = ("--python-version", PYTHON, "--python-platform", UV_PLATFORM)
    return uv_compile(newest_uv(), pair.requirements, None, *options, **variables)


def compare(pair: Pair, folder: Path, **variables: str) -> Row:
    """Our answer for a pair against uv's."""
    start = time.perf_counter()
    ours = judge(pair)
    if isinstance(ours, Explanation):
        answer = uv_alone(pair, **variables)
        refused = answer.code == 1 and "No solution found" in answer.words
        wrong = "" if refused else f"uv says: {answer.words[:300] or 'here is a solution'}"
        cause = answer.words.partition("Because ")[2].partition(", we can")[0]
        return Row(pair, "refused", wrong, cause, time.perf_counter() - start)
    ready = ready_made(ours.text, str(pair))
    file = folder / "joint.txt"
    file.write_text(ours.text, encoding="utf-8")
    options = ("--python-version", PYTHON, "--python-platform", UV_PLATFORM)
    answer = uv_compile(newest_uv(), pair.requirements, file, *options, **variables)
    differences = ", ".join(f"{name} {versions}" for name, versions in ready.differences(answer.selected).items())
    return Row(pair, "tuple", answer.words[:300] if answer.code else differences, "", time.perf_counter() - start)


def nearest_pairs(explanation: Explanation) -> list[Pair]:
    """The pairs that a refusal names, read from its commands."""
    words = [item.command.split()[2:4] for item in explanation.nearest]
    return [Pair(first.partition("==")[2], second.partition("==")[2]) for first, second in words]


def _torches(name: str, row: dict[str, object]) -> set[str]:
    """The exact pins on torch among a release's lines."""
    requires = row["requires"]
    assert isinstance(requires, list)
    lines = [line for line in requires if line.replace(" ", "").startswith(("torch==", "torch(=="))]
    return {line.partition(";")[0].replace(" ", "").strip("()").partition("==")[2].strip(")") for line in lines}


@cache
def grid() -> tuple[Pair, ...]:
    """Every pair with a tuple, then the sample; the same on each run of one catalog."""
    finals = {
        name: [row for row in rows_of(name) if "rc" not in str(row["version"]) and not row["yanked"]]
        for name in ("sglang", "vllm")
    }
    torches = {(name, row["version"]): _torches(name, row) for name, rows in finals.items() for row in rows}
    every = [Pair(one["version"], other["version"]) for one in finals["sglang"] for other in finals["vllm"]]
    sharing = [pair for pair in every if torches["sglang", pair.sglang] & torches["vllm", pair.vllm]]
    others = sorted(set(every) - set(sharing))
    chance = random.Random(_SEED)
    sample = [*chance.sample(sharing, SAMPLE[0]), *chance.sample(others, SAMPLE[1])]
    return tuple(dict.fromkeys((*_with_tuple(), *sample)))


def _with_tuple() -> Iterator[Pair]:
    """Every pair that we have a tuple for on the target of these runs."""
    request = workshop().request(Job(requirements=("sglang", "vllm"), python=PYTHON, platform=PLATFORM))
    search = workshop().solver.together(request, PYTHON, {})
    for one, other in search.combinations():
        typed = (f"sglang=={one.text}", f"vllm=={other.text}")
        if workshop().solver.answer(workshop().request(Job(requirements=typed, python=PYTHON, platform=PLATFORM))):
            yield Pair(one.text, other.text)


#: A few pairs for every change: tuples old and new, and refusals for torch, for another pin, and for one behind a pin.
QUICK = (
    Pair("0.4.6.post2", "0.8.3"),
    Pair("0.4.3.post2", "0.7.2"),
    Pair("0.5.23", "0.33.0"),
    Pair("0.4.6.post5", "0.8.5.post1"),
    Pair("0.5.5.post3", "0.11.0"),
)


def main() -> int:
    """Run, print, write the page."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        cache_folder = os.environ.get("STACKPIN_TEST_CACHE", f"{folder}/cache")
        variables = {**PLAIN, **index_settings(), "UV_CACHE_DIR": cache_folder}
        for pair in grid():
            rows.append(compare(pair, Path(folder), **variables))
            print(f"{pair}: {rows[-1].verdict}{rows[-1].wrong and ' WRONG ' + rows[-1].wrong}", flush=True)
    PAGE.write_text(_page(rows), encoding="utf-8")
    return int(any(row.wrong for row in rows))


def _page(rows: list[Row]) -> str:
    tuples = [row for row in rows if row.verdict == "tuple"]
    refused = [row for row in rows if row.verdict == "refused"]
    wrong = [row for row in rows if row.wrong]
    causes = Counter(_package(row.cause) for row in refused)
    lines = [
        "# Pairs of engines on the real index",
        "",
        f"sglang (with `srt`) and vllm, one release of each, on Python {PYTHON} and {PLATFORM}: what `stackpin compile` says",
        "against what the newest uv finds. Written by `python -m tests.real.joint`.",
        "",
        f"- pairs: {len(rows)}",
        f"- with a tuple, which uv selects exactly under its file: {sum(not row.wrong for row in tuples)} of {len(tuples)}",
        f"- refused, and uv finds no solution either: {sum(not row.wrong for row in refused)} of {len(refused)}",
        f"- disagreements: {len(wrong)}",
        "",
        "Every pair that has a tuple is among them; the others were drawn, three of four sharing a torch.",
        "",
        "## Pairs with a tuple",
        "",
        "| sglang | vllm |",
        "|---|---|",
        *(f"| {sglang} | {', '.join(found)} |" for sglang, found in _by_sglang(tuples).items()),
        "",
        "## What uv names first where there is none",
        "",
        "| package | pairs |",
        "|---|---|",
        *(f"| {name} | {count} |" for name, count in causes.most_common()),
        "",
        "## Disagreements",
        "",
        *(f"- {row.pair}: {row.verdict}; {row.wrong}" for row in wrong),
        *(["none"] if not wrong else []),
    ]
    return "\n".join(lines) + "\n"


def _by_sglang(rows: list[Row]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row.pair.sglang, []).append(row.pair.vllm)
    return found


def _package(cause: str) -> str:
    """The package of uv's first cause: ``vllm==1 depends on xgrammar==2 and …``, ``there is no version of sgl-kernel==3``."""
    text = (
        cause.partition("depends on ")[2] if "there is no version" not in cause else cause.partition("version of ")[2]
    )
    for end in "[{<>=!~ ":
        text = text.partition(end)[0]
    return text or "other"


if __name__ == "__main__":
    sys.exit(main())
