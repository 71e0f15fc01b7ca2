#!/usr/bin/env python3
# /// script
# requires-python = ">=3.10"
# dependencies = ["nox"]
# ///
"""Run every session, the long ones too, and write what came out to ``docs/status/full.md``.

Each session runs as its own nox, so that one that fails or hangs costs its own row only. Sessions that are named on the
command line are run anew, and take the place of their rows. ``--check`` reads the table and exits 1 where a session has no
row in it.
"""

from __future__ import annotations

import platform
import re
import subprocess
import sys
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import NamedTuple

__all__: list[str] = []

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "docs" / "status" / "full.md"
#: The table of a run that goes on, or was cut off.
PROGRESS = ROOT / ".nox" / "full.md"
SESSIONS = (
    "lint",
    "types",
    "docs",
    "catalog",
    "constraints",
    "bench",
    "tests",
    "slow",
    "browser",
    "real",
    "online",
    "escapes",
    "fuzz",
)
LIMIT = 10800  # seconds for one session; `tests` is one for every interpreter
SKIPPED = re.compile(r"Session (\S+) skipped")
COUNTS = re.compile(r"^=*\s*((?:\d+ \w+(?:, )?)+) in [\d.]+s.*$", re.MULTILINE)


class Outcome(NamedTuple):
    """What one session came to: its name, one word, seconds, and what pytest counted."""

    session: str
    result: str
    seconds: float
    counts: str


def run(session: str) -> Outcome:
    """Run one session and read pytest's counts from what it printed; the output is passed on."""
    began = time.monotonic()
    command = [sys.executable, "-m", "nox", "--sessions", session]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LIMIT, check=False)
    except subprocess.TimeoutExpired:
        return Outcome(session, f"stopped after {LIMIT} s", time.monotonic() - began, "")
    print(done.stdout, done.stderr, sep="\n", flush=True)
    counts = "; ".join(COUNTS.findall(done.stdout))
    skipped = sorted(set(SKIPPED.findall(done.stdout + done.stderr)))
    result = "passed" if done.returncode == 0 else "FAILED"
    return Outcome(session, ", no ".join([result, *skipped]), time.monotonic() - began, counts)


def version_of(*command: str) -> str:
    """The first line that a tool prints of its own version, or that it was not found."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    except OSError:
        return "not found"
    lines = (done.stdout or done.stderr).splitlines()
    return lines[0] if done.returncode == 0 and lines else "not found"


def tool_rows() -> list[str]:
    """One row a tool that the sessions drove, with the interpreters that nox made environments of."""
    homes = sorted((ROOT / ".nox").glob("tests-*/bin/python"))
    rows = [f"| {home.parts[-3]} | {version_of(str(home), '--version')} |" for home in homes]
    released = sorted(path.name for path in (ROOT / ".nox" / "tools").glob("*-*"))
    return [*rows, f"| released tools | {', '.join(released) or 'none'} |", f"| uv | {version_of('uv', '--version')} |"]


def row_of(outcome: Outcome) -> str:
    """One session's row."""
    return f"| {outcome.session} | {outcome.result} | {outcome.seconds:.0f} | {outcome.counts} |"


def render(rows: dict[str, str]) -> str:
    """The page: when and on what, one row a session, one row a tool."""
    today = datetime.now(tz=timezone.utc).date()
    lines = [
        "# The last full run",
        "",
        f"`nox -s full` on {today}, Python {platform.python_version()}, {platform.machine()}.",
        "",
        "| session | result | seconds | tests |",
        "|---|---|---|---|",
        *(rows[session] for session in SESSIONS if session in rows),
        "",
        "| what ran | version |",
        "|---|---|",
        *tool_rows(),
    ]
    return "\n".join(lines) + "\n"


def rows_there() -> dict[str, str]:
    """The rows of the table that is there, by session."""
    text = TABLE.read_text(encoding="utf-8") if TABLE.is_file() else ""
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    return {session: row for session in SESSIONS for row in rows if row.startswith(f"| {session} |")}


def main() -> int:
    """Run all, write the table, exit 1 where a session failed; or look at the table with ``--check``."""
    if "--check" in sys.argv[1:]:
        missing = [session for session in SESSIONS if session not in rows_there()]
        if missing:
            print(f"docs/status/full.md has no row for {', '.join(missing)}: run nox -s full", file=sys.stderr)
        return int(bool(missing))
    again = tuple(sys.argv[1:])
    rows = rows_there() if again else {}
    failed = False
    PROGRESS.parent.mkdir(exist_ok=True)
    for session in again or SESSIONS:
        outcome = run(session)
        failed |= not outcome.result.startswith("passed")
        rows[session] = row_of(outcome)
        PROGRESS.write_text(render(rows), encoding="utf-8")
    TABLE.parent.mkdir(parents=True, exist_ok=True)
    TABLE.write_text(render(rows), encoding="utf-8")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
