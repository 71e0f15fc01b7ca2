"""Threads that fetch side by side."""

from __future__ import annotations

from threading import Lock, current_thread, main_thread
from time import sleep

import pytest

from stackpin.effects.workers import ThreadWorkers
from stackpin.errors import IndexFailed


def test_every_key_is_answered_once_outside_of_the_main_thread() -> None:
    def work(key: str) -> object:
        assert current_thread() is not main_thread()
        return key * 2

    keys = [str(number) for number in range(20)]
    assert sorted(ThreadWorkers().each(work, keys)) == sorted((key, key * 2) for key in keys)
    assert list(ThreadWorkers().each(work, [])) == []


def test_an_error_of_ours_is_a_result() -> None:
    def work(key: str) -> object:
        raise IndexFailed(f"no {key}")

    ((key, outcome),) = ThreadWorkers().each(work, ["a"])
    assert key == "a"
    assert isinstance(outcome, IndexFailed)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_bug_in_a_thread_does_not_hang_the_caller() -> None:
    def work(key: str) -> object:
        raise ZeroDivisionError(key)

    with pytest.raises(RuntimeError, match="the thread that worked on a died"):
        list(ThreadWorkers().each(work, ["a", "b"]))
    sleep(0.1)  # both threads end here, not in the next test


def test_no_more_than_four_work_at_once() -> None:
    lock, now, most = Lock(), [0], [0]

    def work(_: str) -> object:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        sleep(0.01)
        with lock:
            now[0] -= 1
        return None

    list(ThreadWorkers(4).each(work, [str(number) for number in range(20)]))
    assert most[0] == 4


def test_a_caller_that_stops_listening_stops_the_work() -> None:
    done: list[str] = []

    def work(key: str) -> object:
        sleep(0.01)
        done.append(key)
        return key

    answers = ThreadWorkers(2).each(work, [str(number) for number in range(100)])
    next(iter(answers))
    answers.close()  # type: ignore[attr-defined]  # a generator, as each yields
    sleep(0.1)
    assert len(done) < 10
