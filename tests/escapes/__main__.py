"""Run every route on every release and print a table: ``python -m tests.escapes --bare|--stackpin [--write] [ID…]``.

``TEST_TOOLS`` names the folder of released pips and uvs that ``nox`` lays out. ``--write`` puts the table into
``docs/status/escapes-bare.md`` (the bare tools, which must leak) or ``docs/status/escapes.md`` (the wrapper, which must not).
``--newest`` runs the newest releases only, ``--jobs N`` that many at once. It ends with 1 where something is not as it must
be, and shows what lay there.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.escapes.place import Tools
from tests.escapes.rows import every_route, held_releases, releases
from tests.escapes.runner import Verdict, bare_proves, run_and_judge, satisfies
from tests.escapes.world import World

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.escapes.rows import Route

__all__: list[str] = []

STATUS = Path(__file__).resolve().parents[2] / "docs" / "status"
#: Variables of the machine that must not bend a run.
SETTINGS = ("PIP_", "UV_", "STACKPIN_", "XDG_", "VIRTUAL_ENV", "CONDA_", "PYTHONPATH")


class Cell(NamedTuple):
    """One run: what came of it, whether that is right, and what to show where it is not."""

    verdict: Verdict
    right: bool
    words: str


def main(arguments: Sequence[str]) -> int:
    """Run, print, write the table."""
    options = _options(arguments)
    for name in [name for name in os.environ if name.startswith(SETTINGS)]:
        del os.environ[name]
    folder = os.environ.get("TEST_TOOLS", "")
    assert folder, "TEST_TOOLS must name the folder of released tools (nox lays it out in .nox/tools)"
    routes = [route for route in every_route() if not options.ids or route.id in options.ids]
    start = time.perf_counter()
    with World() as world, ThreadPoolExecutor(options.jobs) as pool:
        tasks = {
            (route.id, version): pool.submit(_cell, route, version, world, Tools(Path(folder)), options.stackpin)
            for route in routes
            for version in _versions(route, newest=options.newest, wrapped=options.stackpin)
        }
        cells = {}
        for key, task in tasks.items():
            cells[key] = task.result()
            print(*key, cells[key].verdict.value, "" if cells[key].right else f"WRONG\n{cells[key].words}", flush=True)
    wrong = [key for key, cell in cells.items() if not cell.right]
    print(f"{len(cells)} runs, {len(wrong)} not as they must be, {time.perf_counter() - start:.0f} s")
    if options.write:
        page = STATUS / ("escapes.md" if options.stackpin else "escapes-bare.md")
        page.write_text(_page(routes, cells, wrapped=options.stackpin), encoding="utf-8")
    return int(bool(wrong))


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.escapes")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--bare", action="store_true")
    which.add_argument("--stackpin", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--newest", action="store_true")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("ids", nargs="*")
    return parser.parse_args(arguments)


def _versions(route: Route, *, newest: bool, wrapped: bool) -> tuple[str, ...]:
    every = held_releases(route.program) if wrapped else releases(route.program)
    return tuple(version for version in (every[-1:] if newest else every) if route.runs_on(version))


def _cell(route: Route, version: str, world: World, tools: Tools, wrapped: bool) -> Cell:
    verdict, outcome = run_and_judge(route, version, world, tools, wrapped=wrapped)
    right = satisfies(route.expectation(version), verdict) if wrapped else bare_proves(route, verdict)
    tail = "\n".join(f"    {line}" for line in (outcome.done.stdout + outcome.done.stderr).splitlines()[-8:])
    return Cell(verdict, right, f"  exit {outcome.done.code}; wrong: {', '.join(outcome.wrong) or 'nothing'}\n{tail}")


def _page(routes: Sequence[Route], cells: dict[tuple[str, str], Cell], *, wrapped: bool) -> str:
    """The table of routes and releases, a part for each tool."""
    title = "Ways round the tuple, under the wrapper" if wrapped else "Ways round the tuple, with the bare tools"
    runs = len(cells)
    leaks = sum(cell.verdict is Verdict.LEAK for cell in cells.values())
    again = "--stackpin" if wrapped else "--bare"
    lines = [
        f"# {title}",
        "",
        f"{len(routes)} routes, {runs} runs; a member outside the tuple came in {leaks} times.",
        f"Written by `python -m tests.escapes {again} --write`. What each word means stands in `tests/escapes/rows.py`;",
        "a verdict comes from what lay in the environment, the lock or the output afterwards, and from the exit code.",
    ]
    for tool in ("pip", "uv"):
        versions = held_releases(tool) if wrapped else releases(tool)
        lines += ["", f"## {tool}", "", f"| what is typed | why | must be | {' | '.join(versions)} |"]
        lines += ["|---|---|---|" + "---|" * len(versions)]
        lines += [_row(route, versions, cells) for route in routes if route.program == tool]
    return "\n".join(lines) + "\n"


def _row(route: Route, versions: Sequence[str], cells: dict[tuple[str, str], Cell]) -> str:
    marks = [_mark(cells.get((route.id, version))) for version in versions]
    typed = f"{route.tool} {route.argv}".replace("|", "\\|").strip()
    given = f" (given: {', '.join(route.given)})" if route.given else ""
    return f"| `{typed}`{given} | {route.why} | {route.expect.value} | {' | '.join(marks)} |"


def _mark(cell: Cell | None) -> str:
    if cell is None:
        return "-"
    return cell.verdict.value if cell.right else f"**{cell.verdict.value}**"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
