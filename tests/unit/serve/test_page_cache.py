"""Pages that are kept: for a while, up to a size, and made once for all who ask at a time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from stackpin.errors import IndexFailed
from stackpin.serve.page_cache import Answer, PageCache

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

__all__: list[str] = []


class Maker:
    """Makes answers of a size and counts them."""

    def __init__(self, size: int = 10, *, fails: bool = False) -> None:
        self.made = 0
        self._size, self._fails = size, fails

    async def __call__(self) -> Answer:
        self.made += 1
        await asyncio.sleep(0)
        if self._fails:
            raise IndexFailed("down")
        return Answer(status=200, kind="", body=bytes(self._size))


class Clock:
    """Seconds that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_those_who_ask_at_a_time_get_one_answer() -> None:
    cache, make = PageCache(limit=1 << 20, seconds=60), Maker()

    async def ask() -> list[Answer]:
        return await asyncio.gather(*(cache.get("torch", "json", make) for _ in range(200)))

    answers = asyncio.run(ask())
    assert (make.made, len({id(answer) for answer in answers})) == (1, 1)


def test_an_answer_is_given_until_its_time_is_over() -> None:
    clock = Clock()
    cache, make = PageCache(limit=1 << 20, seconds=60, clock=clock), Maker()
    made = []
    for now in (0.0, 59.0, 60.0, 61.0):
        clock.now = now
        asyncio.run(_once(lambda: cache.get("torch", "json", make)))
        made.append(make.made)
    assert made == [1, 1, 2, 2]


def test_the_answer_that_was_used_longest_ago_makes_room() -> None:
    cache, make = PageCache(limit=25_000, seconds=60), Maker(10_000)
    for name in ("a", "b", "a", "c", "a", "b"):
        asyncio.run(_once(lambda name=name: cache.get(name, "json", make)))  # type: ignore[misc]
        assert cache.size <= 25_000
    assert make.made == 4  # a, b, c, and b again


def test_many_small_answers_do_not_pass_the_limit_by() -> None:
    cache, make = PageCache(limit=25_000, seconds=60), Maker(1)
    for number in range(1000):
        asyncio.run(_once(lambda number=number: cache.get(str(number), "json", make)))  # type: ignore[misc]
    assert cache.size <= 25_000


def test_an_answer_that_is_larger_than_the_room_is_given_and_not_kept() -> None:
    cache, make = PageCache(limit=25_000, seconds=60), Maker(30_000)
    for _ in range(2):
        assert len(asyncio.run(_once(lambda: cache.get("a", "json", make))).body) == 30_000
    assert (make.made, cache.size) == (2, 0)


def test_a_failure_is_told_to_all_who_wait_and_not_kept() -> None:
    cache, make = PageCache(limit=1 << 20, seconds=60), Maker(fails=True)

    async def ask() -> list[Answer | BaseException]:
        return await asyncio.gather(*(cache.get("a", "json", make) for _ in range(3)), return_exceptions=True)

    assert [type(outcome) for outcome in asyncio.run(ask())] == [IndexFailed] * 3
    with pytest.raises(IndexFailed):
        asyncio.run(_once(lambda: cache.get("a", "json", make)))
    assert make.made == 2


async def _once(ask: Callable[[], Coroutine[object, object, Answer]]) -> Answer:
    return await ask()
