"""Folders on PATH with stand-ins for uv and pip, and shims whose stackpin is a stand-in as well: each says what it was given."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stackpin.emit.shims import marker_text, shim_text
from stackpin.model.shims import MARKER, TOOLS, Launcher

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["Said", "ShimWorld", "program"]

#: Prints who it is, each argument in brackets, and what a shim told it.
ECHO = """#!/bin/sh
echo "I am $0"
for word do printf '[%s]' "$word"; done
echo
echo "dir=$STACKPIN_SHIM_DIR tool=$STACKPIN_SHIM_TOOL depth=$STACKPIN_SHIM_DEPTH"
exit 7
"""


def program(path: Path, text: str = ECHO) -> Path:
    """An executable script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a run printed: who ran in the end, its arguments, the third line, and stderr."""

    code: int
    who: str
    words: str
    told: str
    stderr: str


@dataclass
class ShimWorld:
    """A folder with ``shims``, ``real`` and ``python``; ``path`` is the PATH of every run."""

    root: Path
    path: list[Path] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.shims, self.real = self.root / "shims", self.root / "real"
        self.python = program(self.root / "python")
        self.package = self.root / "stackpin"
        program(self.package / "__main__.py", "")
        for name in TOOLS:
            program(self.real / name)
        self.write_shims(self.shims)
        self.path = [self.shims, self.real]

    def write_shims(self, folder: Path) -> None:
        """The shims as an installation writes them."""
        launcher = Launcher(python=str(self.python), options=("-I",), package=str(self.package))
        for name in TOOLS:
            program(folder / name, shim_text(name, launcher, TOOLS))
        (folder / MARKER).write_text(marker_text(), encoding="utf-8")

    def run(self, words: Sequence[str], *, shell: str = "", **env: str) -> Said:
        """Run the first of the words as PATH finds it, with nothing else in the environment; or by a named shell."""
        around = {"PATH": os.pathsep.join(map(str, self.path)), **env}
        command = ["/usr/bin/env", *words] if not shell else [shell, str(self.shims / words[0]), *words[1:]]
        done = subprocess.run(
            command, env=around, capture_output=True, text=True, check=False, cwd=self.root, timeout=60
        )
        lines = [*done.stdout.split("\n"), "", "", ""]
        return Said(
            code=done.returncode, who=lines[0].removeprefix("I am "), words=lines[1], told=lines[2], stderr=done.stderr
        )
