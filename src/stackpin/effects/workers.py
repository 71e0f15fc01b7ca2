"""A few threads that fetch side by side; they never keep the process alive, so that Ctrl-C ends at once."""

from __future__ import annotations

from queue import Empty, Queue
from threading import Thread
from typing import TYPE_CHECKING

from stackpin.errors import StackpinError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["ThreadWorkers"]

_DIED = object()


class ThreadWorkers:
    """The :class:`stackpin.ports.Workers` of this machine: ``count`` threads, started for each run.

    (``concurrent.futures`` waits for its threads when the interpreter ends, also after Ctrl-C.)
    """

    def __init__(self, count: int = 4) -> None:
        self._count = count

    def each(self, function: Callable[[str], object], keys: Iterable[str]) -> Iterator[tuple[str, object]]:
        """Yield each key with its result as it gets done; an error of the function is yielded as its result."""
        waiting: Queue[str] = Queue()
        done: Queue[tuple[str, object]] = Queue()
        total = 0
        for total, key in enumerate(keys, 1):  # noqa: B007 - the last number is the count
            waiting.put(key)

        def work() -> None:
            while True:
                try:
                    key = waiting.get_nowait()
                except Empty:
                    return
                outcome: object = _DIED
                try:
                    outcome = function(key)
                except StackpinError as error:
                    outcome = error
                finally:
                    done.put((key, outcome))

        for _ in range(min(self._count, total)):
            Thread(target=work, daemon=True).start()
        try:
            for _ in range(total):
                key, outcome = done.get()
                if outcome is _DIED:
                    raise RuntimeError(f"the thread that worked on {key} died: see its traceback")
                yield key, outcome
        finally:
            while not waiting.empty():
                waiting.get_nowait()
