"""Wheels and libraries of this machine in ranges: the right bytes, errors for the rest, and no file left open."""

from __future__ import annotations

import os
import zipfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.wheels import cut, noise, zip_bytes

from stackpin.effects.wheel_files import local_file, local_wheel
from stackpin.errors import InputUnreadable
from stackpin.parse.wheel_directory import Range

if TYPE_CHECKING:
    from pathlib import Path

    from stackpin.parse.member_bytes import OpenWheel

LIBRARY = b"\x7fELF" + noise(300_000)
MEMBERS = {
    "demo/a.so": LIBRARY,
    "demo/stored.so": noise(200_000, seed=1),
    "demo/empty.py": b"",
    "demo/last.txt": b"a line\n" * 20_000,
}
WHEEL = zip_bytes(MEMBERS, stored={"demo/stored.so"})
GIGABYTE = 1024**3


@pytest.fixture
def wheel_path(tmp_path: Path) -> Path:
    path = tmp_path / "demo-1.0-py3-none-any.whl"
    path.write_bytes(WHEEL)
    return path


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("libraries") / "lib.so"
    path.write_bytes(LIBRARY)
    return path


def span(start: int, stop: int) -> Range:
    return Range(start=start, stop=stop)


def contents(wheel: OpenWheel) -> dict[str, bytes]:
    return {member.name: wheel.opened(member)(span(0, member.size)) for member in wheel.members}


def open_files(path: Path) -> int:
    """How often this process has the file open."""
    links = [f"/proc/self/fd/{entry}" for entry in os.listdir("/proc/self/fd")]  # noqa: PTH208 - links are read
    return sum(os.path.exists(link) and os.readlink(link) == str(path) for link in links)  # noqa: PTH110, PTH115


def test_a_local_wheel_has_the_members_that_zipfile_finds(wheel_path: Path) -> None:
    with local_wheel(wheel_path) as wheel, zipfile.ZipFile(wheel_path) as archive:
        assert contents(wheel) == {name: archive.read(name) for name in archive.namelist()}


def test_a_directory_larger_than_the_tail_is_read(tmp_path: Path) -> None:
    names = [f"demo/module_{number:06}.py" for number in range(5000)]
    path = tmp_path / "many.whl"
    path.write_bytes(zip_bytes(dict.fromkeys(names, b"")))
    with local_wheel(path) as wheel:
        assert [member.name for member in wheel.members] == names


def test_members_beyond_four_gigabytes_are_read(tmp_path: Path) -> None:
    path = tmp_path / "large.whl"
    with path.open("wb") as file:
        file.truncate(5 * GIGABYTE)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, content in MEMBERS.items():
            archive.writestr(name, content)
    with local_wheel(path) as wheel:
        assert min(member.place.start for member in wheel.members) >= 5 * GIGABYTE
        assert contents(wheel) == MEMBERS


def test_what_is_asked_for_beyond_the_limit_is_told(wheel_path: Path) -> None:
    with local_wheel(wheel_path, keep=1000) as wheel, pytest.raises(InputUnreadable) as caught:
        wheel.opened(wheel.members[0])(span(0, 1001))
    assert (caught.value.where, caught.value.expected) == (f"{wheel_path}, demo/a.so", "at most 1000 bytes")


def test_a_wheel_is_open_until_it_is_closed(wheel_path: Path) -> None:
    with local_wheel(wheel_path):
        assert open_files(wheel_path) == 1
    assert open_files(wheel_path) == 0


@pytest.mark.parametrize("content", [b"", b"no zip", cut(WHEEL)], ids=["empty", "no zip", "cut"])
def test_a_file_that_is_no_wheel_is_told_and_closed(wheel_path: Path, content: bytes) -> None:
    wheel_path.write_bytes(content)
    with pytest.raises(InputUnreadable) as caught:
        local_wheel(wheel_path)
    assert (caught.value.what, caught.value.where) == ("the wheel is no zip file, or a cut one", str(wheel_path))
    assert caught.value.exit_code == 15
    assert open_files(wheel_path) == 0


@given(st.integers(min_value=0, max_value=len(LIBRARY)), st.integers(min_value=0, max_value=len(LIBRARY)))
@settings(deadline=None)
def test_ranges_of_a_library_are_its_bytes(library: Path, one: int, other: int) -> None:
    start, stop = sorted((one, other))
    with local_file(library) as file:
        assert file.size == len(LIBRARY)
        assert file(span(start, stop)) == LIBRARY[start:stop]


@pytest.mark.parametrize("bounds", [(0, 11), (-1, 5), (5, 3), (11, 11)], ids=str)
def test_a_range_outside_of_a_file_is_told(tmp_path: Path, bounds: tuple[int, int]) -> None:
    path = tmp_path / "lib.so"
    path.write_bytes(b"0123456789")
    with local_file(str(path)) as file, pytest.raises(InputUnreadable) as caught:
        file(span(*bounds))
    assert str(caught.value) == (
        "what is asked for lies outside of the file\n"
        f"  where:    {path}\n"
        f"  found:    bytes {bounds[0]} to {bounds[1]}\n"
        "  expected: bytes within 0 to 10"
    )


def test_an_empty_file_has_its_empty_range(tmp_path: Path) -> None:
    path = tmp_path / "lib.so"
    path.touch()
    with local_file(path) as file:
        assert (file.size, file(span(0, 0))) == (0, b"")


def test_a_file_that_is_cut_while_it_is_open_is_told(tmp_path: Path) -> None:
    path = tmp_path / "lib.so"
    path.write_bytes(LIBRARY)
    with local_file(path) as file:
        os.truncate(path, 1000)
        assert file(span(0, 1000)) == LIBRARY[:1000]
        with pytest.raises(InputUnreadable) as caught:
            file(span(500, 2000))
    assert (caught.value.what, caught.value.where) == ("the file cannot be read", str(path))
    assert caught.value.got == f"1000 bytes, where {len(LIBRARY)} were"


def test_a_file_that_is_replaced_is_read_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "lib.so"
    path.write_bytes(LIBRARY)
    with local_file(path) as file:
        (tmp_path / "new").write_bytes(b"other")
        (tmp_path / "new").replace(path)
        assert file(span(0, 1000)) == LIBRARY[:1000]


@pytest.mark.parametrize(
    ("kind", "got"),
    [("nothing", "No such file or directory"), ("folder", "no regular file"), ("pipe", "no regular file")],
)
def test_what_is_no_file_is_told_at_once(tmp_path: Path, kind: str, got: str) -> None:
    path = tmp_path / "lib.so"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    with pytest.raises(InputUnreadable) as caught:
        local_file(path)
    assert (caught.value.what, caught.value.where, caught.value.got) == ("the file cannot be read", str(path), got)


def test_a_library_is_open_until_it_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "lib.so"
    path.write_bytes(LIBRARY)
    file = local_file(path)
    assert open_files(path) == 1
    file.close()
    assert open_files(path) == 0
