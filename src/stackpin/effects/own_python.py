"""How another program starts this very stackpin, wherever it stands and whatever PYTHONPATH says."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from stackpin.errors import ToolMissing
from stackpin.model.shims import Launcher

if TYPE_CHECKING:
    from stackpin.effects.process import ProcessRunner

__all__ = ["own_launcher"]

_QUESTION = (
    "import os, sys; sys.path[:] = filter(None, sys.path); import stackpin; print(os.path.dirname(stackpin.__file__))"
)
#: Isolated mode takes neither PYTHON* variables, nor the current folder, nor the user's site-packages; the second is for
#: a stackpin that lies just there (``pip install --user``).
_OPTIONS = (("-I",), ("-E",))


def own_launcher(runner: ProcessRunner) -> Launcher:
    """This interpreter, with the strictest options under which it finds this stackpin; runs it once or twice.

    :raises ToolMissing: where it finds it under none of them (it is on PYTHONPATH only).
    """
    package = Path(__file__).resolve().parents[1]
    for options in _OPTIONS:
        done = runner.run([sys.executable, *options, "-c", _QUESTION], timeout=60)
        found = done.stdout.strip()
        if done.code == 0 and found and Path(found).resolve() == package:
            return Launcher(python=sys.executable, options=options, package=found)
    raise ToolMissing(
        "a shim could not start this stackpin: it is found by PYTHONPATH or the current folder alone",
        where=str(package),
        expected="a stackpin that is installed in an environment",
        hint="uv tool install stackpin",
    )
