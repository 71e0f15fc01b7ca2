"""The texts of the shims: what they call can be read back, and every shell takes them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from stackpin.emit.shims import launcher_in, path_line, shim_text
from stackpin.model.shims import SIGNATURE, TOOLS, Launcher

__all__: list[str] = []

ODD = ["/plain/python", "/with a blank/python", "/it's/$HOME/`x`/py", "/ünï/python", '/"quoted"/@name/python']


@pytest.mark.parametrize("name", TOOLS)
@pytest.mark.parametrize("python", ODD)
def test_what_a_shim_calls_can_be_read_back(name: str, python: str) -> None:
    launcher = Launcher(python=python, options=("-I",), package=f"{python}/stackpin")
    text = shim_text(name, launcher, TOOLS)
    assert text.splitlines()[1].startswith(f"{SIGNATURE} for {name}:")
    found = launcher_in(text)
    assert found is not None
    assert (found.python, found.package) == (launcher.python, launcher.package)


@pytest.mark.parametrize("shell", ["dash", "bash", "zsh", "busybox"])
@pytest.mark.parametrize("name", TOOLS)
def test_every_shell_can_read_a_shim(tmp_path: Path, name: str, shell: str) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"no {shell} here")
    path = tmp_path / name
    path.write_text(shim_text(name, Launcher(python=ODD[2], options=("-E",), package="/p"), TOOLS), encoding="utf-8")
    command = [program, "sh"] if shell == "busybox" else [program]
    done = subprocess.run([*command, "-n", path], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("text", ["", "#!/bin/sh\n", "#!/bin/sh\n# somebody's own\nexec uv\n", "\x7fELF\n\0"], ids=repr)
def test_another_program_is_no_shim(text: str) -> None:
    assert launcher_in(text) is None


def test_a_damaged_shim_calls_nothing() -> None:
    text = f"#!/bin/sh\n{SIGNATURE} for uv: x\nstackpin_python='/unclosed\nstackpin_package=/p\n"
    assert launcher_in(text) == Launcher(python="", options=(), package="/p")


@pytest.mark.parametrize(
    ("shell", "folder", "line"),
    [
        ("bash", "/srv/me/shims", 'export PATH="/srv/me/shims:$PATH"'),
        ("zsh", "/my shims", "export PATH='/my shims':\"$PATH\""),
        ("fish", "/srv/me/shims", "set -gx PATH /srv/me/shims $PATH"),
        ("fish", "/it's", "set -gx PATH '/it\\'s' $PATH"),
    ],
)
def test_the_line_for_path(shell: str, folder: str, line: str) -> None:
    assert path_line(shell, Path(folder)) == line
