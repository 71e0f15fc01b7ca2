"""How ``stackpin shim`` tells people what lies where and what PATH makes of it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stackpin.model.shims import FolderState, Reach, Shim, Standing

__all__ = ["folder_text", "installed_text", "standing_text"]

_FILES = {"bash": "~/.bashrc", "zsh": "~/.zshrc", "fish": "~/.config/fish/config.fish"}
_WIDTH = 8


def _line(label: str, text: str) -> str:
    return f"{label:<{_WIDTH}}{text}"


def installed_text(state: FolderState, changed: Sequence[str], lines: Sequence[tuple[str, str]]) -> str:
    """After an installation: what is there, and the line for PATH where it is still to be added."""
    names = ", ".join(shim.name for shim in state.shims)
    said = [f"{state.folder}: {names} {'are in place' if changed else 'were in place'}"]
    if all(reach.ours for reach in state.reach):
        return "\n".join([*said, "PATH finds them first"])
    if state.on_path >= 0:
        said += _before(state.reach)
    if state.on_path != 0:
        said.append("to put it first on PATH, add one line:")
        width = max(len(_FILES[shell]) for shell, _ in lines)
        said += [f"  {_FILES[shell]:<{width}}  {line}" for shell, line in lines]
    return "\n".join(said)


def _before(reaches: Sequence[Reach]) -> Iterator[str]:
    """What comes before the shims, where PATH has their folder."""
    for reach in reaches:
        if not reach.ours and reach.first:
            yield f"{reach.name}: PATH finds {reach.first} first"


def folder_text(state: FolderState) -> str:
    """Shims, what each calls, and what each name finds."""
    if not state.shims and not state.foreign:
        return f"{state.folder}: no shims\nto install them: {_command('install', state)}"
    place = (
        "not on PATH"
        if state.on_path < 0
        else "first on PATH"
        if state.on_path == 0
        else f"entry {state.on_path + 1} of PATH"
    )
    lines = [f"{state.folder}: {place}"]
    lines += [_line(shim.name, _shim(shim)) for shim in state.shims]
    lines += [_line(name, "none of stackpin's: left as it is") for name in state.foreign]
    lines += ["", "what PATH finds:", *(_line(reach.name, _reach(reach)) for reach in state.reach)]
    if not all(shim.alive and shim.current for shim in state.shims):
        lines += ["", f"to bring them up to date: {_command('install', state)}"]
    return "\n".join(lines)


def _command(verb: str, state: FolderState) -> str:
    return f"stackpin shim {verb} --dir {shlex.quote(str(state.folder))}"


def _shim(shim: Shim) -> str:
    called = f"calls the stackpin of {shim.python or 'nothing'}"
    if not shim.alive:
        return f"{called}, which is gone"
    return called if shim.current else f"{called}: another one than this, or of another release"


def _reach(reach: Reach) -> str:
    if not reach.first:
        return "nothing"
    if not reach.ours:
        return f"{reach.first}, not the shim"
    return f"the shim, then {reach.real}" if reach.real else "the shim, and no real one behind it"


def standing_text(standing: Standing) -> str:
    """How one environment is guarded."""
    pip = f"pip {standing.pip}" if standing.pip else "no pip"
    head = f"{standing.prefix} (Python {standing.python}, {pip}): {'guarded' if standing.installed else 'not guarded'}"
    lines = [head]
    if standing.installed and standing.header:
        lines.append(f"  {standing.header}")
    lines += [f"  {fault}" for fault in standing.faults]
    if standing.faults or not standing.installed:
        lines.append(f"  do: stackpin shim install --venv {shlex.quote(str(standing.prefix))}")
    return "\n".join(lines)
