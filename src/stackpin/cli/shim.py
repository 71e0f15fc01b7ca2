"""``stackpin shim install|remove|status``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from stackpin.cli.options import output_options, settings_here
from stackpin.cli.render import as_json, print_notes
from stackpin.cli.shim_text import folder_text, installed_text, standing_text
from stackpin.errors import UsageError
from stackpin.model.value import as_dict

if TYPE_CHECKING:
    from collections.abc import Callable

    from stackpin.model.shims import Standing

__all__ = ["shim"]

_Command = TypeVar("_Command", bound="Callable[..., Any]")


def _place_options(command: _Command) -> _Command:
    """``--dir`` and ``--venv``."""
    for option in (
        click.option("--venv", metavar="DIR", help="One environment's own pip, by its pip.conf, in place of PATH."),
        click.option("--dir", "folder", metavar="DIR", help="The folder of the shims; default: in your data folder."),
    ):
        command = option(command)
    return command


@click.group("shim")
def shim() -> None:
    """Put uv, uvx, pip and pip3 under the tuple, as they are typed.

    A shim runs the real tool at once where the call cannot select a package; else `stackpin uv` or `stackpin pip`.
    With --venv the pip of one environment is held, also as `python -m pip`.

    \b
    Examples:
      stackpin shim install
      stackpin shim status
      stackpin shim remove
    """


@shim.command("install")
@_place_options
@click.option(
    "--stack", multiple=True, metavar="REQ", help="With --venv: the stack; default: the settings'. Repeatable."
)
@click.option("--cuda", metavar="TAG", help="With --venv: CUDA tag (cu124, cpu), pypi or auto (default).")
@click.option("--allow", multiple=True, metavar="NAME", help="With --venv: set a member free; repeatable.")
@output_options
def install(folder: str | None, venv: str | None, **options: Any) -> int:
    """Write the shims into a folder and say how to put it first on PATH; or guard an environment's pip.

    Safe to repeat. A file that is none of stackpin's is never overwritten.

    \b
    Examples:
      stackpin shim install
      stackpin shim install --dir ./shims
      stackpin shim install --venv .venv --stack 'sglang==0.4.*' --cuda cu124
    """
    _one_place(folder, venv)
    if venv is not None:
        return _guard(Path(venv), options)
    if options["stack"] or options["cuda"] or options["allow"]:
        raise UsageError(
            "--stack, --cuda and --allow go with --venv: shims read them from the settings or from each call",
            hint="uv pip install --stack sglang",
        )
    from stackpin.app.shims import folder_state, install_shims, path_lines

    place = _folder(folder)
    changed = install_shims(place)
    state = folder_state(place, os.environ)
    lines = path_lines(place, os.environ)
    if options["as_json"]:
        document = {"folder": str(place), "changed": list(changed), "on_path": state.on_path, "path_lines": dict(lines)}
        click.echo(as_json({"schema": 1, **document}))
    elif not options["quiet"]:
        click.echo(installed_text(state, changed, lines))
    return 0


def _guard(venv: Path, options: dict[str, Any]) -> int:
    from stackpin.app.compile import Workshop
    from stackpin.app.pip_guard import GuardJob, guard_environment
    from stackpin.version import VERSION

    job = GuardJob(stacks=options["stack"], cuda=options["cuda"] or "", allow=options["allow"])
    standing, notes = guard_environment(venv, job, Workshop(settings_here()), version=VERSION)
    if not options["quiet"]:
        print_notes(notes)
    _show_standing(standing, options)
    return 0


def _show_standing(standing: Standing, options: dict[str, Any]) -> None:
    if options["as_json"]:
        document = {**as_dict(standing), "prefix": str(standing.prefix), "faults": list(standing.faults)}
        click.echo(as_json({"schema": 1, **document}))
    elif not options["quiet"]:
        click.echo(standing_text(standing))


@shim.command("remove")
@_place_options
@output_options
def remove(folder: str | None, venv: str | None, **options: Any) -> int:
    """Delete the shims, or set an environment's pip free. What is none of stackpin's stays as it is.

    \b
    Examples:
      stackpin shim remove
      stackpin shim remove --dir ./shims
      stackpin shim remove --venv .venv
    """
    _one_place(folder, venv)
    from stackpin.app.pip_guard import unguard_environment
    from stackpin.app.shims import remove_shims

    place = Path(venv) if venv is not None else _folder(folder)
    gone = unguard_environment(place) if venv is not None else remove_shims(place)
    if options["as_json"]:
        click.echo(as_json({"schema": 1, "folder": str(place), "changed": list(gone)}))
    elif not options["quiet"]:
        what = (
            ", ".join(gone) + (" set right" if venv is not None else " removed")
            if gone
            else "nothing of stackpin is there"
        )
        click.echo(f"{place}: {what}")
    return 0


@shim.command("status")
@_place_options
@output_options
def status(folder: str | None, venv: str | None, **options: Any) -> int:
    """Tell which shims are installed, which stackpin they call, and whether PATH reaches them first.

    \b
    Examples:
      stackpin shim status
      stackpin shim status --json
      stackpin shim status --venv .venv
    """
    _one_place(folder, venv)
    if venv is not None:
        from stackpin.app.pip_guard import guard_standing

        _show_standing(guard_standing(Path(venv), os.environ), {**options, "quiet": False})
        return 0
    from stackpin.app.shims import folder_state

    state = folder_state(_folder(folder), os.environ)
    if options["as_json"]:
        parts = {"shims": [as_dict(shim) for shim in state.shims], "reach": [as_dict(each) for each in state.reach]}
        click.echo(as_json({"schema": 1, **as_dict(state), **parts, "folder": str(state.folder)}))
    else:
        click.echo(folder_text(state))
    return 0


def _one_place(folder: str | None, venv: str | None) -> None:
    if folder is not None and venv is not None:
        raise UsageError("--dir and --venv do not go together", hint="stackpin shim install --venv .venv")


def _folder(named: str | None) -> Path:
    from stackpin.app.shims import default_folder

    return Path.cwd() / named if named is not None else default_folder()
