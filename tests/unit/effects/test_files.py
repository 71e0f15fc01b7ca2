"""Files are whole or absent."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from stackpin.app.output import write_text
from stackpin.effects.files import LocalFiles
from stackpin.errors import FileUnwritable, InputUnreadable

if TYPE_CHECKING:
    from pathlib import Path


def test_a_written_file_is_there_whole_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "down" / "file.txt"
    LocalFiles().write(path, b"one")
    LocalFiles().write(path, b"two")
    assert LocalFiles().read(path) == b"two"
    assert [entry.name for entry in path.parent.iterdir()] == ["file.txt"]


def test_permissions_are_those_of_the_old_file_else_of_the_umask(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    LocalFiles().write(path, b"")
    mask = os.umask(0)
    os.umask(mask)
    assert path.stat().st_mode & 0o777 == 0o666 & ~mask
    path.chmod(0o640)
    LocalFiles().write(path, b"")
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_place_that_cannot_be_written_is_told_and_the_old_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "folder"
    path.mkdir()
    (path / "inside").write_text("kept")
    with pytest.raises(FileUnwritable) as caught:
        LocalFiles().write(path, b"new")
    assert (caught.value.exit_code, caught.value.where) == (17, str(path))
    assert (path / "inside").read_text() == "kept"
    assert [entry.name for entry in tmp_path.iterdir()] == ["folder"]


def test_a_file_as_a_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for action in (LocalFiles().write, LocalFiles().append):
        with pytest.raises(FileUnwritable) as caught:
            action(tmp_path / "file" / "below", b"")
        assert caught.value.got


def test_what_is_not_there_reads_as_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert LocalFiles().read(tmp_path / "none") is None
    assert LocalFiles().read(tmp_path / "file" / "below") is None


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputUnreadable) as caught:
        LocalFiles().read(tmp_path)
    assert caught.value.where == str(tmp_path)


def test_lines_are_added_and_names_are_sorted(tmp_path: Path) -> None:
    files = LocalFiles()
    files.append(tmp_path / "b.log", b"one")
    files.append(tmp_path / "b.log", b"two")
    files.write(tmp_path / "a.log", b"")
    (tmp_path / ".hidden.log").write_text("")
    assert files.read(tmp_path / "b.log") == b"one\ntwo\n"
    assert files.names(tmp_path, ".log") == ("a.log", "b.log")
    assert files.names(tmp_path / "none", ".log") == ()
    files.remove(tmp_path / "a.log")
    files.remove(tmp_path / "a.log")
    assert files.names(tmp_path, ".log") == ("b.log",)


def test_a_pipe_is_written_into_and_stays_one(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        LocalFiles().write(pipe, b"whole")
        assert os.read(reader, 100) == b"whole"
    finally:
        os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_result_goes_where_a_link_leads(tmp_path: Path) -> None:
    target, link = tmp_path / "target.txt", tmp_path / "link.txt"
    target.write_text("old")
    link.symlink_to(target)
    write_text(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"
