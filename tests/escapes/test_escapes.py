"""No way round the tuple leads through the wrapper, and nothing harmless is in its way; the bare tools leak on each.

Each row of ``routes/`` is run with every release that ``nox`` lays out, in a session of its own (``nox -s escapes``). A
change is gated by the newest of each tool, on a sample: every third one of the ways, by its first route, and every twelfth of
all routes. See ``rows.py`` for what a row means, and ``python -m tests.escapes`` for the tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.escapes.place import Tools
from tests.escapes.rows import Bare, Expect, every_route, every_situation, held_releases, releases
from tests.escapes.runner import bare_proves, run_and_judge, satisfies
from tests.escapes.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.escapes.rows import Route

#: Every way in which pip and uv select packages: a row must go through each.
SELECTING = {
    "pip": {"install", "download", "wheel", "lock"},
    "uv": {
        *(
            "pip install",
            "pip sync",
            "pip compile",
            "add",
            "remove",
            "lock",
            "sync",
            "run",
            "export",
            "tree",
            "version",
        ),
        *("tool run", "tool install", "tool upgrade", "venv", "build"),
    },
}


def gating() -> set[str]:
    """The routes that gate a change: the first of every third way (tool, subcommand, what must come of it), a twelfth of all."""
    first: dict[tuple[object, ...], str] = {}
    for route in every_route():
        first.setdefault((route.tool, *route.argv.split()[:2], route.expect), route.id)
    return {*list(first.values())[::3], *(route.id for route in every_route()[::12])}


def cases(of: Callable[[str], tuple[str, ...]]) -> list[object]:
    """Every route with every one of the releases that has it; all but the newest release, and the sample, are slow."""
    gate = gating()
    return [
        pytest.param(
            route,
            version,
            id=f"{route.id}-{version}",
            marks=() if version == newest and route.id in gate else pytest.mark.slow,
        )
        for route in every_route()
        for newest in of(route.program)[-1:]
        for version in of(route.program)
        if route.runs_on(version)
    ]


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    with World() as opened:
        yield opened


@pytest.fixture(scope="session")
def tools(tool_folder: Path) -> Tools:
    return Tools(tool_folder)


@pytest.mark.real
@pytest.mark.parametrize(("route", "version"), cases(held_releases))
def test_nothing_comes_through_the_wrapper(route: Route, version: str, world: World, tools: Tools) -> None:
    found, outcome = run_and_judge(route, version, world, tools, wrapped=True)
    assert satisfies(route.expectation(version), found), (
        f"{found.value}, must be {route.expectation(version).value}; wrong: {outcome.wrong}; "
        f"exit {outcome.done.code}\n{outcome.done.stdout}\n{outcome.done.stderr}"
    )


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.parametrize(("route", "version"), cases(releases))
def test_the_bare_tool_shows_the_leak(route: Route, version: str, world: World, tools: Tools) -> None:
    found, outcome = run_and_judge(route, version, world, tools, wrapped=False)
    assert bare_proves(route, found), f"{found.value}; exit {outcome.done.code}\n{outcome.done.stderr}"


def test_the_rows_are_many_and_go_through_every_command_that_selects() -> None:
    routes = every_route()
    assert len({route.id for route in routes}) == len(routes)
    harmless = [route for route in routes if route.expect is Expect.HARMLESS]
    assert len(routes) - len(harmless) >= 80
    assert len(harmless) >= 40
    typed = {tool: " ".join(f" {each.argv}" for each in routes if each.program == tool) for tool in SELECTING}
    missing = {command for tool, every in SELECTING.items() for command in every if f" {command}" not in typed[tool]}
    assert missing == set()


def test_every_situation_is_used_and_every_row_says_why() -> None:
    used = {name for route in every_route() for name in route.given}
    assert set(every_situation()) == used
    assert [route.id for route in every_route() if not route.why.endswith(".")] == []


def test_a_row_that_the_bare_tool_cannot_show_says_so() -> None:
    """Few rows prove nothing by the bare tool; a new one needs a reason in its ``why``."""
    silent = {route.id for route in every_route() if route.bare is Bare.NOTHING}
    offline = {"uv-torch-backend", "uv-torch-backend-by-variable", "uv-torch-backend-by-project"}
    nothing_asked = {
        "uv-add-frozen",
        "uv-upgrade-command",
        "uv-upgrade-command-all",
        "uv-lock-another-tag-named",
        "uv-anchor-alone",
    }
    assert silent == offline | nothing_asked
