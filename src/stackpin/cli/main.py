"""The entry point: commands by name, each imported when it is called, and errors as text with the contract's exit codes."""

from __future__ import annotations

import importlib
import sys
from itertools import pairwise
from typing import Any

import click

from stackpin.cli.options import color_option
from stackpin.errors import StackpinError

__all__ = ["cli", "main"]

#: Command → module and attribute. Importing a command imports what it needs; ``--help`` of the group needs none of it.
_COMMANDS = {
    "abi": ("stackpin.cli.abi", "command", "Can these releases load together, by their symbols?"),
    "apply": (
        "stackpin.cli.apply",
        "command",
        "Put the tuple into a file: pyproject.toml, renovate.json, dependabot.yml.",
    ),
    "catalog": ("stackpin.cli.catalog", "catalog", "The facts: how old, bring up to date, re-read, show."),
    "check": (
        "stackpin.cli.check",
        "command",
        "Find what breaks the tuple: environments, lock files, requirements, images.",
    ),
    "compile": ("stackpin.cli.compile", "compile_command", "Solve, and write one constraints file or the whole tree."),
    "detect": ("stackpin.cli.detect", "command", "Driver, GPUs, platform, Python, installed torch and its tag."),
    "emit": ("stackpin.cli.emit", "command", "A tuple as the file that a bot, uv, pip or an index reads."),
    "explain": ("stackpin.cli.explain", "command", "What a tuple rests on; or why there is none, and what is nearest."),
    "diff": ("stackpin.cli.diff", "command", "What changes between two tuples: text, Markdown, JSON."),
    "matrix": (
        "stackpin.cli.matrix",
        "command",
        "Releases by CUDA tags: what exists, what is proven, what is refused.",
    ),
    "path": ("stackpin.cli.compile", "path_command", "The name of the ready-made file inside this installation."),
    "serve": (
        "stackpin.cli.serve",
        "command",
        "A filtered package index on this machine, for tools that ignore constraints.",
    ),
    "shim": ("stackpin.cli.shim", "shim", "Put uv, uvx, pip and pip3 under the tuple, as typed."),
}


#: The wrapped tools; at the head of a command line they never come here.
_TOOLS = {
    "pip": "Run the real pip, held to the tuple of the stacks in force.",
    "uv": "Run the real uv, held to the tuple of the stacks in force.",
    "uvx": "Run the real uvx, held to the tuple of the stacks in force.",
}


class _Lazy(click.Group):
    """A group that knows its commands by name and imports the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """All command names, sorted."""
        return sorted({**_COMMANDS, **_TOOLS})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of that name; None where there is none."""
        if cmd_name in _TOOLS:
            return _wrapped(cmd_name)
        if cmd_name not in _COMMANDS:
            return None
        module, attribute, _ = _COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The list of commands, without importing any of them."""
        with formatter.section("Commands"):
            told = {name: text for name, (_, _, text) in _COMMANDS.items()} | _TOOLS
            formatter.write_dl(sorted(told.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click's own, with the near miss where the name is unknown."""
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in _COMMANDS and name not in _TOOLS:
            import difflib

            near = next(iter(difflib.get_close_matches(name, _COMMANDS, n=1)), "")
            ctx.fail(f"there is no command {name!r}" + (f"; did you mean {near}" if near else ""))
        return super().resolve_command(ctx, args)


def _wrapped(tool: str) -> click.Command:
    """A wrapped tool behind options of our own (``stackpin --color never uv …``): every word is the tool's."""

    def run(words: tuple[str, ...]) -> None:
        from stackpin.cli.wrapper import main as wrapped

        wrapped(tool, words)

    words = click.Argument(["words"], nargs=-1, type=click.UNPROCESSED)
    settings = {"ignore_unknown_options": True, "allow_interspersed_args": False}
    return click.Command(tool, params=[words], callback=run, add_help_option=False, context_settings=settings)


def _version(ctx: click.Context, _: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's callback
    if value and not ctx.resilient_parsing:
        from stackpin.version import VERSION

        click.echo(f"stackpin {VERSION}")
        ctx.exit()


@click.group(
    cls=_Lazy,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog='Shell completion: eval "$(_STACKPIN_COMPLETE=bash_source stackpin)" (zsh_source, fish_source).',
)
@color_option
@click.option("--version", is_flag=True, callback=_version, expose_value=False, is_eager=True, help="Show the version.")
def cli() -> None:
    """One locked tuple of torch, triton and kernels, for pip and uv to obey.

    \b
    Examples:
      stackpin compile 'sglang==0.4.*' --cuda cu124
      stackpin explain sglang==0.4.7 --cuda cu124
      stackpin catalog show torch
      stackpin detect
      stackpin uv pip install --stack 'sglang==0.4.*' --dry-run
    """


def main(args: list[str] | None = None) -> None:
    """Run the command line and leave with the contract's exit code."""
    try:
        sys.exit(cli.main(args=args, prog_name="stackpin", standalone_mode=False) or 0)
    except click.exceptions.Abort:
        click.echo("interrupted", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except StackpinError as error:
        _show(error, args if args is not None else sys.argv[1:])
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(141)


def _show(error: StackpinError, args: list[str]) -> Any:
    from stackpin.cli.render import as_json, error_document, error_text

    if "--json" in args:
        click.echo(as_json(error_document(error)))
    click.echo(error_text(error), err=True, color=_color_asked(args))


def _color_asked(args: list[str]) -> bool | None:
    """What ``--color`` and NO_COLOR say, for errors that are shown after click's own context is gone."""
    import os

    words = [*args, ""]
    asked = [after if word == "--color" else word[8:] for word, after in pairwise(words) if word.startswith("--color")]
    if asked and asked[-1] == "always":
        return True
    return False if (asked and asked[-1] == "never") or os.environ.get("NO_COLOR") else None
