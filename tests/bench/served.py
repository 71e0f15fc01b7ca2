"""What a resolve of sglang by uv costs through ``stackpin serve``, beside the bare index: both without a cache of uv's.

A fresh server fetches each page from the index behind, as the bare resolve does; one that has been asked before has them. The
release is named, and its own METADATA pins what the tuple holds: both resolves come to the same.
"""

from __future__ import annotations

import re
import statistics
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.measure import run_once
from tests.bench.wrapped import SGLANG, STACK, TAG, Installed, Measured
from tests.support.serving import Served
from tests.support.tools import newest_uv

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["served_lines"]

_RUNS = 5
_MEMBER = re.compile(r"^(?:torch|triton|sglang|sgl-kernel)==\S+", re.MULTILINE)


def served_lines(bench: Installed) -> Iterator[Measured]:
    """The bare resolve, then the two others as multiples of it, in one run and taking turns."""
    root = Path(__file__).resolve().parents[2]
    words = [newest_uv(), "pip", "install", "--quiet", "--python", bench.python, f"{root}[serve]"]
    subprocess.run(words, env=dict(bench.env), check=True)
    wanted = ""
    found: dict[str, list[float]] = {"bare": [], "fresh": [], "warm": []}
    for _ in range(min(bench.runs, _RUNS)):
        with _server(bench) as served:
            wanted = f"{SGLANG}=={served.document['pins']['sglang']}"
            answers = set()
            for name, url in (("bare", ""), ("fresh", served.url), ("warm", served.url)):
                seconds, members = _resolve(bench, wanted, url)
                found[name].append(seconds)
                answers.add(members)
            if len(answers) != 1:
                raise RuntimeError(f"the resolves differ: {answers}")
    median = {name: statistics.median(seconds) for name, seconds in found.items()}
    yield Measured(f"`uv pip compile` of `{wanted}` over the bare index, nothing cached", f"{median['bare']:.2f} s")
    value = f"{median['fresh'] / median['bare']:.2f} times"
    yield Measured("… through `stackpin serve` that has just been started", value, "≤ 1.2 times")
    yield Measured("… once it has the pages", f"{median['warm'] / median['bare']:.2f} times", "≤ 1.2 times")


def _server(bench: Installed) -> Served:
    return Served("--stack", STACK, "--cuda", TAG, "-q", cwd=bench.folder, program=(bench.stackpin,), **bench.env)


def _resolve(bench: Installed, wanted: str, url: str) -> tuple[float, tuple[str, ...]]:
    """Seconds, and the members that were selected."""
    argv = [newest_uv(), "pip", "compile", "-", "--quiet", "--no-cache", "--python", bench.python]
    env = {"UV_DEFAULT_INDEX": url} if url else {}
    seconds, _, text = run_once(bench.command(*argv, typed=wanted, **env))
    return seconds, tuple(_MEMBER.findall(text))
