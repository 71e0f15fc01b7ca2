"""Running the tool: what a signal does that comes to the wrapper and the tool at once."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from stackpin.effects.real_tools import Ran, RealTool, run_through

__all__: list[str] = []

#: A tool that ends of SIGTERM, as it does where the whole group gets it.
ENDS = ("-c", "import os, signal; os.kill(os.getpid(), signal.SIGTERM)")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_comes_when_the_tool_has_been_waited_for_is_no_error(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited = os.waitpid

    def late(child: int, options: int) -> tuple[int, int]:
        found = waited(child, options)
        os.kill(os.getpid(), number)
        return found

    monkeypatch.setattr(os, "waitpid", late)
    before = signal.getsignal(number)
    assert run_through(RealTool(Path(sys.executable)), ENDS, os.environ) == Ran(128 + signal.SIGTERM, stopped=True)
    assert signal.getsignal(number) is before
