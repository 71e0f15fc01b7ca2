"""What ``stackpin emit`` says to wrong input, and that nothing half-written stays behind."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from tests.support.in_process import run_here

if TYPE_CHECKING:
    from pathlib import Path

__all__: list[str] = []

ASKED = ("torch==2.10.*", "--cuda", "cu128", "-q")


def everything(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*"))


@pytest.fixture
def closed(tmp_path: Path) -> Path:
    """A place that nobody can write to, root included: below a file."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    return tmp_path / "file" / "below"


def unwritable(path: Path) -> str:
    return (
        "error: the file cannot be written\n"
        f"  where:    {path}\n"
        "  found:    File exists\n"
        "  expected: a place that may be written to\n"
        "  do:       name another folder\n"
    )


@pytest.mark.parametrize("form", ["devpi", "pip-conf"])
def test_a_text_that_cannot_be_written_leaves_no_constraints_file(form: str, tmp_path: Path, closed: Path) -> None:
    more = ("--constraints", "c.txt") if form == "pip-conf" else ()
    done = run_here("emit", form, *ASKED, *more, "-o", str(closed), cwd=tmp_path)
    assert done == (17, "", unwritable(closed))
    assert everything(tmp_path) == ["file"]


def test_a_text_that_cannot_be_written_leaves_the_old_constraints_file(tmp_path: Path, closed: Path) -> None:
    (tmp_path / "c.txt").write_bytes(b"old\r\n\xff")
    done = run_here("emit", "env", *ASKED, "--constraints", "c.txt", "-o", str(closed), cwd=tmp_path)
    assert done.returncode == 17
    assert (tmp_path / "c.txt").read_bytes() == b"old\r\n\xff"
    assert everything(tmp_path) == ["c.txt", "file"]


def test_a_constraints_file_that_cannot_be_written_leaves_no_text(tmp_path: Path, closed: Path) -> None:
    done = run_here("emit", "env", *ASKED, "--constraints", str(closed), "-o", "out.sh", cwd=tmp_path)
    assert done == (17, "", unwritable(closed))
    assert everything(tmp_path) == ["file"]


def test_a_folder_is_no_place_for_a_text(tmp_path: Path) -> None:
    done = run_here("emit", "devpi", *ASKED, "-o", ".", cwd=tmp_path)
    assert done.returncode == 17
    assert everything(tmp_path) == []


def test_a_shell_that_there_is_none_of_is_told(tmp_path: Path) -> None:
    done = run_here("emit", "env", *ASKED, "--shell", "csh", "--constraints", "c.txt", cwd=tmp_path)
    assert done == (2, "", "error: there is no shell 'csh'\n  expected: sh, fish, docker, github\n")
    done = run_here("emit", "env", *ASKED, "--shell", "zsh", "--constraints", "c.txt", cwd=tmp_path)
    assert done.stderr.splitlines()[-1] == "  do:       --shell sh"
    assert everything(tmp_path) == []


def test_without_a_home_the_constraints_file_has_to_be_named(tmp_path: Path) -> None:
    done = run_here("emit", "env", *ASKED, cwd=tmp_path, env={"HOME": "", "XDG_DATA_HOME": ""})
    assert done == (
        2,
        "",
        "error: there is no place for the constraints file\n  expected: --constraints FILE, or HOME in the environment\n",
    )


@pytest.mark.parametrize("form", ["bandersnatch", "devpi", "env", "pip-conf", "requirements", "uv-toml"])
def test_several_stacks_are_one_file(form: str, tmp_path: Path) -> None:
    words = ("emit", form, "sglang", "vllm", "-q", "--constraints", "c.txt")
    done = run_here(*words, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    written = tmp_path / "c.txt"
    named = written.read_text(encoding="utf-8") if written.is_file() else done.stdout
    assert " and vllm " in named.splitlines()[0]
    names = {re.match(r"[ \"]*([\w-]*)", line)[1] for line in named.splitlines()}  # type: ignore[index]  # matches always
    assert {"sglang", "vllm", "torch"} <= names


@pytest.mark.parametrize("form", ["bandersnatch", "devpi", "requirements", "uv-toml"])
@pytest.mark.parametrize(
    ("asked", "torch"),
    [
        (("torch==2.12.*", "--platform", "linux-aarch64"), "2.12"),
        (("torch==2.10.*", "--cuda", "cpu"), "2.10.0+cpu"),
    ],
)
def test_another_architecture_and_a_cpu_build_are_targets_as_any(
    form: str, asked: tuple[str, ...], torch: str, tmp_path: Path
) -> None:
    done = run_here("emit", form, *asked, "--no-hashes", "-q", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert torch in done.stdout
    if "aarch64" in asked[-1]:
        assert "linux aarch64" in done.stdout
