"""``stackpin shim``: the folder of shims, written, taken away, and looked at."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from stackpin.effects.files import LocalFiles
from stackpin.effects.own_python import own_launcher
from stackpin.effects.process import LocalProcesses
from stackpin.effects.search_path import path_folders, programs_on_path
from stackpin.emit.shims import launcher_in, marker_text, path_line, shim_text
from stackpin.errors import FileUnwritable, UsageError
from stackpin.model.shims import MARKER, TOOLS, FolderState, Reach, Shim

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stackpin.model.shims import Launcher

__all__ = ["default_folder", "folder_state", "install_shims", "path_lines", "remove_shims"]

_SHELLS = ("bash", "zsh", "fish")


def default_folder() -> Path:
    """Where shims lie unless another folder is named: ``stackpin/shims`` in the user's data folder."""
    import platformdirs

    return platformdirs.user_data_path("stackpin") / "shims"


def install_shims(folder: Path) -> tuple[str, ...]:
    """Write the shims of this stackpin into a folder; the names of the files that were not so before.

    :raises UsageError: where PATH could not name the folder.
    :raises FileUnwritable: where a file there is none of ours (nothing is written then), or cannot be written.
    :raises ToolMissing: where this stackpin cannot be started from outside.
    """
    if os.pathsep in str(folder) or "\n" in str(folder):
        raise UsageError("PATH cannot name this folder", got=str(folder), expected="a name without a colon")
    foreign = [name for name in TOOLS if _is_foreign(folder / name)]
    if foreign:
        raise FileUnwritable(
            "a file there is none of stackpin's, and stays as it is",
            where=str(folder / foreign[0]),
            expected="a folder that holds nothing but shims",
            hint=f"stackpin shim install --dir {default_folder()}",
        )
    launcher = own_launcher(LocalProcesses())
    files = LocalFiles()
    wanted = {MARKER: marker_text(), **{name: shim_text(name, launcher, TOOLS) for name in TOOLS}}
    changed = []
    for name, text in wanted.items():
        mode = 0o644 if name == MARKER else 0o755
        if files.read(folder / name) != text.encode() or not _has_mode(folder / name, mode):
            files.write(folder / name, text.encode(), mode=mode)
            changed.append(name)
    return tuple(changed)


def _is_foreign(path: Path) -> bool:
    """Whether something of that name is there that is no shim of ours."""
    if not os.path.lexists(path):
        return False
    return path.is_symlink() or not path.is_file() or launcher_in(_text(path)) is None


def _has_mode(path: Path, mode: int) -> bool:
    return path.stat().st_mode & 0o777 == mode


def _text(path: Path) -> str:
    """A file as text; whatever bytes it has (it may be a program)."""
    return (LocalFiles().read(path) or b"").decode("utf-8", errors="replace")


def remove_shims(folder: Path) -> tuple[str, ...]:
    """Delete what is ours in a folder, and the folder if it is empty then; the names of the files that were deleted.

    :raises FileUnwritable: where a file cannot be deleted.
    """
    ours = [name for name in TOOLS if (folder / name).is_file() and not _is_foreign(folder / name)]
    ours += [MARKER] if (folder / MARKER).is_file() else []
    for name in ours:
        LocalFiles().remove(folder / name)
    if ours:
        LocalFiles().remove_folder(folder)
    return tuple(ours)


def folder_state(folder: Path, environ: Mapping[str, str]) -> FolderState:
    """What lies in a folder of shims, and what PATH makes of it. Runs nothing but this interpreter."""
    launcher = own_launcher(LocalProcesses())
    present = [name for name in TOOLS if os.path.lexists(folder / name)]
    shims = [_shim(folder / name, launcher) for name in present if not _is_foreign(folder / name)]
    places = [place.resolve() for place in path_folders(environ)]
    return FolderState(
        folder=folder,
        shims=tuple(shims),
        foreign=tuple(name for name in present if _is_foreign(folder / name)),
        on_path=places.index(folder.resolve()) if folder.resolve() in places else -1,
        reach=tuple(_reach(name, folder, environ) for name in TOOLS),
    )


def _shim(path: Path, launcher: Launcher) -> Shim:
    text = _text(path)
    called = launcher_in(text)
    python, package = (called.python, called.package) if called else ("", "")
    return Shim(
        name=path.name,
        python=python,
        alive=os.access(python, os.X_OK) and (Path(package) / "__main__.py").is_file(),
        current=text == shim_text(path.name, launcher, TOOLS),
    )


def _reach(name: str, folder: Path, environ: Mapping[str, str]) -> Reach:
    found = list(programs_on_path(name, environ))
    real = next((item.path for item in found if not item.shim), None)
    return Reach(
        name=name,
        first=str(found[0].path) if found else "",
        ours=bool(found) and found[0].path.parent.resolve() == folder.resolve(),
        real=str(real or ""),
    )


def path_lines(folder: Path, environ: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The line for each shell that puts a folder first on PATH: (shell, line), the user's own shell first."""
    own = Path(environ.get("SHELL", "")).name
    shells = sorted(_SHELLS, key=lambda shell: shell != own)
    return tuple((shell, path_line(shell, folder)) for shell in shells)
