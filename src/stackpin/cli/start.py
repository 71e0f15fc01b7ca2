"""Where the process begins: the wrapped tools at once, all other commands by way of click.

``stackpin uv …`` stands in for uv at a prompt, so that it must not pay for a parser that it does not use.
"""

from __future__ import annotations

import sys

__all__ = ["main"]

_TOOLS = frozenset({"pip", "uv", "uvx"})


def main(args: list[str] | None = None) -> None:
    """Run the command line and leave with the contract's exit code."""
    words = sys.argv[1:] if args is None else args
    if words and words[0] in _TOOLS:
        from stackpin.cli.wrapper import main as wrapped

        wrapped(words[0], words[1:])
    from stackpin.cli.main import main as commands

    commands(words)
