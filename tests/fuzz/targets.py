"""What is fuzzed: each target reads bytes in every way in which stackpin reads such a file.

A target returns whether something could be read. The readers may refuse a file with InputUnreadable, which a target takes
for an answer; whatever else gets out of it is a finding, an AssertionError too: a range outside of the file was asked for,
the same bytes twice, or bytes came back that are not those of before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

from tests.fuzz.seeds import NAMES, elf_seeds, front_seeds, symbol_seeds, wheel_seeds
from tests.support.elf_reading import File
from tests.support.wheels import zip_bytes

from stackpin.errors import InputUnreadable
from stackpin.index.wheel_symbols import kernel_symbols, torch_exports
from stackpin.model.abi import WheelRead
from stackpin.parse.elf import drive, read_elf, read_exports
from stackpin.parse.elf_front import read_front
from stackpin.parse.member_bytes import opened
from stackpin.parse.wheel_directory import Piece, Range, metadata_or_range
from stackpin.parse.wheel_members import members_or_range

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stackpin.parse.elf_bytes import Asking
    from stackpin.parse.member_bytes import Source
    from stackpin.parse.wheel_members import Member

__all__ = ["TARGETS", "HeldWheel", "Target"]

_T = TypeVar("_T")

#: How far a member is inflated (bytes). What is inflated stays in memory by design, as far as the caller allows.
KEEP = 4 * 1024 * 1024
READ = WheelRead(name="demo", version="1.0", file="demo.whl", sha256="0" * 64, machine="x86_64")


class Target(NamedTuple):
    """One way into the readers: what reads the bytes and tells whether it could, and files to begin with."""

    read: Callable[[bytes], bool]
    seeds: Callable[[], tuple[bytes, ...]]


class HeldWheel:
    """A wheel held in memory, read in small ranges; refuses a range outside of it as a fault of the reader.

    :raises InputUnreadable: when its directory is none, or a malformed one.
    """

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.members = self._grown(members_or_range)

    def opened(self, member: Member) -> Source:
        """What gives ranges of the member's content."""
        return opened(member, self._between, keep=KEEP)

    @classmethod
    def metadata(cls, content: bytes) -> bytes:
        """The METADATA, by the reader that needs no directory."""
        held = cls.__new__(cls)
        held._content = content
        return held._grown(metadata_or_range)

    def _grown(self, read: Callable[[int, Sequence[Piece]], _T | Range]) -> _T:
        """Call a reader with one more piece again and again, a short tail first."""
        size = len(self._content)
        pieces = [Piece(start=max(0, size - 40), content=self._content[-40:])]
        while isinstance(found := read(size, pieces), Range):
            if found.start >= found.stop or len(pieces) > 99:
                raise AssertionError(f"{found} is asked for after {len(pieces)} pieces")
            pieces.append(Piece(start=found.start, content=self._between(found)))
        return found

    def _between(self, wanted: Range) -> bytes:
        if not 0 <= wanted.start <= wanted.stop <= len(self._content):
            raise AssertionError(f"{wanted} of {len(self._content)} bytes")
        return self._content[wanted.start : wanted.stop]


def _tried(read: Callable[[], _T]) -> _T | None:
    """What is read, or None where it is refused; the refusal must have a text."""
    try:
        return read()
    except InputUnreadable as error:
        if not str(error):
            raise AssertionError("a refusal that says nothing") from error
        return None


def _elf(content: bytes) -> bool:
    """Read an ELF file with its comment, in small ranges or in large ones; ask its hash table for some names."""

    def driven(reader: Asking[_T]) -> _T | None:
        return _tried(lambda: drive(reader, File(content)))

    size = len(content)
    found = driven(read_elf(size, comment=True, head=64 if size % 2 else 65536))
    exports = driven(read_exports(size, head=64))
    if exports is not None:
        for name in NAMES:
            exports.may_define(name)
    return found is not None or exports is not None


def _front(content: bytes) -> bool:
    """Read the front of a shared object."""
    return _tried(lambda: drive(read_front(len(content)), File(content))) is not None


def _wheel(content: bytes) -> bool:
    """Read the METADATA and the directory of a wheel, then every member: its start, a part of its middle, all of it."""
    metadata = _tried(lambda: HeldWheel.metadata(content))
    wheel = _tried(lambda: HeldWheel(content))
    for member in () if wheel is None else wheel.members:
        _tried(lambda wheel=wheel, member=member: _ranges(wheel, member))  # type: ignore[misc]  # bound now
    return metadata is not None or wheel is not None


def _ranges(wheel: HeldWheel, member: Member) -> None:
    read, size, middle = wheel.opened(member), min(member.size, KEEP), min(member.size, KEEP) // 2
    start = read(Range(start=0, stop=min(size, 16)))
    part = read(Range(start=middle, stop=min(size, middle + 1000)))
    whole = read(Range(start=0, stop=size))
    assert len(whole) == size, f"{len(whole)} bytes of {size}"
    assert whole.startswith(start), "another start"
    assert whole[middle:].startswith(part), "another middle"


def _symbols(content: bytes) -> bool:
    """Read the symbols of a wheel. Bytes that begin as an ELF file does are packed into a wheel first.

    (A wheel's CRC tells every change inside of it: so changed ELF files get past it.)
    """
    if content.startswith(b"\x7fELF"):
        content = zip_bytes({"demo/a.so": content, "torch/lib/libtorch.so": content}, stored={"demo/a.so"})
    wheel = _tried(lambda: HeldWheel(content))
    if wheel is None:
        return False
    kernel = _tried(lambda: kernel_symbols(wheel, READ))
    torch = _tried(lambda: torch_exports(wheel))
    return kernel is not None or torch is not None


TARGETS = {
    "elf": Target(_elf, elf_seeds),
    "elf-front": Target(_front, front_seeds),
    "wheel": Target(_wheel, wheel_seeds),
    "wheel-symbols": Target(_symbols, symbol_seeds),
}
