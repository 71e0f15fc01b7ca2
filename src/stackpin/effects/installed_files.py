"""The shared objects of an installed distribution, read in ranges like the members of a wheel.

Which files are its own is what its ``RECORD`` says (PyPA specification "Recording installed projects"); nothing is
imported, and no process is started.
"""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

from stackpin.effects.wheel_files import Closed, local_file
from stackpin.errors import InputUnreadable
from stackpin.parse.wheel_directory import Range
from stackpin.parse.wheel_members import STORED, Member

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stackpin.effects.wheel_files import LocalFile
    from stackpin.model.environment import Installed
    from stackpin.parse.member_bytes import Source

__all__ = ["InstalledWheel", "installed_wheel"]

_OBJECT = re.compile(r".*\.so(?:\.\d+)*")


class InstalledWheel(Closed):
    """The shared objects that a distribution has installed, as :class:`stackpin.parse.member_bytes.OpenWheel`.

    To be closed, best by ``with``; for one thread.
    """

    def __init__(self, folder: str, members: tuple[Member, ...]) -> None:
        self._folder = folder
        self._open: LocalFile | None = None
        self.members = members

    def opened(self, member: Member) -> Source:
        """What gives ranges of a shared object; one is held open at a time.

        :raises InputUnreadable: when it cannot be opened; the calls raise it as well.
        """
        self.close()
        self._open = local_file(f"{self._folder}/{member.name}")
        return self._open

    def close(self) -> None:
        """Let go of the file that is open."""
        if self._open is not None:
            self._open.close()


def installed_wheel(installed: Installed) -> InstalledWheel:
    """The shared objects of a distribution that its record names and that are there; the others are passed over.

    :raises InputUnreadable: when it has no record, or one that cannot be read.
    """
    folder = installed.folder.parent
    record = installed.folder / "RECORD"
    try:
        rows = csv.reader(line.decode() for line in _lines_with(b".so", record.read_bytes()))
        names = [row[0] for row in rows if row and _OBJECT.fullmatch(row[0])]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputUnreadable(
            "what a distribution has installed cannot be told",
            where=str(record),
            got=str(error),
            expected="a RECORD, as pip and uv write it",
        ) from error
    members = [_member(name, (folder / name).stat().st_size) for name in names if (folder / name).is_file()]
    return InstalledWheel(str(folder), tuple(members))


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
