"""One offline world for all tests that type at a desk in it."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

import pytest
from tests.escapes.place import Tools
from tests.escapes.world import World
from tests.support.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__: list[str] = []


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    """The index and its packages."""
    with World() as opened:
        yield opened


@pytest.fixture
def desk(world: World, tool_folder: Path) -> Iterator[Callable[..., Desk]]:
    """Makes desks; they are cleared away at the end of the test."""
    with ExitStack() as stack:
        make = partial(Desk, world, Tools(tool_folder))
        yield lambda *given, **options: stack.enter_context(make(*given, **options))
