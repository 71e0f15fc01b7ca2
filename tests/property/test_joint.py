"""Whatever two stacks demand: an answer that every line of both accepts, preferring the first, or a refusal that is right."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.requirements import Requirement
from tests.support.small_catalog import SmallCatalog, row, torch_row

from stackpin.app.compile import Job, Workshop
from stackpin.catalog.listed_rows import ListedRow
from stackpin.errors import NoTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__: list[str] = []

TORCHES, TEXTS = ("2.5.0", "2.6.0"), ("1.0", "1.1", "1.2")
_SPECIFIERS = st.sampled_from(["==1.0", "==1.1", "==1.2", ">=1.1", "<1.1", "!=1.1", ">1.2", "<=1.1,>=1.1"])


class World(NamedTuple):
    """The lines of each release of two anchors, oldest first, and what each release of ``text`` says of ``core``."""

    left: list[list[str]]
    right: list[list[str]]
    text: list[str]


@st.composite
def _lines(draw: st.DrawFn) -> list[str]:
    lines = [f"torch=={draw(st.sampled_from(TORCHES))}"]
    lines += [f"text{draw(_SPECIFIERS)}"] if draw(st.booleans()) else []
    lines += [f"core{draw(_SPECIFIERS)}"] if draw(st.booleans()) else []
    return lines + ([f"plain{draw(_SPECIFIERS)}"] if draw(st.booleans()) else [])


def worlds() -> st.SearchStrategy[World]:
    """Small worlds: up to three releases a stack."""
    releases = st.lists(_lines(), min_size=1, max_size=3)
    return st.builds(World, releases, releases, st.lists(_SPECIFIERS, min_size=3, max_size=3))


def _catalog(world: World, folder: Path) -> SmallCatalog:
    small = SmallCatalog(folder)
    small.usual_facts()
    small.torch_build("2.6.0", "cu124", pypi=True)
    small.release("torch", *(torch_row(version, "12.4") for version in TORCHES))
    for name, releases in (("left", world.left), ("right", world.right)):
        small.fact("stacks", name=name, anchor=name, members=["torch"], always=["torch"])
        small.release(name, *(row(name, f"{number}.0", *lines) for number, lines in enumerate(releases)))
    small.lists["text"] = [_listed(version, f"core{bound}") for version, bound in zip(TEXTS, world.text, strict=True)]
    small.lists["core"] = [_listed(version) for version in TEXTS]
    return small


def _listed(version: str, *requires: str) -> ListedRow:
    return ListedRow(version=version, uploaded="", requires_python="", yanked=False, metadata="", requires=requires)


def _stand_together(world: World, one: int, other: int) -> bool:
    """By trying out every release of every package: an oracle that knows nothing of the solver."""
    lines = [Requirement(line) for line in (*world.left[one], *world.right[other])]
    for torch, text, core in itertools.product(TORCHES, TEXTS, TEXTS):
        chosen = {"torch": torch, "text": text, "core": core}
        brought = [Requirement(f"core{world.text[TEXTS.index(text)]}")] if _names(lines, "text") else []
        for plain in ("1.0", "1.1", "1.2", "1.3"):
            every = {**chosen, "plain": plain}
            if all(item.specifier.contains(every[item.name]) for item in (*lines, *brought)):
                return True
    return False


def _names(lines: list[Requirement], name: str) -> bool:
    return any(item.name == name for item in lines)


def _in_order(world: World, *, left_first: bool) -> Iterator[tuple[int, int]]:
    """Every pair, the preferred stack's newest release first."""
    lefts, rights = range(len(world.left))[::-1], range(len(world.right))[::-1]
    if left_first:
        yield from itertools.product(lefts, rights)
    else:
        yield from ((left, right) for right, left in itertools.product(rights, lefts))


def _answer(world: World, job: Job) -> tuple[int, int] | None:
    with tempfile.TemporaryDirectory() as folder:
        workshop = Workshop()
        workshop.catalog, workshop.facts = _catalog(world, Path(folder)).open()
        try:
            locked = workshop.solver.solve(workshop.request(job))
        except NoTuple:
            return None
    found = {str(anchor.name): int(anchor.version.partition(".")[0]) for anchor in locked.anchors}
    return found["left"], found["right"]


@settings(max_examples=60, deadline=None)
@given(world=worlds(), left_first=st.booleans(), by_option=st.booleans())
def test_the_order_of_the_stacks_decides_who_stays_newest(world: World, *, left_first: bool, by_option: bool) -> None:
    names = ("left", "right") if left_first else ("right", "left")
    job = Job(requirements=names[::-1], prefer=names[:1]) if by_option else Job(requirements=names)
    pairs = _in_order(world, left_first=left_first)
    assert _answer(world, job) == next((pair for pair in pairs if _stand_together(world, *pair)), None)
