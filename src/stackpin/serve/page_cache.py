"""Answers that are kept for a while: as many bytes as they are allowed, and each made once however many ask at a time."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from typing import TYPE_CHECKING

from stackpin.model.value import Value

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from stackpin.serve.rules import LeftOut

__all__ = ["Answer", "PageCache"]

#: What an answer weighs beside its body, in bytes: many small ones must not pass the limit by.
_BESIDE = 1024


class Answer(Value):
    """What is sent for a project: status, content type, body, its entity tag, and what was left out of the page."""

    status: int
    kind: str
    body: bytes
    etag: str = ""
    left_out: tuple[LeftOut, ...] = ()

    @property
    def weight(self) -> int:
        """About how many bytes of memory it takes."""
        return len(self.body) + _BESIDE + sum(_BESIDE + sum(map(len, row.files)) for row in self.left_out)


class PageCache:
    """Answers by project and form.

    :param limit: about the most bytes that are kept; the answer that was used longest ago goes first.
    :param seconds: how long an answer is given without asking the index again.
    :param clock: seconds that only grow.
    """

    def __init__(self, *, limit: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit, self._seconds, self._clock = limit, seconds, clock
        self._kept: OrderedDict[tuple[str, str], tuple[float, Answer]] = OrderedDict()
        self._making: dict[tuple[str, str], asyncio.Task[Answer]] = {}
        self.size = 0

    async def get(self, project: str, form: str, make: Callable[[], Awaitable[Answer]]) -> Answer:
        """The answer that is kept, else the one that is being made, else a new one; a failure is not kept.

        :param make: makes an answer; what it raises is raised for all who wait for it.
        """
        key = (project, form)
        found = self._kept.get(key)
        if found is not None and self._clock() - found[0] < self._seconds:
            self._kept.move_to_end(key)
            return found[1]
        task = self._making.get(key)
        if task is None:
            task = asyncio.ensure_future(self._make(key, make))
            self._making[key] = task
        return await asyncio.shield(task)

    async def _make(self, key: tuple[str, str], make: Callable[[], Awaitable[Answer]]) -> Answer:
        asked = self._clock()
        try:
            answer = await make()
        finally:
            del self._making[key]
        self._drop(key)
        if answer.weight <= self._limit:
            self._kept[key] = (asked, answer)
            self.size += answer.weight
        while self.size > self._limit:
            self._drop(next(iter(self._kept)))
        return answer

    def _drop(self, key: tuple[str, str]) -> None:
        found = self._kept.pop(key, None)
        if found is not None:
            self.size -= found[1].weight
