"""Reads one input after the other and tells what went wrong: an error, a hang, or memory that grew.

Time is that of the processor: a reader waits for nothing, and how busy the machine is says nothing of it. Memory is the
resident memory of the process at its peak (getrusage), against what it had before the first input.
"""

from __future__ import annotations

import gc
import os
import resource
import signal
import time
import traceback
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["LIMIT_GROWTH", "LIMIT_SECONDS", "Fault", "Judge"]

#: What one input may cost in seconds of the processor, and what all together may add to the bare process in bytes.
LIMIT_SECONDS = 1.0
LIMIT_GROWTH = 32 * 1024 * 1024


class _Hang(BaseException):
    """Raised inside of a reader by the clock; no reader may catch it."""


class Fault(Exception):
    """What an input brought to light: ``crash``, ``hang`` or ``memory``, in words, and the input itself."""

    def __init__(self, kind: str, words: str, content: bytes) -> None:
        super().__init__(f"{kind}: {words}")
        self.kind = kind
        self.words = words
        self.content = content


class Judge:
    """Counts inputs and what they cost; a call reads one more and raises :class:`Fault` where it must not pass.

    :param apart: count only the memory that grew while the reader ran: a fuzzer in the same process has tables of its own.
    """

    def __init__(self, read: Callable[[bytes], bool], *, apart: bool = False) -> None:
        self._read = read
        self._apart = apart
        gc.collect()
        gc.freeze()
        self._bare = _peak() if apart else _resident()
        self.inputs = 0
        self.read = 0
        self.slowest = 0.0
        self.growth = 0
        signal.signal(signal.SIGPROF, _hangs)

    def __call__(self, content: bytes) -> None:
        """Read one input.

        :raises Fault: where it is a finding.
        """
        self.inputs += 1
        before = _peak() if self._apart else self._bare
        start = time.process_time()
        try:
            with _limited():
                self.read += self._read(content)
        except _Hang as error:
            raise Fault("hang", f"still reading after {LIMIT_SECONDS:g} s\n{_trace(error)}", content) from error
        except Exception as error:
            raise Fault("crash", _trace(error), content) from error
        seconds = time.process_time() - start
        self.slowest = max(self.slowest, seconds)
        grown = max(0, _peak() - before)
        self.growth = self.growth + grown if self._apart else max(self.growth, grown)
        if seconds > LIMIT_SECONDS:
            raise Fault("hang", f"{seconds:.2f} s", content)
        if self.growth > LIMIT_GROWTH:
            raise Fault("memory", f"{self.growth / 2**20:.1f} MB more than the bare process", content)


@contextmanager
def _limited() -> Iterator[None]:
    """The clock of the processor runs; what is inside is interrupted when it has run out."""
    signal.setitimer(signal.ITIMER_PROF, LIMIT_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _hangs(*_: object) -> None:
    raise _Hang


def _trace(error: BaseException) -> str:
    return "".join(traceback.format_exception(error)).rstrip()


def _peak() -> int:
    """The most resident memory so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _resident() -> int:
    """The resident memory at this moment, in bytes."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
