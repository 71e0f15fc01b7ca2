"""Where the process begins: the wrapped tools at once, all other commands by way of click.

``stackpin uv …`` stands in for uv at a prompt, so that it must not pay for a parser that it does not use.
"""

from __future__ import annotations

import atexit
import gc
import sys

__all__ = ["main"]

#: New objects between two runs of the cycle collector. A command makes fewer before it answers: at Python's own default
#: the collector would look through everything that was just imported, again and again, for a tenth of the whole time.
_PATIENCE = 100_000
_TOOLS = frozenset({"pip", "uv", "uvx"})


def main(args: list[str] | None = None) -> None:
    """Run the command line and leave with the contract's exit code."""
    gc.set_threshold(_PATIENCE, *gc.get_threshold()[1:])
    atexit.register(gc.freeze)  # the process ends: a last look through all objects would find nothing worth its time
    words = sys.argv[1:] if args is None else args
    if words and words[0] in _TOOLS:
        from stackpin.cli.wrapper import main as wrapped

        wrapped(words[0], words[1:])
    from stackpin.cli.main import main as commands

    commands(words)
