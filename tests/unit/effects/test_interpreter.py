"""Which Python is addressed, what it says of itself, and the torch in it."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

import pytest

from stackpin.effects.interpreter import TorchFiles, ask_interpreter, find_interpreter, read_torch_files
from stackpin.effects.process import Finished, LocalProcesses
from stackpin.errors import ToolMissing


class Answering:
    """A runner whose every program prints the same and ends the same way."""

    def __init__(self, code: int, stdout: str = "", stderr: str = "") -> None:
        self.answer = (code, stdout, stderr)

    def run(self, argv: object, **options: object) -> Finished:
        code, stdout, stderr = self.answer
        return Finished(argv=(), code=code, stdout=stdout, stderr=stderr)


def program(path: Path) -> Path:
    """An executable file at ``path``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_the_active_environment_comes_before_all(tmp_path: Path) -> None:
    active = program(tmp_path / "active" / "bin" / "python")
    program(tmp_path / ".venv" / "bin" / "python")
    assert find_interpreter(None, {"VIRTUAL_ENV": str(tmp_path / "active")}, tmp_path) == active


def test_an_environment_beside_us_comes_before_path(tmp_path: Path) -> None:
    beside = program(tmp_path / ".venv" / "bin" / "python")
    program(tmp_path / "path" / "python3")
    assert find_interpreter(None, {"PATH": str(tmp_path / "path")}, tmp_path) == beside


def test_without_an_environment_it_is_the_first_python_on_path(tmp_path: Path) -> None:
    first = program(tmp_path / "path" / "python3")
    assert find_interpreter(None, {"PATH": str(tmp_path / "path")}, tmp_path) == first


@pytest.mark.parametrize(
    ("named", "found"),
    [
        pytest.param("3.11", "path/python3.11", id="version"),
        pytest.param("3.11.7", "path/python3.11", id="full version"),
        pytest.param("python3.11", "path/python3.11", id="name"),
        pytest.param("env", "env/bin/python", id="environment"),
        pytest.param("env/bin/python", "env/bin/python", id="path"),
    ],
)
def test_a_python_can_be_named_in_every_usual_way(tmp_path: Path, named: str, found: str) -> None:
    program(tmp_path / "path" / "python3.11")
    program(tmp_path / "env" / "bin" / "python")
    assert find_interpreter(named, {"PATH": str(tmp_path / "path")}, tmp_path) == tmp_path / found


@pytest.mark.parametrize("named", ["3.99", "nopython", "empty", "env/bin/python", None])
def test_a_python_that_is_not_there_is_named_in_the_error(tmp_path: Path, named: str | None) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ToolMissing) as raised:
        find_interpreter(named, {"PATH": str(tmp_path)}, tmp_path)
    assert raised.value.exit_code == 16
    assert (named or "python").split("/")[-1].replace(
        "3.99", "python3.99"
    ) in f"{raised.value.what} {raised.value.where}"


def test_an_interpreter_describes_itself() -> None:
    said = ask_interpreter(Path(sys.executable), LocalProcesses())
    assert said.version == platform.python_version()
    assert os.path.realpath(said.executable) == os.path.realpath(sys.executable)
    assert said.packages
    assert all(folder.is_dir() for folder in said.packages)


@pytest.mark.parametrize(
    ("runner", "got"),
    [
        pytest.param(Answering(1, "", "Traceback\nSyntaxError: nope"), "SyntaxError: nope", id="fails"),
        pytest.param(Answering(0, "hello"), "exit status 0", id="prints something else"),
        pytest.param(Answering(0, "[]"), "exit status 0", id="prints other JSON"),
    ],
)
def test_a_program_that_is_no_python_is_refused(runner: Answering, got: str) -> None:
    with pytest.raises(ToolMissing) as raised:
        ask_interpreter(Path("p"), runner)
    assert (raised.value.where, raised.value.got) == ("p", got)


def test_the_first_torch_in_order_is_read_and_never_imported(tmp_path: Path) -> None:
    first, second = tmp_path / "user", tmp_path / "system"
    first.mkdir()
    (second / "torch").mkdir(parents=True)
    (second / "torch" / "__init__.py").write_text("raise SystemExit('imported')")
    (second / "torch" / "version.py").write_text("__version__ = '2.6.0'\n")
    (second / "torch-2.6.0.dist-info").mkdir()
    (second / "torch-2.6.0.dist-info" / "METADATA").write_text("Version: 2.6.0\n")
    (second / "torch_c_dlpack_ext-1.0.dist-info").mkdir()
    expected = TorchFiles(folder=second, metadata="Version: 2.6.0\n", version_file="__version__ = '2.6.0'\n")
    assert read_torch_files((first, second)) == expected
    assert read_torch_files((first,)) is None
