"""Run the newest uv on the real index under every ready-made file of PyPI's builds; write ``docs/status/real.md``.

``python -m tests.real [FILE…]``: the oldest, a middle and the newest Python of each header. It prints as it goes, and
ends with 1 where a file fails that ``known_outside.toml`` does not name. Pins of others that were withdrawn, and all
else that lies outside the tuple, get their row in the page.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from tests.real.outside import known_outside
from tests.support.tools import ReadyMade, newest_uv, tree_files, uv_compile

__all__: list[str] = []

PAGE = Path(__file__).resolve().parents[2] / "docs" / "status" / "real.md"
#: What must not bend a run: settings of the machine, all but those that lead to the index.
PLAIN = {"PIP_CONFIG_FILE": os.devnull, "UV_NO_CONFIG": "1", "UV_PYTHON_DOWNLOADS": "never"}


class Row(NamedTuple):
    """One run: the file, the Python, seconds, what is wrong (empty: nothing) and uv's own words."""

    ready: ReadyMade
    python: str
    seconds: float
    wrong: str
    words: str


def main(names: list[str]) -> int:
    """Run, print, write the page where all files were run."""
    chosen = [ready for ready in tree_files() if ready.from_pypi_alone and (not names or ready.name in names)]
    index = _index_settings()
    with tempfile.TemporaryDirectory() as folder:
        variables = {**PLAIN, **index, "UV_CACHE_DIR": f"{folder}/cache", "UV_CONSTRAINT": "", "UV_FIND_LINKS": ""}
        rows = [
            row
            for ready in chosen
            for row in _rows(newest_uv(), ready, Path(folder), variables)
        ]
    if not names:
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(_page(rows, _version(newest_uv())), encoding="utf-8")
    return int(any(row.wrong and known_outside(row.ready) is None for row in rows))


def _index_settings() -> dict[str, str]:
    command = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    return {"UV_DEFAULT_INDEX": answer.stdout.strip()} if answer.returncode == 0 else {}


def _version(uv: str) -> str:
    return subprocess.run([uv, "--version"], capture_output=True, text=True, check=True).stdout.split()[1]


def _rows(uv: str, ready: ReadyMade, folder: Path, variables: dict[str, str]) -> list[Row]:
    file = folder / ready.name
    file.write_text(ready.text, encoding="utf-8")
    rows = []
    for python in dict.fromkeys(ready.python(minor) for minor in (ready.pythons[0], 12, ready.pythons[1])):
        start = time.perf_counter()
        options = ("--python-version", python, "--python-platform", ready.uv_platform)
        answer = uv_compile(uv, ready.requirements, file, *options, **variables)
        words = answer.words.partition("cause: ")[2] or answer.words
        differences = ready.differences(answer.selected)
        wrong = words if answer.code else ", ".join(f"{name} {pair}" for name, pair in differences.items())
        rows.append(Row(ready, python, time.perf_counter() - start, wrong, words))
        print(f"{ready.name} on {python}: {wrong or 'the tuple'} ({rows[-1].seconds:.1f} s)", flush=True)
    return rows


def _page(rows: list[Row], version: str) -> str:
    failed = [row for row in rows if row.wrong]
    files = {row.ready.name for row in rows}
    lines = [
        "# The ready-made files on the real index",
        "",
        f"`uv pip compile -c FILE` (uv {version}) of the anchor with its extra, for the oldest and the newest Python of",
        "each header and 3.12, on Linux x86_64 with the oldest glibc that uv has a name for. Written by",
        "`python -m tests.real`.",
        "",
        f"- files whose builds are PyPI's own: {len(files)}; runs: {len(rows)}; exactly the tuple: {len(rows) - len(failed)}",
        f"- seconds in all, one cache from empty: {sum(row.seconds for row in rows):.0f}",
        "",
        "## What fails, by name",
        "",
        "| file | Python | uv's words | whose doing |",
        "|---|---|---|---|",
    ]
    for row in failed:
        outside = known_outside(row.ready)
        why = outside.why if outside else "**not explained**"
        lines.append(f"| {row.ready.name} | {row.python} | {row.words[:300].replace('|', chr(92) + '|')} | {why} |")
    lines += [] if failed else ["| none | | | |"]
    return "\n".join(lines) + "\n"


sys.exit(main(sys.argv[1:]))
