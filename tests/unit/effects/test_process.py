"""Programs run to their end, told apart by how they end."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from stackpin.effects.process import LocalProcesses, scratch_files
from stackpin.errors import FileUnwritable, ToolMissing

if TYPE_CHECKING:
    from pathlib import Path


def test_output_and_exit_status_come_back() -> None:
    code = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"
    done = LocalProcesses().run([sys.executable, "-c", code])
    assert (done.code, done.stdout, done.stderr, done.timed_out) == (3, "out\n", "err\n", False)


def test_environment_and_folder_are_the_ones_given(tmp_path: Path) -> None:
    code = "import os; print(os.environ.get('A'), os.getcwd())"
    done = LocalProcesses().run([sys.executable, "-I", "-c", code], env={"A": "1"}, cwd=tmp_path)
    assert done.stdout == f"1 {tmp_path}\n"


def test_bytes_that_are_no_text_are_replaced() -> None:
    done = LocalProcesses().run([sys.executable, "-c", "import sys; sys.stdout.buffer.write(b'\\xff')"])
    assert done.stdout == "\N{REPLACEMENT CHARACTER}"


def test_a_program_that_takes_too_long_is_stopped() -> None:
    done = LocalProcesses().run([sys.executable, "-c", "import time; time.sleep(60)"], timeout=0.5)
    assert done.timed_out
    assert done.code == -9


@pytest.mark.parametrize("mode", [None, 0o600], ids=["absent", "not executable"])
def test_a_program_that_cannot_be_run_is_missing(tmp_path: Path, mode: int | None) -> None:
    tool = tmp_path / "uv"
    if mode is not None:
        tool.write_text("#!/bin/sh\n")
        tool.chmod(mode)
    with pytest.raises(ToolMissing) as raised:
        LocalProcesses().run([str(tool)])
    assert raised.value.exit_code == 16
    assert raised.value.where == str(tool)


def test_scratch_files_are_there_and_then_gone() -> None:
    with scratch_files({"a.txt": "é\n"}) as folder:
        assert (folder / "a.txt").read_text(encoding="utf-8") == "é\n"
    assert not folder.exists()


def test_scratch_files_without_a_place_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "gone"))
    with pytest.raises(FileUnwritable) as raised, scratch_files({}):
        pass
    assert raised.value.where == str(tmp_path / "gone")
