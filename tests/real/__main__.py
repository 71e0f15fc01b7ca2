"""Run the newest uv on the real index under ready-made files of PyPI's builds; write ``docs/status/real.md``.

``python -m tests.real [--releases] [FILE…]``: the oldest, a middle and the newest Python of each header; with
``--releases`` the file of every release and tag, on one Python, for ``docs/status/real_releases.md``. It prints as it
goes, and ends with 1 where a file fails that ``known_outside.toml`` does not name. A pin of others that was withdrawn,
and whatever else lies outside the tuple, gets its row in the page.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from tests.real.index import PLAIN, index_settings
from tests.real.outside import known_outside
from tests.support.tools import ReadyMade, newest_uv, ready_made, tree_files, uv_compile

__all__: list[str] = []

PAGE = Path(__file__).resolve().parents[2] / "docs" / "status" / "real.md"


class Row(NamedTuple):
    """One run: the file, the Python, seconds, what is wrong (empty: nothing) and uv's own words."""

    ready: ReadyMade
    python: str
    seconds: float
    wrong: str
    words: str


def main(arguments: list[str]) -> int:
    """Run, print, write the page where all files were run."""
    releases, names = "--releases" in arguments, [name for name in arguments if not name.startswith("-")]
    with tempfile.TemporaryDirectory() as folder:
        variables = {**PLAIN, **index_settings(), "UV_CACHE_DIR": f"{folder}/cache"}
        files = _every_release(Path(folder)) if releases else tree_files()
        chosen = [ready for ready in files if ready.from_pypi_alone and (not names or ready.name in names)]
        rows = [row for ready in chosen for row in _rows(ready, Path(folder), variables, few=releases)]
    if not names:
        page = PAGE.with_name("real_releases.md") if releases else PAGE
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(_page(rows, releases=releases), encoding="utf-8")
    return int(any(row.wrong and known_outside(row.ready) is None for row in rows))


def _every_release(folder: Path) -> list[ReadyMade]:
    """What is published beside the tree: a file a release and tag."""
    command = [sys.executable, "-m", "stackpin", "compile", "--all", "--releases", "--quiet", "--output-dir"]
    subprocess.run([*command, str(folder / "all")], check=True)
    return [ready_made(path.read_text(encoding="utf-8"), path.name) for path in sorted((folder / "all").glob("*.txt"))]


def _rows(ready: ReadyMade, folder: Path, variables: dict[str, str], *, few: bool) -> list[Row]:
    """A row for each Python that is tried: the first, 3.12 and the last of the header, or 3.12 alone."""
    file = folder / ready.name
    file.write_text(ready.text, encoding="utf-8")
    minors = (12,) if few else (ready.pythons[0], 12, ready.pythons[1])
    rows = []
    for python in dict.fromkeys(map(ready.python, minors)):
        start = time.perf_counter()
        options = ("--python-version", python, "--python-platform", ready.uv_platform)
        answer = uv_compile(newest_uv(), ready.requirements, file, *options, **variables)
        words = answer.words.partition("cause: ")[2] or answer.words
        differences = ready.differences(answer.selected)
        wrong = words if answer.code else ", ".join(f"{name} {pair}" for name, pair in differences.items())
        rows.append(Row(ready, python, time.perf_counter() - start, wrong, words))
        print(f"{ready.name} on {python}: {wrong or 'the tuple'} ({rows[-1].seconds:.1f} s)", flush=True)
    return rows


def _page(rows: list[Row], *, releases: bool) -> str:
    version = subprocess.run([newest_uv(), "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    failed = [row for row in rows if row.wrong]
    files = {row.ready.name for row in rows}
    title = "Every release's file on the real index" if releases else "The ready-made files on the real index"
    pythons = "3.12 or the nearest Python of" if releases else "the oldest and the newest Python of"
    again = "python -m tests.real --releases" if releases else "python -m tests.real"
    lines = [
        f"# {title}",
        "",
        f"`uv pip compile -c FILE` (uv {version}) of the anchor with its extra, for {pythons}",
        f"each header{'' if releases else ' and 3.12'}, on Linux x86_64 with the oldest glibc that uv has a name for.",
        f"Written by `{again}`.",
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
