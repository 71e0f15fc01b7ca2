"""Options that mean the same everywhere, and where a command gets its settings from."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from stackpin.model.settings import Settings

__all__ = [
    "color_option",
    "freeze_option",
    "index_options",
    "machine_options",
    "output_options",
    "settings_here",
    "target_options",
]

_Command = TypeVar("_Command", bound="Callable[..., Any]")


def settings_here() -> Settings:
    """The settings that are in force in the current folder."""
    from stackpin.app.settings import load_settings

    return load_settings(os.environ, os.getcwd())  # noqa: PTH109 - pathlib is slow to import


def target_options(command: _Command, *, cuda: str = "CUDA tag (cu124, cpu), pypi (default) or auto.") -> _Command:
    """``--cuda``, ``--python``, ``--platform``, ``--driver``, ``--gpu``.

    :param cuda: the help of ``--cuda``, for a command to which it means something else.
    """
    option = click.option("--cuda", metavar="TAG", help=cuda)
    return option(machine_options(command))


def machine_options(command: _Command) -> _Command:
    """``--python``, ``--platform``, ``--driver``, ``--gpu``."""
    for option in reversed(
        (
            click.option("--python", metavar="PYTHON", help="Python version (3.11) or interpreter; default: any."),
            click.option(
                "--platform", metavar="PLATFORM", help="linux-x86_64 (default, any glibc) or manylinux_2_28_x86_64."
            ),
            click.option("--driver", metavar="VERSION", help="Judge for this NVIDIA driver, not this machine's."),
            click.option("--gpu", metavar="ARCH", help="Judge for this GPU (sm_90), not this machine's."),
        )
    ):
        command = option(command)
    return command


def index_options(command: _Command) -> _Command:
    """``--index-style``, ``--prefer-builds``, ``--allow``."""
    for option in reversed(
        (
            click.option(
                "--index-style",
                metavar="STYLE",
                default="find-links",
                help="How a build is named: find-links (default), extra-index-url, or url (its file and hash).",
            ),
            click.option(
                "--prefer-builds", is_flag=True, help="Take the tag's own labelled builds where PyPI's would do."
            ),
            click.option("--allow", multiple=True, metavar="NAME", help="Set a member free; repeatable."),
        )
    ):
        command = option(command)
    return command


def freeze_option(command: _Command) -> _Command:
    """``--freeze-installed torch``."""
    option = click.option(
        "--freeze-installed",
        metavar="NAME",
        help="Keep the torch that the environment has (an image's own); the rest is solved around it.",
    )
    return option(command)


def _color(ctx: click.Context, _: click.Parameter, value: str | None) -> None:
    """Settle the colour of a command's output; the option stands before or behind the command's name."""
    if value is None and ctx.color is not None:
        return
    if value == "always":
        ctx.color = True
    elif value == "never" or os.environ.get("NO_COLOR"):
        ctx.color = False


def color_option(command: _Command) -> _Command:
    """``--color auto|always|never``; ``auto`` honours ``NO_COLOR``."""
    option = click.option(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        callback=_color,
        expose_value=False,
        is_eager=True,
        help="Colour the output: auto (default), always or never.",
    )
    return option(command)


def output_options(command: _Command) -> _Command:
    """``--json``, ``-q``, ``-v``, ``--color``."""
    command = color_option(command)
    for option in reversed(
        (
            click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout."),
            click.option("-q", "--quiet", is_flag=True, help="No notes on stderr."),
            click.option("-v", "--verbose", is_flag=True, help="More evidence."),
        )
    ):
        command = option(command)
    return command
