"""The shared objects of an installed distribution, read in ranges like the members of a wheel.

Which files are its own is what its ``RECORD`` says (PyPA specification "Recording installed projects"); nothing is
imported, and no process is started.
"""

from __future__ import annotations

import csv
import os
import re
import stat
from typing import TYPE_CHECKING

from stackpin.effects.wheel_files import Closed, local_file
from stackpin.errors import InputUnreadable
from stackpin.parse.elf import drive
from stackpin.parse.elf_needed import read_needed
from stackpin.parse.wheel_directory import Range
from stackpin.parse.wheel_members import STORED, Member

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from stackpin.effects.wheel_files import LocalFile
    from stackpin.model.environment import Installed
    from stackpin.parse.member_bytes import Source

__all__ = ["InstalledWheel", "installed_wheel", "mention"]

_OBJECT = re.compile(r".*\.so(?:\.\d+)*")
#: A shared object up to this many bytes is looked through whole; of a larger one its headers are read.
_SMALL = 128 * 1024


class InstalledWheel(Closed):
    """The shared objects that a distribution has installed, as :class:`stackpin.parse.member_bytes.OpenWheel`.

    To be closed, best by ``with``; for one thread.
    """

    def __init__(self, folder: str, members: tuple[Member, ...], place: Callable[[str], str] | None = None) -> None:
        self._folder = folder
        self._place = place
        self._open: LocalFile | None = None
        self.members = members

    def opened(self, member: Member) -> Source:
        """What gives ranges of a shared object; one is held open at a time.

        :raises InputUnreadable: when it cannot be opened; the calls raise it as well.
        """
        self.close()
        path = f"{self._folder}/{member.name}"
        self._open = local_file(self._place(path) if self._place else path)
        return self._open

    def only(self, names: Collection[str]) -> InstalledWheel:
        """The same with some of its shared objects alone."""
        members = tuple(member for member in self.members if member.name in names)
        return InstalledWheel(self._folder, members, self._place)

    def close(self) -> None:
        """Let go of the file that is open."""
        if self._open is not None:
            self._open.close()


def installed_wheel(installed: Installed, *, place: Callable[[str], str] | None = None) -> InstalledWheel:
    """The shared objects of a distribution that its record names and that are there; the others are passed over.

    :param place: where a path leads, in a tree whose links are not this system's; raises OSError for nowhere.
    :raises InputUnreadable: when it has no record, or one that cannot be read.
    """
    folder = str(installed.folder.parent)
    record = f"{installed.folder}/RECORD"
    try:
        rows = csv.reader(line.decode() for line in _lines_with(b".so", _content(record, place)))
        names = [row[0] for row in rows if row and _OBJECT.fullmatch(row[0])]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputUnreadable(
            "what a distribution has installed cannot be told",
            where=record,
            got=str(error),
            expected="a RECORD, as pip and uv write it",
        ) from error
    sizes = ((name, _size(f"{folder}/{name}", place)) for name in names)
    return InstalledWheel(folder, tuple(_member(name, size) for name, size in sizes if size is not None), place)


def mention(
    folder: str, record: bytes, beginnings: tuple[str, ...], *, place: Callable[[str], str] | None = None
) -> bool:
    """Whether a shared object of a distribution may be linked with a library whose name begins so; a quick look.

    A small one may mention such a name otherwise. What cannot be read is not linked.

    :param folder: the folder that its RECORD's paths start from.
    """
    marks = tuple(text.encode() for text in beginnings)
    paths = (line.partition(b",")[0].decode("utf-8", "surrogateescape") for line in _lines_with(b".so", record))
    return any(_mentions(f"{folder}/{path}", marks, place) for path in paths if _OBJECT.fullmatch(path))


def _mentions(path: str, marks: tuple[bytes, ...], place: Callable[[str], str] | None) -> bool:
    try:
        descriptor = os.open(place(path) if place else path, os.O_RDONLY | os.O_NONBLOCK)
    except (OSError, ValueError):  # a RECORD may name what no file can be named
        return False
    try:
        content = os.read(descriptor, _SMALL + 1)
        if len(content) <= _SMALL:
            return content.startswith(b"\x7fELF") and any(mark in content for mark in marks)
        names = drive(
            read_needed(os.fstat(descriptor).st_size),
            lambda wanted: os.pread(descriptor, wanted.stop - wanted.start, wanted.start),
        )
        return any(name.encode().startswith(marks) for name in names)
    except (OSError, InputUnreadable):
        return False
    finally:
        os.close(descriptor)


def _content(path: str, place: Callable[[str], str] | None) -> bytes:
    with open(place(path) if place else path, "rb") as file:
        return file.read()


def _size(path: str, place: Callable[[str], str] | None) -> int | None:
    """The size of a regular file; None where it is none, or not there."""
    try:
        status = os.stat(place(path) if place else path)
    except (OSError, ValueError):  # a RECORD may name what no file can be named
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def _lines_with(part: bytes, content: bytes) -> Iterator[bytes]:
    """The lines that have a part in them; the others, of which torch's record has ten thousand, are not taken apart."""
    at = content.find(part)
    while at >= 0:
        start, end = content.rfind(b"\n", 0, at) + 1, content.find(b"\n", at)
        yield content[start : end if end >= 0 else None]
        at = content.find(part, end) if end >= 0 else -1


def _member(name: str, size: int) -> Member:
    place = Range(start=0, stop=size)
    return Member(name=name, size=size, compressed_size=size, method=STORED, encrypted=False, crc=0, place=place)
