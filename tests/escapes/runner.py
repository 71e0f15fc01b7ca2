"""Run a route with the bare tool or under the wrapper, and judge it by what lies there afterwards."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version
from tests.escapes.evidence import gather
from tests.escapes.place import Place
from tests.escapes.rows import Bare, Expect
from tests.support.tools import compiled

if TYPE_CHECKING:
    from tests.escapes.evidence import Evidence, Found
    from tests.escapes.place import Done, Tools
    from tests.escapes.rows import Route
    from tests.escapes.world import World
    from tests.support.tools import ReadyMade

__all__ = ["Outcome", "Verdict", "bare_proves", "run_and_judge", "satisfies"]

#: The codes of the contract that mean: the tool never ran, so nothing may have changed.
REFUSALS = (10, 11)


class Verdict(str, Enum):
    """What came of a run."""

    HELD = "held"
    #: Nothing has changed; or the tool itself failed half-way, and nothing wrong lies there.
    REFUSED = "refused"
    #: It says that it refused, and yet something has changed.
    BROKEN = "broken"
    LEAK = "leak"
    #: It ended with 0, but what was asked for is not there.
    EMPTY = "empty"
    #: Something of the wrapper's is written into a lock: the team's plain ``uv lock --check`` fails.
    TRACE = "trace"
    SAME = "same"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One run: what it did, and what lay there before and after; ``lock_holds`` is the answer of ``uv lock --check``."""

    done: Done
    before: Evidence
    after: Evidence
    lock_holds: bool
    wrong: tuple[str, ...]


def run(route: Route, version: str, world: World, tools: Tools, folder: Path, *, wrapped: bool) -> Outcome:
    """Type the route in a fresh place."""
    place = Place(folder, world, tools, route, version)
    typed = place.argv(route.argv)
    before = gather(place)
    if wrapped:
        command, variables = _under_the_wrapper(place, route, typed)
        done = place.run(command, stdin=route.stdin, **variables)
    else:
        done = place.run([route.tool, *typed], stdin=route.stdin)
    after = gather(place, done.stdout)
    ready = the_tuple(route.joint or (route.stack,), route.cuda)
    wrong = tuple(
        sorted(f"{each.name} {each.version} ({each.where})" for each in after.found if _is_wrong(each, ready))
    )
    holds = _lock_holds(place, version) if wrapped and "uv.lock" in after.files and done.code == 0 else True
    return Outcome(done=done, before=before, after=after, lock_holds=holds, wrong=wrong)


def _under_the_wrapper(place: Place, route: Route, typed: list[str]) -> tuple[list[str], dict[str, str]]:
    words = ["uv", "tool", "run"] if route.tool == "uvx" else [route.tool]
    variables = {
        "STACKPIN_STACK": route.stack,
        "STACKPIN_CUDA": route.cuda,
        "STACKPIN_MIRRORS": place.world.index.mirrors,
    }
    return [sys.executable, "-m", "stackpin", *words, *place.argv(route.own), *typed], variables


@cache
def the_tuple(requirements: tuple[str, ...], cuda: str) -> ReadyMade:
    """The tuple of a stack, or of several together, read from what ``stackpin compile`` prints."""
    return compiled(*requirements, "--cuda", cuda)


def _is_wrong(found: Found, ready: ReadyMade) -> bool:
    """Whether a distribution is a member outside the tuple, or a look-alike."""
    name = canonicalize_name(found.name)
    if name in ready.blocks:
        return True
    if name in ready.bounds:
        return not SpecifierSet(ready.bounds[name]).contains(found.version, prereleases=True)
    return name in ready.pins and not _equal(found.version, ready.pins[name], ready)


def _equal(version: str, pin: str, ready: ReadyMade) -> bool:
    """The very build, or PyPI's build under the label of the tuple's tag."""
    tag = next((line.split()[2].rstrip(",") for line in ready.text.splitlines() if line.startswith("# target")), "")
    there, wanted = Version(version), Version(pin)
    return there == wanted or (wanted.local is None and there.local == tag and there.public == wanted.public)


def _lock_holds(place: Place, version: str) -> bool:
    check = "--locked" if Version(version) < Version("0.5.31") else "--check"
    return place.run(["uv", "lock", check]).code == 0


def verdict(route: Route, outcome: Outcome) -> Verdict:
    """What came of a run, by what lies there and the exit code alone."""
    code, changed = outcome.done.code, outcome.before != outcome.after
    if code != 0 and not changed:
        return Verdict.REFUSED
    if outcome.wrong:
        return Verdict.LEAK
    if code != 0:
        return Verdict.BROKEN if code in REFUSALS else Verdict.REFUSED
    if not _all_there(route, outcome.after):
        return Verdict.EMPTY
    return Verdict.HELD if outcome.lock_holds else Verdict.TRACE


def _all_there(route: Route, after: Evidence) -> bool:
    names = {each.name for each in after.found}
    exact = {f"{each.name}=={each.version}" for each in after.found}
    return all(wanted in (exact if "==" in wanted else names) for wanted in route.lands)


def compared(bare: Outcome, wrapped: Outcome) -> Verdict:
    """Whether a harmless route came out as with the bare tool."""
    same = (bare.done.code, bare.after) == (wrapped.done.code, wrapped.after) and wrapped.lock_holds
    return Verdict.SAME if same else Verdict.DIFFERENT


def satisfies(expect: Expect, found: Verdict) -> bool:
    """Whether a verdict is what was expected."""
    return (
        found
        in {
            Expect.HELD: {Verdict.HELD},
            Expect.REFUSED: {Verdict.REFUSED},
            Expect.SAFE: {Verdict.HELD, Verdict.REFUSED},
            Expect.HARMLESS: {Verdict.SAME},
            Expect.LEAK: {Verdict.LEAK},
        }[expect]
    )


def bare_proves(route: Route, found: Verdict) -> bool:
    """Whether the bare tool shows what the row is about: the leak, or, for the harmless, an end without one."""
    if route.expect is Expect.HARMLESS or route.bare is Bare.NOTHING:
        return True
    return found is Verdict.LEAK


def run_and_judge(route: Route, version: str, world: World, tools: Tools, *, wrapped: bool) -> tuple[Verdict, Outcome]:
    """Run a route in a place of its own; a harmless one is run both ways, in the same place, and compared.

    The folder's name is short: it stands in the first line of scripts, which the kernel cuts off.
    """
    with tempfile.TemporaryDirectory(prefix="escapes-") as folder:
        place = Path(folder, "place")
        outcome = run(route, version, world, tools, place, wrapped=wrapped)
        if not (wrapped and route.expectation(version) is Expect.HARMLESS):
            return verdict(route, outcome), outcome
        place.rename(Path(folder, "wrapped"))
        bare = run(route, version, world, tools, place, wrapped=False)
        return compared(bare, outcome), outcome
