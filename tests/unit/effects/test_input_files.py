"""Folders and files as they are met on a disk."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import pytest

from stackpin.effects.input_files import Listed, head_of, listed, looked, read_up_to
from stackpin.errors import InputUnreadable

if TYPE_CHECKING:
    from pathlib import Path

__all__: list[str] = []


def test_a_folder_is_listed_by_what_lies_in_it_and_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("b.txt", "a.txt"):
        (tmp_path / name).touch()
    (tmp_path / "d").mkdir()
    (tmp_path / "loop").symlink_to(".")
    (tmp_path / "gone").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")  # named from here, for the address of a socket has to be short
        assert listed(str(tmp_path)) == Listed(("d",), ("a.txt", "b.txt"), ("gone", "loop"))


@pytest.mark.parametrize(("name", "got"), [("gone", "No such file or directory"), ("a.txt", "Not a directory")])
def test_a_folder_that_cannot_be_listed_says_why(tmp_path: Path, name: str, got: str) -> None:
    (tmp_path / "a.txt").touch()
    with pytest.raises(InputUnreadable) as caught:
        listed(str(tmp_path / name))
    error = caught.value
    assert (error.what, error.where, error.got) == ("the folder cannot be listed", str(tmp_path / name), got)


def test_what_lies_at_a_path_is_told_through_links(tmp_path: Path) -> None:
    (tmp_path / "a.txt").touch()
    (tmp_path / "link").symlink_to("a.txt")
    os.mkfifo(tmp_path / "pipe")
    whats = {name: there.what for name in ("a.txt", "link", "pipe", ".") if (there := looked(str(tmp_path / name)))}
    assert whats == {"a.txt": "", "link": "", "pipe": "a pipe", ".": "a folder"}
    assert looked(str(tmp_path / "a.txt")) == looked(str(tmp_path / "link"))
    assert looked(str(tmp_path / "nothing")) is None
    assert looked(str(tmp_path / "a.txt" / "below")) is None


@pytest.mark.parametrize(
    ("target", "what", "got"),
    [
        ("nowhere", "the link leads nowhere", "No such file or directory"),
        ("link", "the file cannot be reached", "Too many levels of symbolic links"),
    ],
)
def test_a_link_that_leads_nowhere_says_so(tmp_path: Path, target: str, what: str, got: str) -> None:
    (tmp_path / "link").symlink_to(target)
    with pytest.raises(InputUnreadable) as caught:
        looked(str(tmp_path / "link"))
    assert (caught.value.what, caught.value.got) == (what, got)


def test_a_name_with_a_nul_is_no_path() -> None:
    with pytest.raises(InputUnreadable) as caught:
        looked("a\0b")
    assert (caught.value.what, caught.value.where) == ("this is no path", "'a\\x00b'")


def test_a_file_is_read_up_to_its_limit_and_not_beyond(tmp_path: Path) -> None:
    path = tmp_path / "requirements.txt"
    path.write_bytes(b"x" * 1_000_000)
    assert len(read_up_to(str(path), 1_000_000, what="requirements file")) == 1_000_000
    with path.open("ab") as file:
        file.truncate(100_000_000)
    with pytest.raises(InputUnreadable) as caught:
        read_up_to(str(path), 1_000_000, what="requirements file")
    error = caught.value
    assert (error.what, error.got, error.expected) == (
        "the requirements file is too large to be one",
        "100.0 MB",
        "at most 1 MB",
    )


def test_a_pipe_is_neither_read_nor_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "requirements.txt")
    with pytest.raises(InputUnreadable) as caught:
        read_up_to(str(tmp_path / "requirements.txt"), 10, what="requirements file")
    assert caught.value.what == "this is no regular file"


def test_a_head_is_as_long_as_was_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"0123456789")
    assert head_of(str(tmp_path / "a"), 4) == b"0123"
    assert head_of(str(tmp_path / "a"), 40) == b"0123456789"
    with pytest.raises(InputUnreadable):
        head_of(str(tmp_path / "b"), 4)
